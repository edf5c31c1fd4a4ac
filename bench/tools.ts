/**
 * The shipped pipelines beside the libbpf-tools originals: the time of all runs by the kernel's own account. Both are attached at once, so that each
 * hit runs both and the load is the same to the last event; run times do not hold each other's. What was there before, and what others on the
 * machine load meanwhile, is told apart by the ids of the programs, which come by process.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { NativeAddon } from '../src/runtime/native-addon.js';
import { folder, probepipe, root } from './places.js';
import { median, type Running, startTool, stopTool } from './process.js';
import { programsOf } from './programs.js';
import type { Row } from './row.js';

const run = promisify(execFile);
const rounds = 2;

/** The original's arguments make it do what the pipeline does by default. */
const pairs: readonly { readonly name: string; readonly args?: readonly string[] }[] = [
  { name: 'execsnoop' },
  { name: 'exitsnoop' },
  { name: 'opensnoop' },
  { name: 'runqlat' },
  { name: 'runqslower' },
  { name: 'softirqs' },
  { name: 'hardirqs' },
  { name: 'syscount', args: ['-L'] },
  { name: 'biolatency' },
  { name: 'bitesize' },
  { name: 'offcputime' },
  { name: 'tcpstates' },
  { name: 'mountsnoop' },
];

interface Cost {
  readonly microseconds: number;
  readonly runs: number;
}

export async function tools(): Promise<Row[]> {
  const addon: NativeAddon = createRequire(import.meta.url)(`${root}build/Release/probepipe.node`);
  const stop = addon.enableStatistics();
  const rows: Row[] = [];
  try {
    for (const { name, args = [] } of pairs) {
      const ours: Cost[] = [];
      const theirs: Cost[] = [];
      try {
        for (let round = 0; round < rounds; round++) {
          const [one, other] = await both(name, args, round % 2 === 0);
          ours.push(one);
          theirs.push(other);
        }
      } catch (error) {
        console.error(
          `tools: ${name} is left out: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`,
        );
        continue;
      }
      const row = rowOf(name, ours, theirs);
      console.error(
        `tools: ${name}: ${row.ours.toFixed(0)} µs beside ${row.reference.value.toFixed(0)} µs (${row.note})`,
      );
      rows.push(row);
    }
  } finally {
    stop();
  }
  return rows;
}

function rowOf(name: string, ours: readonly Cost[], theirs: readonly Cost[]): Row {
  const mine = median(ours.map(({ microseconds }) => microseconds));
  const original = median(theirs.map(({ microseconds }) => microseconds));
  const runs = (costs: readonly Cost[]) => Math.round(median(costs.map((cost) => cost.runs)));
  return {
    group: 'tools',
    what: name,
    unit: 'µs in all',
    ours: mine,
    reference: { name: 'original', value: original },
    ratio: mine / original,
    must: { text: 'at most 1.10', met: mine / original <= 1.1 },
    note: `${runs(ours)} runs of programs, the original's ${runs(theirs)}`,
  };
}

/** Whichever is attached first runs first at each hit, and waits for what the other then finds in the processor's caches: so they take turns. */
async function both(name: string, args: readonly string[], oursFirst: boolean): Promise<[Cost, Cost]> {
  const starts = {
    ours: () => startTool(probepipe(`pipelines/${name}.yaml`), `${folder}/tool-ours.out`),
    theirs: () => startTool({ name, command: name, args, ready: 'programs' }, `${folder}/tool-theirs.out`),
  };
  const first = await (oursFirst ? starts.ours() : starts.theirs());
  try {
    const second = await (oursFirst ? starts.theirs() : starts.ours());
    try {
      const [mine, original] = oursFirst ? [first, second] : [second, first];
      const before = [programsOf(mine), programsOf(original)] as const;
      await load();
      return [await cost(mine, before[0]), await cost(original, before[1])];
    } finally {
      await stopTool(second);
    }
  } finally {
    await stopTool(first);
  }
}

type Programs = ReturnType<typeof programsOf>;

async function cost(running: Running, before: Programs): Promise<Cost> {
  let time = 0n;
  let runs = 0n;
  for (const [id, after] of programsOf(running)) {
    time += after.time - (before.get(id)?.time ?? 0n);
    runs += after.runs - (before.get(id)?.runs ?? 0n);
  }
  if (runs < 20n) throw new Error(`its programs ran ${runs} times only`);
  return { microseconds: Number(time) / 1000, runs: Number(runs) };
}

/** Something of everything: processes, files, disk writes, connections, sleeps and mounts, about a second of it. */
async function load(): Promise<void> {
  const script = `
    i=0; while [ $i -lt 60 ]; do /bin/true; cat /proc/self/stat >/dev/null; i=$((i+1)); done
    dd if=/dev/zero of=${folder}/disk bs=64k count=200 oflag=direct 2>/dev/null || dd if=/dev/zero of=${folder}/disk bs=64k count=200 conv=fsync 2>/dev/null
    rm -f ${folder}/disk
    i=0; while [ $i -lt 30 ]; do mount -t tmpfs none /mnt && umount /mnt; i=$((i+1)); done
    i=0; while [ $i -lt 60 ]; do (exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null; i=$((i+1)); done
  `;
  const busy = spawn('bash', ['-c', 'for i in $(seq 400); do sleep 0.001; done'], { stdio: 'ignore' });
  await run('unshare', ['--mount', 'bash', '-c', script]);
  if (busy.exitCode === null) await once(busy, 'exit');
}
