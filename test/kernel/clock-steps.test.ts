/** A run whose wall clock is set by a day while it goes on, by libfaketime: nothing is late, lost, rotated or expired for it, and events tell the time that the clock shows. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeepingServer } from '../support/keeping-server.js';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

const dayMs = 86_400_000;

/** Closes a descriptor that is not there. */
const closeSource = `
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) { close(atoi(argv[1])); return 0; }
`;

const pipeline = (folder: string, server: number, scraped: number): string => `name: closes
description: Closings of a test
probes:
  closed:
    attach: syscall:close
    where: comm == "closer" and args.fd >= 1073741824
    update: { "closings[comm]": count() }
    fields: [time, n: args.fd]
maps:
  closings: { key: { who: string(16) }, value: count }
sinks:
  - file: { path: ${folder}/events.jsonl, from: [closed], rotate: { age: 1h } }
  - http:
      url: http://127.0.0.1:${server}/
      from: [closed]
      timeout: 500ms
      retry: { initial: 10ms, max: 100ms }
      batch: { max_wait: 20ms }
  - prometheus: { listen: "127.0.0.1:${scraped}", from: [closings], limits: { expire: 1h } }
`;

async function eventually<Value>(read: () => Value | Promise<Value>, right: (value: Value) => boolean): Promise<Value> {
  for (let round = 0; ; round++) {
    const value = await read();
    if (right(value) || round === 100) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(!isRoot)('a clock that steps (needs root)', () => {
  it('changes what time events tell, and nothing else', { timeout: 60_000 }, async () => {
    using tools = new Workspace();
    const closer = tools.path('closer');
    execFileSync('cc', ['-O1', '-o', closer, tools.file('closer.c', closeSource)]);
    const first = 2 ** 30;
    const server = new KeepingServer(tools.path('kept'));
    onTestFinished(() => server.close());
    await server.start();
    const scraped = server.port + (server.port > 40_000 ? -1 : 1);

    const step = tools.file('step', '+0');
    const library = execFileSync('dpkg-query', ['-L', 'libfaketime'], { encoding: 'utf8' })
      .split('\n')
      .find((path) => path.endsWith('/libfaketimeMT.so.1'));
    expect(library).toBeDefined();
    const folder = tools.folder;
    const stats = tools.path('stats.json');
    const running = await new Probepipe(
      ['run', tools.file('closes.yaml', pipeline(folder, server.port, scraped)), '--stats-file', stats],
      {
        env: {
          LD_PRELOAD: library,
          FAKETIME_TIMESTAMP_FILE: step,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      },
    ).attached();
    onTestFinished(async () => {
      await running.stop('SIGKILL');
    });

    const inFile = () => jsonLines(readFileSync(`${folder}/events.jsonl`, 'utf8'));
    const atServer = () => new Set(server.lines().map((line) => JSON.parse(line).n - first));
    const scrape = async () =>
      /^probepipe_closes_closings_total\{.*who="closer".*\} (\d+)/m.exec(
        await (await fetch(`http://127.0.0.1:${scraped}/metrics`)).text(),
      )?.[1];

    // Days by which the clock is wrong, each from the one before.
    const days = [0, 1, -1, 0];
    for (const [n, day] of days.entries()) {
      // What a server holds back waits across the step, and is asked for again by a clock that does not step.
      if (n > 0) server.pause();
      writeFileSync(step, `${day < 0 ? '-' : '+'}${Math.abs(day)}d`);
      // The clock is followed within a second.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      execFileSync(closer, [String(first + n)]);
      const shown = Date.now() + day * dayMs;
      const events = await eventually(inFile, ({ length }) => length > n);
      expect(events.map((event) => Number(event.n) - first)).toEqual(days.slice(0, n + 1).map((_, each) => each));
      expect(Math.abs(Date.parse(String(events[n]?.time)) - shown)).toBeLessThan(5000);
      server.resume();
      expect([...(await eventually(atServer, ({ size }) => size > n))].sort()).toEqual([...events.keys()]);
      expect(await eventually(scrape, (text) => text === String(n + 1))).toBe(String(n + 1));
    }

    const { code } = await running.stop();
    expect(code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('events'))).toEqual(['events.jsonl']);
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(ledger).toMatchObject({ lost: 0, imbalances: [] });
    for (const { name, offered, delivered, dropped } of ledger.sinks.filter(({ name }) => name !== 'prometheus'))
      expect({ name, offered, delivered, dropped }).toMatchObject({ offered: days.length, delivered: days.length });
  });
});
