/** The kernel's side of the ledger: the counters of all processors, added up. */
import type { CaptureCounterName } from '../compile/capture-manifest.js';
import { captureCounterNames } from '../compile/capture-manifest.js';
import type { CounterName, Manifest } from '../compile/manifest.js';
import { counterNames } from '../compile/manifest.js';
import { tlsPrograms } from './capture.js';
import type { LoadedPipeline } from './load-pipeline.js';
import type { NativeObject, ProgramStats } from './native-addon.js';
import { scopePrograms } from './scope.js';

export type ProbeCounters = Readonly<Record<CounterName, bigint>>;

/** By probe name. */
export function readCounters(manifest: Manifest, object: NativeObject): ReadonlyMap<string, ProbeCounters> {
  const map = object.map(manifest.counters.map);
  const stride = manifest.counters.length * 8;
  return new Map(
    manifest.probes.map((probe) => {
      const values = map.lookup(rowKey(probe.row)) ?? new Uint8Array(0);
      const entries = counterNames.map((name, index) => [name, sumOver(values, index, stride)] as const);
      return [probe.name, Object.fromEntries(entries) as Record<CounterName, bigint>];
    }),
  );
}

/** What capturing lost; `undefined` where nothing is captured. */
export function readCaptureCounters(
  { counters, capture }: Manifest,
  object: NativeObject,
): Readonly<Record<CaptureCounterName, bigint>> | undefined {
  if (capture === undefined) return undefined;
  const values = object.map(counters.map).lookup(rowKey(capture.row)) ?? new Uint8Array(0);
  const entries = captureCounterNames.map(
    (name, index) => [name, sumOver(values, index, counters.length * 8)] as const,
  );
  return Object.fromEntries(entries) as Record<CaptureCounterName, bigint>;
}

/** Of one counter, over all processors. */
function sumOver(values: Uint8Array, index: number, stride: number): bigint {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let sum = 0n;
  for (let at = index * 8; at + 8 <= values.byteLength; at += stride) sum += view.getBigUint64(at, true);
  return sum;
}

function rowKey(row: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, row, true);
  return key;
}

/** What is loaded: `unfit` programs are not. */
interface LoadedPrograms {
  readonly object: NativeObject;
  readonly unfit: ReadonlyMap<string, unknown>;
  readonly choices: readonly {
    readonly probe: string;
    readonly chosen: { readonly programs: readonly { readonly program: string }[] };
  }[];
}

/** Runs that the kernel left out because the same program was interrupted by itself, by probe name. */
export function readMissed(loaded: LoadedPrograms): ReadonlyMap<string, bigint> {
  const missed = new Map<string, bigint>();
  for (const { probe, stats } of programStats(loaded))
    missed.set(probe, (missed.get(probe) ?? 0n) + stats.recursionMisses);
  return missed;
}

/** What the kernel tells of one program. */
export interface ProgramCost {
  /** Of programs that are of no probe, `(capture)` and `(children)`: what captures connections, and what follows processes to their children. */
  readonly probe: string;
  readonly program: string;
  readonly id: number;
  readonly runs: bigint;
  readonly nanoseconds: bigint;
}

/** Of one probe's programs together. */
export interface ProgramTime {
  readonly probe: string;
  readonly runs: bigint;
  readonly nanoseconds: bigint;
}

/** Zero unless the kernel's statistics of BPF programs are on (`sysctl kernel.bpf_stats_enabled`, `--stats`). */
export function readProgramTimes(loaded: LoadedPrograms): readonly ProgramTime[] {
  const times = new Map<string, ProgramTime>();
  for (const { probe, stats } of programStats(loaded)) {
    const { runs, nanoseconds } = times.get(probe) ?? { runs: 0n, nanoseconds: 0n };
    times.set(probe, { probe, runs: runs + stats.runCount, nanoseconds: nanoseconds + stats.runTimeNs });
  }
  return [...times.values()];
}

/** Each of the pipeline's programs by itself; also zero unless the kernel's statistics are on. */
export function readProgramCosts(
  loaded: LoadedPrograms & Pick<LoadedPipeline, 'capture' | 'scope'>,
): readonly ProgramCost[] {
  const { object, capture, scope } = loaded;
  const others = (probe: string, programs: readonly string[]) =>
    programs.map((program) => ({ probe, program, stats: object.programStats(program) }));
  const all = [
    ...programStats(loaded),
    ...others('(capture)', capture.length === 0 ? [] : [...capture, ...tlsPrograms]),
    ...others('(children)', scope?.followChildren === true ? scopePrograms : []),
  ];
  return all.map(({ probe, program, stats }) => ({
    probe,
    program,
    id: stats.id,
    runs: stats.runCount,
    nanoseconds: stats.runTimeNs,
  }));
}

function* programStats({
  object,
  unfit,
  choices,
}: LoadedPrograms): Generator<{ probe: string; program: string; stats: ProgramStats }> {
  for (const { probe, chosen } of choices)
    for (const { program } of chosen.programs)
      if (!unfit.has(program)) yield { probe, program, stats: object.programStats(program) };
}
