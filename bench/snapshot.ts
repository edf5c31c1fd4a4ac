/** Reading a map of a million entries beside bpftool, which prints the same map: row 9. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { loads, probepipeOf } from './places.js';
import { median, sleep, startTool, usageOf } from './process.js';
import type { Row } from './row.js';

const rounds = 3;
const entries = 1_000_000;

const pipeline = (room: number): string => `name: snapshot
maps:
  seen: { key: { offset: u64 }, value: count, max_entries: ${room} }
probes:
  seek:
    attach: tracepoint:syscalls:sys_enter_lseek
    where: comm == "seeks"
    update:
      seen[args.offset]: count()
`;

export async function snapshot(): Promise<Row[]> {
  const ours: number[] = [];
  const theirs: number[] = [];
  let peak = 0;
  let before = 0;
  for (let round = 0; round < rounds; round++) {
    const read = await readMap(entries, true);
    ours.push(read.seconds);
    theirs.push(read.bpftoolSeconds);
    peak = Math.max(peak, read.peak);
    before = Math.max(before, read.before);
  }
  const ratio = median(ours) / median(theirs);
  return [
    {
      group: 'snapshot',
      what: 'a map of 1,000,000 entries, read and written as lines of JSON',
      unit: 's',
      ours: median(ours),
      reference: { name: 'bpftool', value: median(theirs) },
      ratio,
      must: { text: 'at most 2 times bpftool', met: ratio <= 2 },
      note: `with the end of the run; every key once; peak ${peak.toFixed(0)} MiB, ${before.toFixed(0)} before`,
    },
  ];
}

export interface ReadMap {
  readonly seconds: number;
  readonly bpftoolSeconds: number;
  /** MiB, resident at most and before the map is read. */
  readonly peak: number;
  readonly before: number;
}

/** From the signal that ends a run to its end, which reads the map once. Throws where a key is missing or is there twice. */
export async function readMap(count: number, beside: boolean): Promise<ReadMap> {
  const work = mkdtempSync(`${tmpdir()}/probepipe-bench-`);
  try {
    const file = `${work}/snapshot.yaml`;
    const output = `${work}/rows.jsonl`;
    writeFileSync(file, pipeline(Math.ceil(count * 1.2)));
    const running = await startTool(probepipeOf([file], '--format', 'jsonl'), output);
    const target = openSync(`${work}/sought`, 'w');
    execFileSync(`${loads}/seeks`, [String(count)], { stdio: ['ignore', target, 'ignore'] });
    closeSync(target);
    const bpftoolSeconds = beside ? await dump(mapOf(running.child.pid ?? 0), `${work}/dumped`) : 0;
    const before = usageOf(running).resident;
    let peak = before;
    const ended = once(running.child, 'exit');
    const start = performance.now();
    running.child.kill('SIGINT');
    while (running.child.exitCode === null && running.child.signalCode === null) {
      peak = Math.max(peak, residentOf(running.child.pid ?? 0));
      await Promise.race([ended, sleep(20)]);
    }
    const seconds = (performance.now() - start) / 1000;
    expectEach(output, count);
    return { seconds, bpftoolSeconds, peak, before };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The largest map that the process holds, by its id. */
function mapOf(pid: number): string {
  const held: { id: number; max_entries: number; pids?: { pid: number }[] }[] = JSON.parse(
    execFileSync('bpftool', ['map', 'list', '-j'], { maxBuffer: 1 << 26 }).toString(),
  );
  const [map] = held
    .filter(({ pids }) => pids?.some((each) => each.pid === pid) !== false)
    .sort((a, b) => b.max_entries - a.max_entries);
  return String(map?.id);
}

async function dump(map: string, path: string): Promise<number> {
  const output = openSync(path, 'w');
  const start = performance.now();
  const [code] = await once(
    spawn('bpftool', ['map', 'dump', 'id', map], { stdio: ['ignore', output, 'ignore'] }),
    'exit',
  );
  closeSync(output);
  if (code !== 0) throw new Error(`bpftool ended with ${code}`);
  return (performance.now() - start) / 1000;
}

function residentOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function expectEach(path: string, count: number): void {
  const seen = new Uint8Array(count);
  let lines = 0;
  for (const [, offset] of readFileSync(path, 'latin1').matchAll(/"offset":(\d+),"count":1}/g)) {
    seen[Number(offset)] = 1;
    lines++;
  }
  const different = seen.reduce((sum, each) => sum + each, 0);
  if (lines !== count || different !== count)
    throw new Error(`${count} entries were made, ${lines} shown, ${different} of them different`);
}
