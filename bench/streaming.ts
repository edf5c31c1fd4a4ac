/**
 * Streaming one event for each traced call to a file of JSON lines: rows 1, 2, 2b, 3 and 7 of the table. Every tool writes the same fields, and a
 * sample of the lines is compared; what is missing in the file counts as lost.
 */
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { bpftrace, byHand, folder, loads, probepipe } from './places.js';
import { median, type Running, ranSeconds, sleep, startTool, stopTool, type Tool, usageOf } from './process.js';
import type { Row } from './row.js';

const run = promisify(execFile);
const rounds = 5;
/** Of the calls, before the measured ones: what a tool does at its first events (V8 compiles, memory is touched) is a matter of its start. */
const warmUpShare = 0.2;
const quietMs = 300;
const settleSeconds = 10;

interface Case {
  readonly label: string;
  readonly load: string;
  readonly calls: number;
  readonly tools: readonly Tool[];
  readonly overBpftrace: number;
  readonly readerMicroseconds: number;
  /** Keys whose values are the same in every line. */
  readonly constant: readonly string[];
}

const json = (fields: readonly string[]): string => `"{${fields.join(',').replaceAll('"', '\\"')}}\\n"`;

const cases: readonly Case[] = [
  {
    label: '4 fields',
    load: 'getppid',
    calls: 1_000_000,
    tools: [
      probepipe('bench/pipelines/getppid.yaml'),
      byHand('stream4'),
      bpftrace(
        `tracepoint:syscalls:sys_enter_getppid { printf(${json(['"time":%lld', '"pid":%d', '"tid":%d', '"comm":"%s"'])}, nsecs, pid, tid, comm); }`,
      ),
    ],
    overBpftrace: 10,
    readerMicroseconds: 1,
    constant: ['comm'],
  },
  {
    label: '12 fields',
    load: 'sendto',
    calls: 500_000,
    tools: [
      probepipe('bench/pipelines/sendto.yaml'),
      byHand('stream12'),
      // It has no names for enums: the number, which is less work.
      bpftrace(
        `tracepoint:syscalls:sys_enter_sendto { printf(${json(['"time":%lld', '"pid":%d', '"tid":%d', '"uid":%d', '"cpu":%d', '"comm":"%s"', '"path":"%s"', '"fd":%d', '"bytes":%d', '"peer":"%s"', '"op":%d', '"flags":%d'])}, nsecs, pid, tid, uid, cpu, comm, str(args->buff), (int32)args->fd, args->len, ntop(*(uint32*)uptr((uint64)args->addr + 4)), args->flags, args->flags); }`,
      ),
    ],
    overBpftrace: 8,
    readerMicroseconds: 2.5,
    constant: ['comm', 'path', 'fd', 'bytes', 'peer'],
  },
];

interface Figures {
  /** Delivered lines a second, from the first call until the last line stands in the file. */
  readonly rate: number;
  /** Nanoseconds of a traced call. */
  readonly callNs: number;
  /** The reader's CPU time, nanoseconds for each delivered line. */
  readonly readerNs: number;
  readonly cpu: number;
  readonly resident: number;
  readonly peak: number;
  readonly lost: number;
}

export async function streaming(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const each of cases) rows.push(...(await streamingOf(each)));
  rows.push(await idling());
  return rows;
}

async function streamingOf({
  label,
  load,
  calls,
  tools,
  overBpftrace,
  readerMicroseconds,
  constant,
}: Case): Promise<Row[]> {
  const all = tools.map(() => [] as Figures[]);
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(Number((await run(`${loads}/${load}`, [String(calls)])).stdout));
    const samples: string[] = [];
    for (const [index, tool] of tools.entries()) {
      const output = `${folder}/${tool.name}-${load}.out`;
      all[index]?.push(await measure(tool, load, calls, output));
      samples.push(sample(output, load, constant));
    }
    if (new Set(samples).size !== 1)
      throw new Error(`${label}: the tools do not show the same:\n${samples.join('\n')}`);
  }
  const of = (index: number, key: keyof Figures): number => median((all[index] ?? []).map((figures) => figures[key]));
  const sides = tools.map((tool, index) => {
    const lost = (all[index] ?? []).reduce((total, figures) => total + figures.lost, 0);
    return `${tool.name} ${of(index, 'cpu').toFixed(2)} s CPU, peak ${of(index, 'peak').toFixed(0)} MiB, ${lost} lost`;
  });
  const added = (index: number): number => of(index, 'callNs') - median(bare);
  const lossless = (all[0] ?? []).every(({ lost }) => lost === 0);
  const pair = (theirs: number) => `${sides[0]}; ${sides[theirs]}`;
  const rate = (theirs: number, least: number): Row => ({
    group: 'streaming',
    what: `streaming, ${label}`,
    unit: 'events/s',
    ours: of(0, 'rate'),
    reference: { name: tools[theirs]?.name ?? '', value: of(theirs, 'rate') },
    ratio: of(0, 'rate') / of(theirs, 'rate'),
    must: { text: `at least ${least}, none lost`, met: lossless && of(0, 'rate') / of(theirs, 'rate') >= least },
    note: pair(theirs),
  });
  return [
    rate(2, overBpftrace),
    rate(1, 1),
    {
      group: 'streaming',
      what: `reader's CPU time of one event, ${label}`,
      unit: 'ns',
      ours: of(0, 'readerNs'),
      reference: { name: 'C', value: of(1, 'readerNs') },
      ratio: of(0, 'readerNs') / of(1, 'readerNs'),
      must: { text: `under ${readerMicroseconds} µs`, met: of(0, 'readerNs') < readerMicroseconds * 1000 },
      note: `bpftrace ${Math.round(of(2, 'readerNs'))} ns`,
    },
    {
      group: 'streaming',
      what: `added to the traced call, ${label}`,
      unit: 'ns',
      ours: added(0),
      reference: { name: 'C', value: added(1) },
      ratio: added(0) / added(1),
      must: { text: 'at most 1.10', met: added(0) / added(1) <= 1.1 },
      note: `bare call ${Math.round(median(bare))} ns, bpftrace adds ${Math.round(added(2))} ns`,
    },
    {
      group: 'streaming',
      what: `resident while streaming, ${label}`,
      unit: 'MiB',
      ours: of(0, 'resident'),
      reference: { name: 'C', value: of(1, 'resident') },
      ratio: of(0, 'resident') / of(1, 'resident'),
      must: { text: 'under 110 MiB', met: of(0, 'peak') < 110 },
      note: `peak ${of(0, 'peak').toFixed(0)} MiB; bpftrace ${of(2, 'resident').toFixed(0)} MiB`,
    },
  ];
}

async function measure(tool: Tool, load: string, calls: number, output: string): Promise<Figures> {
  const running = await startTool(tool, output);
  const warmUps = calls * warmUpShare;
  await run(`${loads}/${load}`, [String(warmUps)]);
  await endOfGrowth(output);
  const before = usageOf(running);
  const start = performance.now();
  const { stdout } = await run(`${loads}/${load}`, [String(calls)]);
  const seconds = ((await endOfGrowth(output)) - start) / 1000;
  const after = usageOf(running);
  await stopTool(running);
  const delivered = count(output, `"comm":"${load}"`) - warmUps;
  const cpu = after.cpu - before.cpu;
  return {
    rate: delivered / seconds,
    callNs: Number(stdout),
    readerNs: (cpu * 1e9) / delivered,
    cpu,
    resident: after.resident,
    peak: after.peak,
    lost: calls - delivered,
  };
}

/** When the file grew last, not counting the time spent on finding that out. */
async function endOfGrowth(output: string): Promise<number> {
  let size = statSync(output).size;
  let grown = performance.now();
  while (performance.now() - grown < quietMs) {
    await sleep(5);
    const next = statSync(output).size;
    if (next === size) continue;
    size = next;
    grown = performance.now();
  }
  return grown;
}

function count(output: string, text: string): number {
  const bytes = readFileSync(output);
  let found = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) found++;
  return found;
}

/** The different lines among some thousand of the load's: its fields' names, and values of those that do not change by call or process. */
function sample(output: string, load: string, constant: readonly string[]): string {
  const lines = readFileSync(output).subarray(0, 2_000_000).toString('latin1').split('\n').slice(0, -1);
  const shown = lines
    .filter((line) => line.includes(`"comm":"${load}"`))
    .map((line) => {
      const event: Record<string, unknown> = JSON.parse(line);
      const names = Object.keys(event).filter((name) => name !== 'probe');
      return JSON.stringify([names, constant.map((name) => event[name]), event.flags ?? '']);
    });
  return [...new Set(shown)].sort().join('\n');
}

/** CPU time of a run that waits for events. */
async function idling(): Promise<Row> {
  const seconds = 30;
  const usage: number[][] = [];
  for (const tool of [probepipe('bench/pipelines/getppid.yaml'), byHand('stream4')]) {
    const running: Running = await startTool(tool, `${folder}/idle.out`);
    // What starts has work left over, V8's collector above all.
    await sleep(settleSeconds * 1000);
    const before = ranSeconds(running);
    await sleep(seconds * 1000);
    usage.push([((ranSeconds(running) - before) / seconds) * 100, usageOf(running).resident]);
    await stopTool(running);
  }
  const [[ours = Number.NaN, resident = Number.NaN] = [], [theirs = Number.NaN] = []] = usage;
  return {
    group: 'streaming',
    what: 'idle, share of a core',
    unit: '%',
    ours,
    reference: { name: 'C', value: theirs },
    ratio: ours / theirs,
    must: { text: 'under 0.1%', met: ours < 0.1 },
    note: `by the scheduler's account, over ${seconds} s; ${resident.toFixed(0)} MiB resident`,
  };
}
