/** The run's ledger as people read it at the end of a run, and as JSON for `--stats-file`. */

import { alignedColumns } from './aligned-columns.js';
import { shareOfCpu } from './costs.js';
import {
  droppedBy,
  emittedOf,
  hitsOf,
  imbalances,
  type LimitLedger,
  losses,
  type ProbeLedger,
  type RunLedger,
} from './ledger.js';

interface Column {
  readonly name: string;
  /** Shown even where it is zero for every probe. */
  readonly always?: boolean;
  value(probe: ProbeLedger): bigint;
}

const probeColumns: readonly Column[] = [
  { name: 'hits', always: true, value: hitsOf },
  { name: 'sampled out', value: ({ counters }) => counters.sampledOut },
  { name: 'filtered', value: ({ counters }) => counters.filtered },
  { name: 'emitted', value: emittedOf },
  { name: 'rate limited', value: ({ counters }) => counters.rateLimited },
  { name: 'ring full', value: ({ counters }) => counters.ringFull },
  { name: 'map full', value: ({ counters }) => counters.mapFull },
  { name: 'scratch busy', value: ({ counters }) => counters.scratchBusy },
  { name: 'missed', value: ({ missed }) => missed },
  { name: 'faulted reads', value: ({ counters }) => counters.faultedReads },
  { name: 'cut strings', value: ({ counters }) => counters.truncatedStrings },
  { name: 'empty stacks', value: ({ counters }) => counters.emptyStacks },
  { name: 'lost stacks', value: ({ counters }) => counters.lostStacks },
  { name: 'started', value: ({ counters }) => counters.started },
  { name: 'restarted', value: ({ counters }) => counters.restarted },
  { name: 'unmatched', value: ({ counters }) => counters.unmatched },
  { name: 'expired', value: ({ counters }) => counters.expired },
  { name: 'given up', value: ({ givenUp }) => givenUp ?? 0n },
  { name: 'in progress', value: ({ inProgress }) => BigInt(inProgress ?? 0) },
];

const firstColumn: ReadonlySet<number> = new Set([0]);

/** Lines for standard error, without their ends. Loss columns that are zero throughout are left out. */
export function ledgerLines(ledger: RunLedger, width: number): string[] {
  const lines: string[] = [];
  const shown = probeColumns.filter(
    ({ always, value }) => always === true || ledger.probes.some((probe) => value(probe) !== 0n),
  );
  lines.push(
    ...alignedColumns(
      ['probe', ...shown.map(({ name }) => name)],
      ledger.probes.map((probe) => [probe.name, ...shown.map(({ value }) => String(value(probe)))]),
      firstColumn,
      width,
    ),
  );
  if (ledger.sinks.length > 0) lines.push(...sinkLines(ledger, width));
  const { afterLimit = 0 } = ledger;
  if (afterLimit > 0) lines.push(`${afterLimit} emitted after the limit of --events, for no sink`);
  for (const [map, count] of ledger.evicted ?? [])
    if (count > 0n) lines.push(`map "${map}" evicted ${count} entries to make room for newer ones`);
  const blind = Object.entries(ledger.capture?.blind ?? {}).filter(([, count]) => count > 0);
  if (blind.length > 0) lines.push(`not told of: ${blind.map(([cause, count]) => `${cause}: ${count}`).join(', ')}`);
  lines.push(...propagationLines(ledger), ...limitLines(ledger), lossLine(ledger));
  for (const imbalance of imbalances(ledger)) lines.push(`does not add up: ${imbalance}`);
  return lines;
}

function sinkLines({ sinks }: RunLedger, width: number): Iterable<string> {
  const optional = [
    { name: 'waiting', value: (index: number) => sinks[index]?.waiting ?? 0 },
    { name: 'filtered', value: (index: number) => sinks[index]?.filtered ?? 0 },
    { name: 'replayed', value: (index: number) => sinks[index]?.replayed ?? 0 },
    { name: 'retries', value: (index: number) => sinks[index]?.retries ?? 0 },
  ].filter(({ value }) => sinks.some((_, index) => value(index) > 0));
  const dropping = sinks.some((sink) => droppedBy(sink) > 0);
  return alignedColumns(
    ['sink', 'delivered', ...optional.map(({ name }) => name), ...(dropping ? ['dropped', 'by cause'] : [])],
    sinks.map((sink, index) => [
      sink.name,
      String(sink.delivered),
      ...optional.map(({ value }) => String(value(index))),
      ...(dropping ? [String(droppedBy(sink)), causes(sink.dropped)] : []),
    ]),
    new Set([0, ...(dropping ? [3 + optional.length] : [])]),
    width,
  );
}

function causes(dropped: Readonly<Record<string, number>>): string {
  return Object.entries(dropped)
    .map(([cause, count]) => `${cause}: ${count}`)
    .join(', ');
}

function lossLine(ledger: RunLedger): string {
  const lost = losses(ledger);
  if (lost === 0n) return imbalances(ledger).length === 0 ? 'nothing lost' : 'no loss was counted';
  const where: string[] = [];
  for (const { name, counters, missed } of ledger.probes) {
    if (counters.ringFull > 0n) where.push(`${counters.ringFull} of "${name}" had no room in the ring buffer`);
    if (counters.mapFull > 0n) where.push(`${counters.mapFull} of "${name}" had no room in a map`);
    if (counters.scratchBusy > 0n) where.push(`${counters.scratchBusy} of "${name}" found no scratch memory free`);
    if (counters.lostStacks > 0n)
      where.push(`${counters.lostStacks} stacks of "${name}" had no room in the ring buffer`);
    if (missed > 0n) where.push(`${missed} of "${name}" were missed by the kernel`);
  }
  for (const sink of ledger.sinks)
    for (const [cause, count] of Object.entries(sink.dropped))
      if (count > 0) where.push(`${count} dropped by "${sink.name}" (${cause})`);
  const unkept = ledger.capture?.ringFull ?? 0n;
  if (unkept > 0n) where.push(`${unkept} pieces of connections had no room in the ring buffer`);
  if ((ledger.unkeptStacks ?? 0) > 0) where.push(`${ledger.unkeptStacks} stacks were more than are kept`);
  if ((ledger.malformed ?? 0) > 0) where.push(`${ledger.malformed} malformed records`);
  return `lost ${lost}: ${where.join(', ')}`;
}

/** One JSON document with a line end. Counts are integers of exact digits, also beyond 2^53. */
export function ledgerJson(ledger: RunLedger, pipeline: string): string {
  const probes = ledger.probes.map((probe) => {
    const { name, counters, received, missed } = probe;
    const { givenUp = 0n, inProgress = 0 } = probe;
    const figures = {
      hits: hitsOf(probe),
      emitted: emittedOf(probe),
      received,
      missed,
      ...counters,
      givenUp,
      inProgress,
    };
    const members = Object.entries(figures).map(([key, value]) => `"${key}": ${value}`);
    if (probe.limited !== undefined) members.push(`"limited": ${JSON.stringify(probe.limited)}`);
    return `    { "name": ${JSON.stringify(name)}, ${members.join(', ')} }`;
  });
  const sinks = ledger.sinks.map((sink) => `    ${JSON.stringify(sink)}`);
  return `{
  "pipeline": ${JSON.stringify(pipeline)},
  "durationMs": ${Math.round(ledger.durationMs)},
  "lost": ${losses(ledger)},
  "afterLimit": ${ledger.afterLimit ?? 0},
  "malformed": ${ledger.malformed ?? 0},
  "unkeptStacks": ${ledger.unkeptStacks ?? 0},
  "evicted": ${evictedJson(ledger)},
  "capture": ${captureJson(ledger)},
  "costs": ${costsJson(ledger)},
  "limited": ${JSON.stringify(ledger.limited ?? null)},
  "imbalances": ${JSON.stringify(imbalances(ledger))},
  "probes": [${list(probes)}],
  "sinks": [${list(sinks)}]
}
`;
}

function propagationLines({ capture }: RunLedger): string[] {
  if (capture?.propagated === undefined) return [];
  const { injected = 0n, ...others } = capture.propagated;
  const left = Object.entries(others).filter(([, count]) => count > 0n);
  const without =
    left.length === 0 ? '' : `; without: ${left.map(([cause, count]) => `${cause}: ${count}`).join(', ')}`;
  return [`given a traceparent: ${injected}${without}`];
}

function captureJson({ capture }: RunLedger): string {
  if (capture === undefined) return 'null';
  const { propagated } = capture;
  const counts = Object.entries(propagated ?? {}).map(([cause, count]) => `"${cause}": ${count}`);
  const given = propagated === undefined ? '' : `, "propagated": { ${counts.join(', ')} }`;
  return `{ "ringFull": ${capture.ringFull}, "open": ${capture.open}, "blind": ${JSON.stringify(capture.blind)}${given} }`;
}

function limitLines({ limited, probes, durationMs }: RunLedger): string[] {
  return [
    ...limitLine('the limit', limited, durationMs),
    ...probes.flatMap((probe) => limitLine(`the limit of "${probe.name}"`, probe.limited, durationMs)),
  ];
}

function limitLine(which: string, limited: LimitLedger | undefined, durationMs: number): string[] {
  if (limited === undefined || (limited.sampledMs === 0 && limited.detachedMs === 0)) return [];
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
  const times = limited.detachments === 1 ? 'once' : `${limited.detachments} times`;
  const detached = limited.detachments === 0 ? '' : `, was detached ${times} for ${seconds(limited.detachedMs)}`;
  return [`${which}: sampled for ${seconds(limited.sampledMs)}${detached}, of ${seconds(durationMs)}`];
}

function costsJson({ costs, durationMs }: RunLedger): string {
  if (costs === undefined) return 'null';
  const programs = costs.programs.map(
    ({ probe, program, runs, nanoseconds }) =>
      `{ "probe": ${JSON.stringify(probe)}, "program": ${JSON.stringify(program)}, "runs": ${runs}, "nanoseconds": ${nanoseconds}, "cpuShare": ${shareOfCpu(nanoseconds, durationMs)} }`,
  );
  return `{ "programs": [${programs.join(', ')}], "maps": ${JSON.stringify(costs.maps)} }`;
}

function evictedJson({ evicted = new Map() }: RunLedger): string {
  const members = [...evicted].map(([map, count]) => `${JSON.stringify(map)}: ${count}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '' : `\n${items.join(',\n')}\n  `;
}
