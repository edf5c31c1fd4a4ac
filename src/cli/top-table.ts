/** What `probepipe top` shows, made of two readings of the kernel's programs: by probe of each run, or every program of the kernel; dearest first. */
import { cutTo } from '../diagnostics/terminal-text.js';
import { alignedColumns } from '../events/aligned-columns.js';
import { shareOfCpu } from '../events/costs.js';
import type { KernelProgram } from '../runtime/native-addon.js';
import type { ProgramOwner } from '../runtime/program-owners.js';
import type { RegisteredRun } from '../runtime/run-registry.js';

/** Since the reading before. `cpuShare`: 1 is the whole of one processor. */
interface Spent {
  readonly runs: number;
  readonly nanoseconds: number;
  readonly cpuShare: number;
}

export interface ProbeRow extends Spent {
  readonly pid: number;
  readonly pipeline: string;
  readonly probe: string;
  readonly programs: number;
}

export interface ProgramRow extends Spent {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly owners: readonly ProgramOwner[];
  /** `pipeline/probe` of a run of probepipe. */
  readonly probe?: string;
}

export interface Interval {
  readonly before: readonly KernelProgram[];
  readonly now: readonly KernelProgram[];
  readonly durationMs: number;
}

/** What was loaded in between counts from its beginning. */
function spentIn({ before, now, durationMs }: Interval): ReadonlyMap<number, Spent & { readonly of: KernelProgram }> {
  const earlier = new Map(before.map((each) => [each.id, each]));
  return new Map(
    now.map((program) => {
      const { runCount = 0n, runTimeNs = 0n } = earlier.get(program.id) ?? {};
      const spent = program.runTimeNs - runTimeNs;
      const cpuShare = shareOfCpu(spent, durationMs);
      return [
        program.id,
        { of: program, runs: Number(program.runCount - runCount), nanoseconds: Number(spent), cpuShare },
      ];
    }),
  );
}

export function probeRows(interval: Interval, runs: readonly RegisteredRun[]): ProbeRow[] {
  const spent = spentIn(interval);
  const rows = runs.flatMap(({ pid, pipelines }) =>
    pipelines.flatMap(({ name: pipeline, programs }) =>
      [...new Set(programs.map(({ probe }) => probe))].map((probe): ProbeRow => {
        const own = programs.filter((each) => each.probe === probe).flatMap(({ id }) => spent.get(id) ?? []);
        const sum = (value: (each: Spent) => number): number => own.reduce((total, each) => total + value(each), 0);
        return {
          pid,
          pipeline,
          probe,
          programs: own.length,
          runs: sum((each) => each.runs),
          nanoseconds: sum((each) => each.nanoseconds),
          cpuShare: sum((each) => each.cpuShare),
        };
      }),
    ),
  );
  return rows.sort(dearestFirst);
}

export function programRows(
  interval: Interval,
  runs: readonly RegisteredRun[],
  owners: ReadonlyMap<number, readonly ProgramOwner[]>,
): ProgramRow[] {
  const probes = new Map(
    runs.flatMap(({ pipelines }) =>
      pipelines.flatMap(({ name, programs }) => programs.map(({ id, probe }) => [id, `${name}/${probe}`] as const)),
    ),
  );
  return [...spentIn(interval).values()]
    .map(({ of: { id, type, name }, runs: count, nanoseconds, cpuShare }): ProgramRow => {
      const probe = probes.get(id);
      const row = { id, type, name, owners: owners.get(id) ?? [], runs: count, nanoseconds, cpuShare };
      return probe === undefined ? row : { ...row, probe };
    })
    .sort(dearestFirst);
}

/** Of equals those that run more often, so that rows do not change places without a reason. */
const dearestFirst = (a: Spent, b: Spent): number => b.cpuShare - a.cpuShare || b.runs - a.runs;

export function probeLines(rows: readonly ProbeRow[], seconds: number, width: number): string[] {
  const cells = rows.map((row) => [
    row.pipeline,
    row.probe,
    String(row.pid),
    String(row.programs),
    ...figures(row, seconds),
  ]);
  return fitting(
    alignedColumns(['pipeline', 'probe', 'pid', 'programs', ...figureNames], cells, new Set([0, 1]), width),
    width,
  );
}

export function programLines(rows: readonly ProgramRow[], seconds: number, width: number): string[] {
  const cells = rows.map((row) => [
    row.probe ?? (row.name === '' ? '-' : row.name),
    row.type,
    row.owners.map(({ pid, comm }) => `${comm}[${pid}]`).join(' '),
    String(row.id),
    ...figures(row, seconds),
  ]);
  return fitting(
    alignedColumns(['program', 'type', 'held by', 'id', ...figureNames], cells, new Set([0, 1, 2]), width),
    width,
  );
}

/** A line that goes on in the next row of a terminal would be drawn over wrongly. */
const fitting = (lines: Iterable<string>, width: number): string[] => [...lines].map((line) => cutTo(line, width));

const figureNames = ['runs/s', 'ns/run', 'of a CPU'];

function figures({ runs, nanoseconds, cpuShare }: Spent, seconds: number): readonly string[] {
  const perSecond = seconds <= 0 ? 0 : runs / seconds;
  return [
    perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0),
    runs === 0 ? '-' : (nanoseconds / runs).toFixed(0),
    `${(cpuShare * 100).toFixed(2)}%`,
  ];
}
