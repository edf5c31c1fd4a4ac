/** Events of this machine's kernel on their way to servers that are slow, stopped and killed, with the engine killed as well: every one is delivered, or counted by its cause. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KeepingServer } from '../support/keeping-server.js';
import { decodedRequest } from '../support/otlp-definitions.js';
import { attributes, found } from '../support/otlp-sink.js';
import { isRoot, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

/** Closes descriptors that are not there, whose numbers count up: `closer FIRST COUNT`. */
const loadSource = `
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int first = atoi(argv[1]), count = atoi(argv[2]);
	for (int n = first; n < first + count; n++)
		close(n);
	return 0;
}
`;

const pipeline = (port: number, options: string): string => `name: closes
description: Numbers of a test
probes:
  closed:
    attach: syscall:close
    where: comm == "closer" and args.fd >= 1073741824
    fields: [n: args.fd]
sinks:
  - http:
      url: http://127.0.0.1:${port}/
      timeout: 500ms
      retry: { initial: 10ms, max: 100ms }
      batch: { max_events: 500, max_wait: 20ms }
${options}
`;

describe.skipIf(!isRoot)('delivery (needs root)', () => {
  const tools = new Workspace();
  const closer = tools.path('closer');
  beforeAll(() => {
    execFileSync('cc', ['-O1', '-o', closer, tools.file('closer.c', loadSource)]);
    return () => tools[Symbol.dispose]();
  });
  /** Descriptors from 2^30 on are of nobody. */
  const base = 2 ** 30;
  const close = (first: number, count: number) => execFileSync(closer, [String(base + first), String(count)]);
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

  async function run(file: string, stats: string): Promise<Probepipe> {
    const run = new Probepipe(['run', file, '--stats-file', stats]);
    onTestFinished(async () => {
      await run.stop('SIGKILL');
    });
    return run.attached();
  }

  async function ended(running: Probepipe, stats: string) {
    const { stderr } = await running.stop();
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    return { ledger, stderr };
  }

  let servers = 0;
  async function serve(): Promise<KeepingServer> {
    const server = new KeepingServer(tools.path(`kept-${++servers}`));
    onTestFinished(() => server.close());
    await server.start();
    return server;
  }
  const numbersOf = (server: KeepingServer) => server.lines().map((line) => JSON.parse(line).n - base);

  it('holds back the kernel where a sink blocks, and counts what the ring buffer could not hold', async () => {
    const server = await serve();
    const buffer = '      buffer: { max: 1MiB, when_full: block }';
    const file = tools.file('block.yaml', pipeline(server.port, buffer).replace('max_events: 500', 'max_events: 5000'));
    const stats = tools.path('block.json');
    const running = await run(file, stats);
    server.pause();
    // The ring buffer has 16 MiB, and a record with its header takes 24 bytes of them.
    const count = 1_000_000;
    close(0, count);
    server.resume();
    let marks = 0;
    for (let through = false; !through; ) {
      close(count + marks++, 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const last = server.lines().at(-1) ?? '{}';
      through = JSON.parse(last).n - base >= count;
    }
    const { ledger } = await ended(running, stats);
    const [sink] = ledger.sinks;
    const [probe] = ledger.probes;
    expect(sink?.dropped).toEqual({});
    expect(probe?.ringFull).toBeGreaterThan(100_000);
    expect((probe?.emitted ?? 0) + (probe?.ringFull ?? 0)).toBe(count + marks);
    expect(sink?.delivered).toBe(probe?.emitted);
    expect(new Set(numbersOf(server)).size).toBe(probe?.emitted);
    expect(ledger.imbalances).toEqual([]);
  });

  const recordNumber = (record: Record<string, unknown>) => Number(attributes(record.attributes).n) - base;
  const recordNumbersOf = (server: KeepingServer) =>
    server
      .lines()
      .flatMap((line) => found(decodedRequest('logs', Buffer.from(line, 'base64')), 'logRecords'))
      .map(recordNumber);

  it.each([
    ['http', numbersOf],
    ['otlp', recordNumbersOf],
  ])('loses nothing on disk when servers and the engine are killed and stopped (%s)', async (kind, numbersIn) => {
    const server = await serve();
    const folder = tools.path(`buffer-${kind}`);
    const http = pipeline(server.port, `      buffer: { disk: ${folder} }`);
    const text = kind === 'http' ? http : http.replace('- http:', '- otlp:').replace('      url:', '      endpoint:');
    const file = tools.file(`disk-${kind}.yaml`, text);
    const stats = tools.path(`disk-${kind}.json`);
    let from = 0;
    const some = async (): Promise<void> => {
      close(from, 700);
      from += 700;
      // Longer than records wait in the ring buffer, and than it takes to write them.
      await new Promise((resolve) => setTimeout(resolve, 250));
    };
    for (let round = 0; round < 3; round++) {
      const running = await run(file, stats);
      await some();
      server.pause();
      await some();
      server.resume();
      await some();
      await server.kill();
      await some();
      await running.stop('SIGKILL');
      await server.start();
    }
    const last = await run(file, stats);
    await some();
    const { ledger, stderr } = await ended(last, stats);
    const numbers = numbersIn(server);
    expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(upTo(from));
    expect(ledger.imbalances).toEqual([]);
    expect(ledger.sinks[0]).toMatchObject({ offered: 700, waiting: 0, dropped: {} });
    expect(stderr).toContain('replayed');
  });

  it.each(['http', 'otlp'])(
    'stays below 200 MB with a server that never answers, and counts every event (%s)',
    async (kind) => {
      const server = await serve();
      server.pause();
      // As they are without being told.
      const text = pipeline(server.port, '').replace(/ {6}(timeout|retry|batch):.*\n/g, '');
      const file = tools.file(
        `dead-${kind}.yaml`,
        kind === 'http' ? text : text.replace('- http:', '- otlp:').replace('      url:', '      endpoint:'),
      );
      const stats = tools.path(`dead-${kind}.json`);
      const running = await run(file, stats);
      // Ten times what its buffer holds.
      const count = 4_000_000;
      close(0, count);
      const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
      const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
      server.resume();
      await server.kill();
      await running.stop();
      const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
      const [sink] = ledger.sinks;
      const [probe] = ledger.probes;
      expect(peak).toBeLessThan(200e6);
      expect((probe?.emitted ?? 0) + (probe?.ringFull ?? 0)).toBe(count);
      expect(sink?.offered).toBe(probe?.emitted);
      expect(sink?.dropped['buffer full']).toBeGreaterThan(count / 2);
      const lost = Object.values(sink?.dropped ?? {}).reduce((sum, each) => sum + each, 0);
      expect((sink?.delivered ?? 0) + lost).toBe(sink?.offered);
      expect(ledger.imbalances).toEqual([]);
    },
  );

  it('goes on when the disk of its buffer is full, and counts what it could not keep', async () => {
    const server = await serve();
    const folder = tools.path('small');
    execFileSync('mkdir', [folder]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', folder]);
    });
    const file = tools.file('full.yaml', pipeline(server.port, `      buffer: { disk: ${folder}/buffer }`));
    const stats = tools.path('full.json');
    const running = await run(file, stats);
    server.pause();
    for (let at = 0; at < 10_000; at += 500) {
      close(at, 500);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await running.says(/cannot be written: no space left on the device/);
    server.resume();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    close(10_000, 1);
    await running.says(/can be written again/);
    const { ledger } = await ended(running, stats);
    const [sink] = ledger.sinks;
    const lost = sink?.dropped['buffer write failed (ENOSPC)'] ?? 0;
    expect(lost).toBeGreaterThan(1000);
    expect(Object.keys(sink?.dropped ?? {})).toEqual(['buffer write failed (ENOSPC)']);
    expect((sink?.delivered ?? 0) + lost).toBe(sink?.offered);
    expect(new Set(server.lines()).size).toBeGreaterThan(1000);
    expect(ledger.imbalances).toEqual([]);
  });
});
