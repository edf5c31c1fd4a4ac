/** The shipped pipelines, run as a user runs them, on this machine's kernel, with counts that must be exact. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

async function listeners(count: number): Promise<{ servers: Server[]; ports: number[] }> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  return { servers, ports };
}

async function connectOnce(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.resume();
  await once(socket, 'close');
}

/** How often another task took a processor from this process. */
function preemptions({ pid }: ChildProcess): number {
  return Number(/^nonvoluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

describe.skipIf(!isRoot)('shipped pipelines on this kernel (needs root)', () => {
  it('tcp-connect sees exactly 1,000 connections to four ports, and counts them exactly', async () => {
    using work = new Workspace();
    const { servers, ports } = await listeners(4);
    const stats = work.path('stats.json');
    const run = await new Probepipe([
      'run',
      'pipelines/tcp-connect.yaml',
      '--format',
      'jsonl',
      '--stats-file',
      stats,
    ]).attached();
    for (let made = 0; made < 1000; made += 4) await Promise.all(ports.map(connectOnce));
    const { code, stdout } = await run.stop();
    for (const server of servers) server.close();
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const mine = lines.filter((line) => line.probe === 'connect' && line.pid === process.pid);
    expect(mine).toHaveLength(1000);
    expect(new Set(mine.map((line) => line.daddr))).toEqual(new Set(['127.0.0.1']));
    const counts = new Map(lines.filter((line) => line.map === 'connects').map((line) => [line.dport, line.count]));
    for (const port of ports) expect([port, counts.get(port)]).toEqual([port, 250]);
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(ledger.imbalances).toEqual([]);
    expect(ledger.lost).toBe(0);
  });

  it('tcp-connect takes a param by --set and shows only that port', async () => {
    const { servers, ports } = await listeners(2);
    const run = await new Probepipe([
      'run',
      'pipelines/tcp-connect.yaml',
      '--set',
      `port=${ports[0]}`,
      '--format',
      'jsonl',
    ]).attached();
    for (let made = 0; made < 10; made++) await Promise.all(ports.map(connectOnce));
    const { stdout } = await run.stop();
    for (const server of servers) server.close();
    const events = jsonLines(stdout).filter((line) => line.probe === 'connect');
    expect(events.map((line) => line.dport)).toEqual(Array.from({ length: 10 }, () => ports[0]));
  });

  it('opens shows successful and failed opens with path and error', async () => {
    using work = new Workspace();
    const present = work.file('present', '');
    const run = await new Probepipe(['run', 'pipelines/opens.yaml', '--format', 'jsonl']).attached();
    readFileSync(present);
    expect(() => readFileSync(work.path('absent'))).toThrow('ENOENT');
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const events = jsonLines(stdout).filter((line) => line.probe === 'open' && line.pid === process.pid);
    const opened = events.find((line) => line.path === present);
    expect(opened).toMatchObject({ error: null });
    expect(opened?.fd).toBeGreaterThan(0);
    expect(events.find((line) => line.path === work.path('absent'))).toMatchObject({ error: 'ENOENT' });
  });

  it('runq-latency draws a histogram for the tasks that waited', async () => {
    const run = await new Probepipe(['run', 'pipelines/runq-latency.yaml', '--format', 'jsonl']).attached();
    for (let waited = 0; waited < 50; waited++) await new Promise((resolve) => setTimeout(resolve, 2));
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const row = jsonLines(stdout).find((line) => line.map === 'usecs' && line.comm === 'node');
    expect(row?.count).toBeGreaterThan(0);
  });

  it('runq-latency sees tasks that were preempted, and never slept', async () => {
    using work = new Workspace();
    // The name of the file is the name of the task.
    const busy = work.path('pp-busy');
    copyFileSync('/bin/sh', busy);
    chmodSync(busy, 0o755);
    const run = await new Probepipe(['run', 'pipelines/runq-latency.yaml', '--format', 'jsonl']).attached();
    const loops = Array.from({ length: 2 * cpus().length }, () => spawn(busy, ['-c', 'while :; do :; done']));
    try {
      await expect.poll(() => sum(loops.map(preemptions)), { timeout: 30_000, interval: 100 }).toBeGreaterThan(100);
    } finally {
      for (const loop of loops) loop.kill('SIGKILL');
    }
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const row = jsonLines(stdout).find((line) => line.map === 'usecs' && line.comm === 'pp-busy');
    expect(row?.count).toBeGreaterThan(50);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends cleanly by %s', async (signal) => {
    const run = await new Probepipe(['run', 'pipelines/tcp-connect.yaml', '--format', 'jsonl']).attached();
    const { code, stderr } = await run.stop(signal);
    expect(code).toBe(0);
    expect(stderr).toContain('nothing lost');
  });
});
