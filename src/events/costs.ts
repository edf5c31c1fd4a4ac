/**
 * What the probes of a run cost, as `--stats` tells it: hits, time and share of a CPU between two readings of the ledger. Times are the kernel's own, of all of a probe's BPF programs together: also of runs that
 * left at once because they were out of the run's scope, and of starts, which are no hits.
 */
import { alignedColumns } from './aligned-columns.js';
import { emittedOf, hitsOf, type ProbeLedger, type RunCosts, type RunLedger } from './ledger.js';

/** Of `nanoseconds` in a time of `durationMs`: 1 is the whole of one processor. */
export function shareOfCpu(nanoseconds: bigint, durationMs: number): number {
  return durationMs <= 0 ? 0 : Number(nanoseconds) / 1e6 / durationMs;
}

type Program = RunCosts['programs'][number];

const lossColumns: readonly (readonly [string, (probe: ProbeLedger) => bigint])[] = [
  ['sampled out', ({ counters }) => counters.sampledOut],
  ['rate limited', ({ counters }) => counters.rateLimited],
  ['ring full', ({ counters }) => counters.ringFull],
  ['map full', ({ counters }) => counters.mapFull],
  ['scratch busy', ({ counters }) => counters.scratchBusy],
  ['lost stacks', ({ counters }) => counters.lostStacks],
  ['missed', ({ missed }) => missed],
];

/** Lines without their ends: a row for each probe, and for what captures or follows for all of them, whose hits are its runs; with `verbose` one for each of its programs, and how full maps are. `before` is missing for what happened since the run began. */
export function costLines(
  now: RunLedger,
  {
    before,
    verbose,
    width,
  }: { readonly before?: RunLedger | undefined; readonly verbose: boolean; readonly width: number },
): string[] {
  const { programs = [], maps = [] } = now.costs ?? {};
  const durationMs = now.durationMs - (before?.durationMs ?? 0);
  const losses = lossColumns.map(([name, value]) => ({ name, of: since(now, before, value) }));
  const shown = losses.filter(({ of }) => now.probes.some((probe) => of(probe) > 0n));
  const hits = since(now, before, hitsOf);
  const events = since(now, before, emittedOf);
  const spent = programs.map((each) => spentSince(each, before));
  const programRows = (some: readonly Program[]) =>
    some.map((each) => [`  ${each.program}`, ...rates(each.runs, each.nanoseconds, durationMs)]);
  const rows = now.probes.flatMap((probe) => {
    const own = spent.filter(({ probe: name }) => name === probe.name);
    const row = [
      probe.name,
      ...rates(hits(probe), sum(own, 'nanoseconds'), durationMs),
      String(events(probe)),
      ...shown.map(({ of }) => String(of(probe))),
    ];
    if (!verbose) return [row];
    return [row, ...programRows(own)];
  });
  const probes = new Set(now.probes.map(({ name }) => name));
  for (const other of new Set(spent.map(({ probe }) => probe).filter((name) => !probes.has(name)))) {
    const own = spent.filter(({ probe }) => probe === other);
    rows.push([other, ...rates(sum(own, 'runs'), sum(own, 'nanoseconds'), durationMs)]);
    if (verbose) rows.push(...programRows(own));
  }
  const header = ['probe', 'hits', 'hits/s', 'ns/hit', 'of a CPU', 'events', ...shown.map(({ name }) => name)];
  const filled = maps.map(({ name, entries, maxEntries }) => [
    name,
    String(entries),
    String(maxEntries),
    percent(maxEntries === 0 ? 0 : entries / maxEntries, 1),
  ]);
  return [
    ...alignedColumns(header, rows, firstColumn, width),
    ...(filled.length === 0 ? [] : alignedColumns(['map', 'entries', 'of', 'full'], filled, firstColumn, width)),
  ];
}

const sum = (programs: readonly Program[], what: 'runs' | 'nanoseconds'): bigint =>
  programs.reduce((all, each) => all + each[what], 0n);

const firstColumn: ReadonlySet<number> = new Set([0]);

function since(now: RunLedger, before: RunLedger | undefined, value: (probe: ProbeLedger) => bigint) {
  const earlier = new Map((before?.probes ?? []).map((probe) => [probe.name, value(probe)]));
  const later = new Map(now.probes.map((probe) => [probe.name, value(probe)]));
  return ({ name }: ProbeLedger): bigint => (later.get(name) ?? 0n) - (earlier.get(name) ?? 0n);
}

function spentSince(program: Program, before: RunLedger | undefined): Program {
  const earlier = before?.costs?.programs.find((each) => each.program === program.program);
  return {
    ...program,
    runs: program.runs - (earlier?.runs ?? 0n),
    nanoseconds: program.nanoseconds - (earlier?.nanoseconds ?? 0n),
  };
}

/** How many, how many a second, nanoseconds of each, and the share of a processor. */
function rates(count: bigint, nanoseconds: bigint, durationMs: number): readonly string[] {
  const perSecond = durationMs <= 0 ? 0 : (Number(count) * 1000) / durationMs;
  return [
    String(count),
    perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0),
    count === 0n ? '-' : String((nanoseconds + count / 2n) / count),
    percent(shareOfCpu(nanoseconds, durationMs), 2),
  ];
}

const percent = (share: number, digits: number): string => `${(share * 100).toFixed(digits)}%`;
