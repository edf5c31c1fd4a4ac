/** What servers lose while every request is traced: requests a second that wrk gets, with and without, in turns. All of the machine is busy, so what the reader takes is taken from the server, too; what the server's own time grows by is told apart. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { folder, probepipe, root } from './places.js';
import { childrenOf, cpuNanoseconds, median, sleep, startTool, stopTool, usageOf } from './process.js';
import type { Row } from './row.js';

const port = 9488;
const rounds = 3;
const connections = 32;
const seconds = 3;
const askedRate = 20_000;
const fixtures = `${root}test/kernel/fixtures/http/`;

interface Case {
  readonly name: string;
  /** Of the throughput, lost at most. */
  readonly asked: number;
  command(work: string): readonly string[];
}

const cases: readonly Case[] = [
  { name: 'Node', asked: 0.05, command: () => [process.execPath, `${fixtures}server.mjs`, String(port)] },
  { name: 'nginx', asked: 0.05, command: nginx },
  { name: 'Go', asked: 0.08, command: goServer },
];

export async function http(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const each of cases) rows.push(...(await measure(each)));
  return [...rows, most(rows)];
}

/** A run in which one is lost fails. */
function most(rows: readonly Row[]): Row {
  const [fastest] = rows.filter(({ unit }) => unit === 'requests/s').sort((a, b) => b.ours - a.ours);
  const rate = fastest?.ours ?? 0;
  return {
    group: 'http',
    what: 'Requests traced in a second, none lost',
    unit: 'requests/s',
    ours: rate,
    reference: { name: 'asked for', value: askedRate },
    ratio: rate / askedRate,
    must: { text: 'at least 20 thousand', met: rate >= askedRate },
    note: `${fastest?.what ?? 'none'}: client, server and reader share the machine`,
  };
}

async function measure({ name, asked, command }: Case): Promise<Row[]> {
  const work = mkdtempSync(`${tmpdir()}/probepipe-bench-`);
  const [program = '', ...args] = command(work);
  const server = spawn(program, args, { stdio: 'ignore' });
  try {
    await listens(server);
    await load(server);
    const bare: Load[] = [];
    const traced: Load[] = [];
    const costs: { readonly microseconds: number; readonly resident: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await load(server));
      const output = `${work}/events.jsonl`;
      const stats = `${work}/stats.json`;
      const tool = await startTool(probepipe('bench/pipelines/http.yaml', '--stats-file', stats), output);
      const before = usageOf(tool);
      const loaded = await load(server);
      await sleep(200);
      const after = usageOf(tool);
      await stopTool(tool);
      expectAll(name, loaded.requests, stats, output);
      traced.push(loaded);
      costs.push({ microseconds: ((after.cpu - before.cpu) / loaded.requests) * 1e6, resident: after.peak });
    }
    const rate = (loads: readonly Load[]) => median(loads.map(({ requests }) => requests / seconds));
    const own = (loads: readonly Load[]) => median(loads.map(({ microseconds }) => microseconds));
    const lost = 1 - rate(traced) / rate(bare);
    return [
      {
        group: 'http',
        what: `${name}, every request traced`,
        unit: 'requests/s',
        ours: rate(traced),
        reference: { name: 'untraced', value: rate(bare) },
        ratio: rate(traced) / rate(bare),
        must: { text: `at most ${asked * 100}% lost`, met: lost <= asked },
        note: `${(lost * 100).toFixed(1)}% lost; reader: ${median(costs.map((each) => each.microseconds)).toFixed(1)} µs of CPU a request, peak ${Math.max(...costs.map((each) => each.resident)).toFixed(0)} MiB; none lost`,
      },
      {
        group: 'http',
        what: `${name}, the server's own CPU time of a request`,
        unit: 'µs',
        ours: own(traced),
        reference: { name: 'untraced', value: own(bare) },
        ratio: own(traced) / own(bare),
        note: 'what is lost where the reader has a processor to itself',
      },
    ];
  } finally {
    server.kill();
    rmSync(work, { recursive: true, force: true });
  }
}

interface Load {
  /** That were answered. */
  readonly requests: number;
  /** CPU time of the server and its children for one of them. */
  readonly microseconds: number;
}

async function load(server: ChildProcess): Promise<Load> {
  const processes = [Number(server.pid), ...childrenOf(Number(server.pid))];
  const before = cpuNanoseconds(processes);
  const wrk = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}`, `http://127.0.0.1:${port}/fast/1`]);
  let said = '';
  wrk.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await new Promise((resolve) => wrk.once('close', resolve));
  const requests = /(\d+) requests in/.exec(said)?.[1];
  if (requests === undefined || /Non-2xx/.test(said)) throw new Error(`wrk: ${said}`);
  return { requests: Number(requests), microseconds: (cpuNanoseconds(processes) - before) / Number(requests) / 1000 };
}

/** wrk does not count what it did not wait for: at most one request of each connection. */
function expectAll(name: string, requests: number, stats: string, output: string): void {
  const { lost, probes } = JSON.parse(readFileSync(stats, 'utf8'));
  const seen: number = probes[0].emitted;
  const lines = readFileSync(output).filter((byte) => byte === 0x0a).length;
  if (lost !== 0 || lines !== seen || seen < requests || seen > requests + connections)
    throw new Error(`${name}: ${requests} requests were answered, ${seen} seen, ${lines} written, ${lost} lost`);
}

async function listens(server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    if (server.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error('the server does not listen');
}

function nginx(work: string): string[] {
  mkdirSync(`${work}/files/fast`, { recursive: true });
  writeFileSync(`${work}/files/fast/1`, 'answer\n');
  writeFileSync(
    `${work}/nginx.conf`,
    `daemon off; user root; worker_processes 1; pid ${work}/nginx.pid; error_log stderr error; events {}
http { access_log off; client_body_temp_path ${work}/b; proxy_temp_path ${work}/p; fastcgi_temp_path ${work}/f; uwsgi_temp_path ${work}/u; scgi_temp_path ${work}/s;
keepalive_requests 100000000; server { listen 127.0.0.1:${port}; root ${work}/files; } }
`,
  );
  return ['nginx', '-p', work, '-c', `${work}/nginx.conf`];
}

function goServer(work: string): string[] {
  const program = `${folder}/http-server`;
  execFileSync('go', ['build', '-o', program, `${fixtures}server.go`], {
    env: { ...process.env, GO111MODULE: 'off', GOCACHE: `${work}/cache`, HOME: work },
  });
  return [program, String(port)];
}
