/** Events of this machine's kernel on their way to ClickHouse and nginx, which are stopped and killed meanwhile: every one is there in the end. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ClickHouseServer, hasClickHouse } from '../support/clickhouse-server.js';
import { hasNginx, NginxServer } from '../support/nginx-server.js';
import { isRoot, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';
import type { RealServer } from '../support/real-server.js';

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

const seed = Number(process.env.PROBEPIPE_RANDOM_SEED ?? Date.now() % 1_000_000);
const hasServers = hasClickHouse() && hasNginx();

describe.skipIf(!isRoot || !hasServers)('real servers (needs root, ClickHouse and nginx)', () => {
  const tools = new Workspace();
  const closer = tools.path('closer');
  beforeAll(() => {
    execFileSync('cc', ['-O1', '-o', closer, tools.file('closer.c', loadSource)]);
    return () => tools[Symbol.dispose]();
  });
  /** Descriptors from 2^30 on are of nobody. */
  const base = 2 ** 30;
  const close = (first: number, count: number) => execFileSync(closer, [String(base + first), String(count)]);

  let folders = 0;
  function folder(): string {
    const path = tools.path(`server-${++folders}`);
    mkdirSync(path);
    return path;
  }

  async function clickHouse(): Promise<ClickHouseServer> {
    const server = await ClickHouseServer.started(folder());
    await server.query('CREATE TABLE closes (time DateTime, comm String, n UInt32) ENGINE = MergeTree ORDER BY n');
    return server;
  }

  /** Rows told apart, the smallest and the largest number. */
  const kept = (server: ClickHouseServer) => server.query(`SELECT uniqExact(n), min(n), max(n) FROM closes`);
  const all = (count: number) => `${count}\t${base}\t${base + count - 1}`;

  const pipeline = (sinks: readonly string[]) => `name: closes
description: Numbers of a test
probes:
  closed:
    attach: syscall:close
    where: comm == "closer" and args.fd >= 1073741824
    fields: [time, pid, comm, n: args.fd]
sinks:
${sinks
  .map(
    (options) => `  - http:
      timeout: 500ms
      retry: { initial: 10ms, max: 200ms }
      batch: { max_wait: 50ms }
${options}`,
  )
  .join('')}`;
  const toClickHouse = (server: ClickHouseServer, buffer: string) => `      url: ${server.insertUrl('closes')}
      encoding: clickhouse
      buffer: { disk: ${tools.path(buffer)} }
`;

  async function run(file: string, stats: string): Promise<Probepipe> {
    const started = new Probepipe(['run', file, '--stats-file', stats]);
    onTestFinished(async () => {
      await started.stop('SIGKILL');
    });
    return started.attached();
  }

  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  it('inserts every row into ClickHouse, which is stopped and killed in mid-stream', async () => {
    const server = await clickHouse();
    const file = tools.file('clickhouse.yaml', pipeline([toClickHouse(server, 'clickhouse-buffer')]));
    const stats = tools.path('clickhouse.json');
    const running = await run(file, stats);
    let count = 0;
    const some = async () => {
      close(count, 20_000);
      count += 20_000;
      await pause(250);
    };
    await some();
    server.pause();
    await some();
    await pause(700);
    server.resume();
    await some();
    await server.kill();
    await some();
    await server.start();
    await some();
    const { stderr } = await running.stop();
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(await kept(server)).toBe(all(count));
    // `pid` has no column. Times are read as such, and are of today.
    expect(await server.query('SELECT uniqExact(comm), any(comm), max(abs(now() - time)) < 3600 FROM closes')).toBe(
      '1\tcloser\t1',
    );
    expect(ledger.sinks[0]).toMatchObject({ offered: count, delivered: count, waiting: 0, dropped: {} });
    expect(ledger.imbalances).toEqual([]);
    expect(stderr).toContain('takes events again');
  });

  it('tells what ClickHouse refuses, and counts it', async () => {
    const server = await clickHouse();
    const options = toClickHouse(server, 'refused-buffer')
      .replace('TABLE%20FORMAT', 'FORMAT')
      .replace('closes', 'absent');
    const file = tools.file('refused.yaml', pipeline([options]));
    const stats = tools.path('refused.json');
    const running = await run(file, stats);
    close(0, 300);
    await running.says(/does not take events: refused \(404\)/);
    await running.stop();
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(ledger.sinks[0]).toMatchObject({
      offered: 300,
      delivered: 0,
      waiting: 0,
      dropped: { 'refused (404)': 300 },
    });
  });

  it(`loses nothing of an hour's worth of events with the servers killed at random (seed ${seed})`, async () => {
    const clickhouse = await clickHouse();
    const nginx = await NginxServer.started(folder());
    const toNginx = `      url: ${nginx.url}
      buffer: { disk: ${tools.path('nginx-buffer')} }
`;
    const file = tools.file('hour.yaml', pipeline([toClickHouse(clickhouse, 'hour-buffer'), toNginx]));
    const stats = tools.path('hour.json');
    const running = await run(file, stats);
    const random = randomNumbers(seed);
    let over = false;
    const troubled = Promise.all([clickhouse, nginx].map((server) => trouble(server, random, () => over)));
    // A hundred a second for an hour, in twenty seconds.
    const count = 360_000;
    for (let at = 0; at < count; at += 1800) {
      close(at, 1800);
      await pause(100);
    }
    over = true;
    await troubled;
    const { stderr } = await running.stop();
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    for (const sink of ledger.sinks)
      expect(sink, stderr).toMatchObject({ offered: count, delivered: count, waiting: 0, dropped: {} });
    expect(ledger.sinks).toHaveLength(2);
    expect(ledger.imbalances).toEqual([]);
    expect(await kept(clickhouse)).toBe(all(count));
    const numbers = new Set(nginx.lines().map((line): number => JSON.parse(line).n));
    expect(numbers.size).toBe(count);
    for (const { port } of [clickhouse, nginx]) expect(stderr).toMatch(new RegExp(`:${port}/\\S* takes events again`));
  }, 120_000);

  /** Stops and kills it, and lets it be in between, for up to two seconds each; in the end it is there. */
  async function trouble(server: RealServer, random: () => number, over: () => boolean): Promise<void> {
    while (!over()) {
      await pause(2000 * random());
      if (random() < 0.3) {
        server.pause();
        await pause(1500 * random());
        server.resume();
      } else {
        await server.kill();
        await pause(1500 * random());
        await server.start();
      }
    }
  }
});

/** Evenly from [0, 1), the same for the same seed: Marsaglia's xorshift of 32 bits. */
function randomNumbers(from: number): () => number {
  let state = (from ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
