/**
 * What counting in the kernel adds to the traced call: `count()` by comm, `hist()` by pid, and a call's duration, rows 4 and 8. Every tool must
 * have counted each call exactly once.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { bpftrace, byHand, folder, loads, probepipe } from './places.js';
import { median, startTool, stopTool, type Tool, usageOf } from './process.js';
import type { Row } from './row.js';

const run = promisify(execFile);
const rounds = 5;
const calls = 500_000;
/** For each start of a tool: a neighbour of this machine disturbs some, and where its threads lie decides others. */
const loadsOfRound = 3;

const cases: readonly {
  readonly name: string;
  readonly what: string;
  readonly script: string;
  readonly most: number;
  readonly quoted: string;
}[] = [
  {
    name: 'count',
    what: 'count() by comm',
    script: 'tracepoint:syscalls:sys_enter_getppid { @[comm] = count(); }',
    most: 1.05,
    quoted: 'newest bpftrace, quoted: 430 ns',
  },
  {
    name: 'hist',
    what: 'hist() by pid',
    script: 'tracepoint:syscalls:sys_enter_getppid { @[pid] = hist(tid); }',
    most: 1.05,
    quoted: 'newest bpftrace, quoted: 370 ns',
  },
  {
    name: 'duration',
    what: 'a call’s duration, hist() by comm',
    script:
      'tracepoint:syscalls:sys_enter_getppid { @start[tid] = nsecs; } tracepoint:syscalls:sys_exit_getppid /@start[tid]/ { @[comm] = hist(nsecs - @start[tid]); delete(@start[tid]); }',
    most: 1.1,
    quoted: '',
  },
];

export async function counting(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, what, script, most, quoted } of cases) {
    const tools = [probepipe(`bench/pipelines/${name}.yaml`), byHand('maps', name), bpftrace(script)];
    const costs = tools.map(() => [] as number[]);
    const peaks = tools.map(() => 0);
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(...(await callsNs()));
      for (const [index, tool] of tools.entries()) {
        const { ns, peak } = await counted(tool, name);
        costs[index]?.push(...ns);
        peaks[index] = Math.max(peaks[index] ?? 0, peak);
      }
    }
    const [ours = Number.NaN, theirs = Number.NaN, bpf = Number.NaN] = costs.map((each) => median(each) - median(bare));
    rows.push({
      group: 'counting',
      what: `added by ${what}`,
      unit: 'ns',
      ours,
      reference: { name: 'C', value: theirs },
      ratio: ours / theirs,
      must: { text: `at most ${most} and below bpftrace`, met: ours / theirs <= most && ours < bpf },
      note: `bare call ${Math.round(median(bare))} ns; bpftrace adds ${Math.round(bpf)} ns; peak ${peaks.map((peak) => Math.round(peak)).join(', ')} MiB; none lost. ${quoted}`,
    });
  }
  return rows;
}

async function callsNs(): Promise<number[]> {
  const costs: number[] = [];
  while (costs.length < loadsOfRound) costs.push(Number((await run(`${loads}/getppid`, [String(calls)])).stdout));
  return costs;
}

async function counted(tool: Tool, name: string): Promise<{ ns: readonly number[]; peak: number }> {
  const output = `${folder}/${tool.name}-${name}.out`;
  const running = await startTool(tool, output);
  const ns = await callsNs();
  const { peak } = usageOf(running);
  await stopTool(running);
  const total = totalIn(readFileSync(output, 'utf8'));
  // Other processes make a call now and then; a load that was not seen whole is missing far more.
  const made = calls * loadsOfRound;
  if (total < made) throw new Error(`${tool.name} counted ${total} of ${made} calls for ${name}`);
  return { ns, peak };
}

/** JSON rows of a map, bpftrace's maps with or without buckets, or a number. */
function totalIn(text: string): number {
  let total = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('{')) {
      const { count }: { count?: number } = JSON.parse(line);
      total += count ?? 0;
    } else
      total +=
        bpftraceCount(/^[@[].*?[:)\]]\s+(\d+)(?:\s*\|.*\|)?$/.exec(line)?.[1], line) +
        Number(/^\d+$/.exec(line)?.[0] ?? 0);
  }
  return total;
}

/** bpftrace abbreviates the bounds of its buckets, not their counts; `@start[tid]` is no count. */
const bpftraceCount = (digits: string | undefined, line: string): number =>
  digits === undefined || line.startsWith('@start') ? 0 : Number(digits);
