/**
 * The run's ledger: where every hit of every probe and every event of every sink went. The kernel counts in one map
 * (`counterNames` in compile/manifest.ts), the sinks count themselves; here the two are held against each other.
 */
import type { CounterName } from '../compile/manifest.js';

/** The cause of what is dropped since the reader of standard output has left. */
export const readerGone = 'reader gone';

/** offered + replayed = delivered + waiting + filtered + the sum of dropped, at every moment. Counts are events and map rows. */
export interface SinkLedger {
  readonly name: string;
  readonly offered: number;
  readonly delivered: number;
  readonly waiting: number;
  /** By cause: `buffer full`, `refused (400)`, `deadline`, `write failed (ENOSPC)`, … */
  readonly dropped: Readonly<Record<string, number>>;
  /** Requests or writes that were tried again. */
  readonly retries: number;
  /** What the sink's own `where` left out. */
  readonly filtered?: number;
  /** Events of an earlier run that its disk buffer held. */
  readonly replayed?: number;
}

/** How often it was detached, for how long, and for how long only some hits were taken; in milliseconds. */
export interface LimitLedger {
  readonly detachments: number;
  readonly sampledMs: number;
  readonly detachedMs: number;
}

export interface ProbeLedger {
  readonly name: string;
  /** Whether the probe has fields; without them nothing of it is ever received. */
  readonly emits: boolean;
  readonly counters: Readonly<Record<CounterName, bigint>>;
  /** Records read from the ring buffer, before any sink. */
  readonly received: number;
  /** Runs that the kernel itself left out (the program was already running on that CPU). */
  readonly missed: bigint;
  /** Starts without an end that were given up after their ttl. started = ends with a start + restarted + givenUp + inProgress. */
  readonly givenUp?: bigint;
  /** Starts that had not ended when the run did. */
  readonly inProgress?: number;
  /** How the probe was kept to its own limit, where it has one. */
  readonly limited?: LimitLedger;
}

export interface RunLedger {
  readonly probes: readonly ProbeLedger[];
  readonly sinks: readonly SinkLedger[];
  /** Entries that maps gave up to make room for newer ones, by name, for those that do. */
  readonly evicted?: ReadonlyMap<string, bigint>;
  /** Records that did not have the shape of any probe's; always 0 unless something is broken. */
  readonly malformed?: number;
  /** Stacks that the reader had no room for: what names them shows none. */
  readonly unkeptStacks?: number;
  /** Processes of the run's scope that were not followed, since too many were at once: their hits are missing. */
  readonly unfollowed?: bigint;
  /** Events that came after the limit of `--events`, before the programs stopped counting: received, and offered to no sink. */
  readonly afterLimit?: number;
  /** How the pipeline was kept to its limits, where it has some: what was sampled out for it is among the probes' `sampledOut`, and nothing counts what happened while they were detached. */
  readonly limited?: LimitLedger;
  /** What the programs cost and how full the maps are, where that is measured (`--stats`). */
  readonly costs?: RunCosts;
  /** Of probes of protocols. */
  readonly capture?: CaptureLedger;
  /** How long the programs counted: from when all were attached until the first was detached. */
  readonly durationMs: number;
}

/** By the kernel's own account of BPF programs. */
export interface RunCosts {
  readonly programs: readonly {
    readonly probe: string;
    readonly program: string;
    readonly runs: bigint;
    readonly nanoseconds: bigint;
  }[];
  readonly maps: readonly MapFill[];
}

/** How many entries a map had when it was read last. */
export interface MapFill {
  readonly name: string;
  readonly entries: number;
  readonly maxEntries: number;
}

/** What became of the bytes of connections. */
export interface CaptureLedger {
  /** Pieces of connections that had no room in the ring buffer: what they belonged to is missing, or is told of without its end. */
  readonly ringFull: bigint;
  /** What was there and could not be told of, by cause: see docs/http.md. */
  readonly blind: Readonly<Record<string, number>>;
  /** Connections that are followed still. */
  readonly open: number;
  /** With `propagate`: requests that were given a traceparent, and those and the connections that were not, by cause. */
  readonly propagated?: Readonly<Record<string, bigint>>;
}

/** How often the probe's program ran to an outcome. */
export function hitsOf(probe: ProbeLedger): bigint {
  const { sampledOut, filtered, passed, rateLimited, ringFull, unmatched, expired, scratchBusy } = probe.counters;
  return sampledOut + filtered + passed + rateLimited + ringFull + unmatched + expired + scratchBusy;
}

export function emittedOf(probe: ProbeLedger): bigint {
  return probe.emits ? probe.counters.passed : 0n;
}

export function droppedBy(sink: SinkLedger): number {
  let sum = 0;
  for (const count of Object.values(sink.dropped)) sum += count;
  return sum;
}

/** What does not add up, each as a sentence; empty when every event is accounted for. */
export function imbalances(ledger: RunLedger): string[] {
  const found: string[] = [];
  for (const probe of ledger.probes) {
    const emitted = emittedOf(probe);
    if (emitted !== BigInt(probe.received))
      found.push(`probe "${probe.name}" emitted ${emitted} events and ${probe.received} were received`);
  }
  for (const sink of ledger.sinks) {
    const accounted = sink.delivered + sink.waiting + (sink.filtered ?? 0) + droppedBy(sink);
    const given = sink.offered + (sink.replayed ?? 0);
    if (accounted !== given) found.push(`sink "${sink.name}" was given ${given} events and accounts for ${accounted}`);
  }
  if ((ledger.unfollowed ?? 0n) > 0n)
    found.push(`${ledger.unfollowed} processes were not followed, since too many ran at once`);
  if ((ledger.malformed ?? 0) > 0) found.push(`${ledger.malformed} records were malformed`);
  return found;
}

/**
 * Sinks that delivered nothing of what they were offered, though somebody wanted it: a reader that left (`| head`) has
 * what it wanted.
 */
export function failedSinks({ sinks }: RunLedger): readonly string[] {
  return sinks
    .filter(({ delivered, dropped }) => delivered === 0 && Object.keys(dropped).some((cause) => cause !== readerGone))
    .map(({ name }) => name);
}

/** Events and map rows that did not get where they should, of all causes; `filtered` and `unmatched` are no losses, and neither is what the pipeline asked to leave out. */
export function losses(ledger: RunLedger): bigint {
  let sum = BigInt(ledger.malformed ?? 0) + BigInt(ledger.unkeptStacks ?? 0) + (ledger.capture?.ringFull ?? 0n);
  for (const { counters, missed } of ledger.probes)
    sum += counters.ringFull + counters.mapFull + counters.scratchBusy + counters.lostStacks + missed;
  for (const sink of ledger.sinks) sum += BigInt(droppedBy(sink));
  return sum;
}
