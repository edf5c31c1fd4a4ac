/** probepipe's own metrics: the ledger of probes and sinks, how full maps are, and how long it takes to read them. What a run prints at its end, while it goes on. */
import type { EngineFamily } from '../../compile/metrics/engine-families.js';
import { inUnit, unitNamed } from '../../compile/metrics/metric-units.js';
import type { LimitLedger, ProbeLedger, RunLedger } from '../../events/ledger.js';
import type { RunReadings } from '../sink.js';
import { type Family, joinedLabels, labelText, numberText, type Sample } from './exposition.js';

/** Of one map that the sink reads. */
export interface MapReading {
  readonly map: string;
  readonly entries: number;
  readonly maxEntries: number;
  readonly series: number;
  readonly seriesLimit: number;
  readonly overflowed: number;
  readonly readMs: number;
  readonly failures: number;
}

export interface EngineState {
  readonly pipeline: string;
  readonly ledger: RunLedger;
  readonly programTimes: ReturnType<RunReadings['programTimes']>;
  readonly maps: readonly MapReading[];
}

/** Each run of a probe's program ends in one of these. */
const outcomes = [
  ['passed', 'passed'],
  ['filtered', 'filtered'],
  ['sampled_out', 'sampledOut'],
  ['rate_limited', 'rateLimited'],
  ['ring_full', 'ringFull'],
  ['unmatched', 'unmatched'],
  ['expired', 'expired'],
  ['scratch_busy', 'scratchBusy'],
] as const;

type MakeFamily = (
  name: EngineFamily,
  kind: 'counter' | 'gauge',
  help: string,
  values: readonly (readonly [labels: string, value: string])[],
) => Family;

/** Only where there are limits. Those of a probe have its name. */
function ofLimits({ limited, probes }: RunLedger, family: MakeFamily): Family[] {
  const all = [
    ...(limited === undefined ? [] : [{ labels: '', limit: limited }]),
    ...probes.flatMap(({ name, limited: limit }) =>
      limit === undefined ? [] : [{ labels: labelText('probe', name), limit }],
    ),
  ];
  if (all.length === 0) return [];
  const seconds = (milliseconds: number): string => numberText(Math.round(milliseconds) / 1000);
  const counter = (name: EngineFamily, help: string, value: (limit: LimitLedger) => string): Family =>
    family(
      name,
      'counter',
      help,
      all.map(({ labels, limit }) => [labels, value(limit)]),
    );
  return [
    counter(
      'probepipe_limit_detachments',
      'How often the pipeline, or a probe, was detached to keep to its limit.',
      ({ detachments }) => String(detachments),
    ),
    counter(
      'probepipe_limit_sampled_seconds',
      'How long only some hits were taken to keep to the limit.',
      ({ sampledMs }) => seconds(sampledMs),
    ),
    counter(
      'probepipe_limit_detached_seconds',
      'How long the pipeline, or a probe, was detached to keep to its limit.',
      ({ detachedMs }) => seconds(detachedMs),
    ),
  ];
}

/** Of a pipeline with `http:` probes. */
function ofCapture(capture: RunLedger['capture'], family: MakeFamily): Family[] {
  if (capture === undefined) return [];
  return [
    family('probepipe_capture_ring_full', 'counter', 'Pieces of connections that had no room in the ring buffer.', [
      ['', String(capture.ringFull)],
    ]),
    family(
      'probepipe_capture_unseen',
      'counter',
      'What http probes could not tell of, by cause.',
      Object.entries(capture.blind).map(([cause, count]) => [labelText('cause', cause), String(count)]),
    ),
    family('probepipe_capture_connections', 'gauge', 'Connections that are followed.', [['', String(capture.open)]]),
  ];
}

export function engineMetrics({ pipeline, ledger, programTimes, maps }: EngineState): Family[] {
  const own = labelText('pipeline', pipeline);
  const family: MakeFamily = (
    name: EngineFamily,
    kind: 'counter' | 'gauge',
    help: string,
    values: readonly (readonly [labels: string, value: string])[],
  ): Family => {
    const samples = values.map(
      ([labels, value]): Sample => ({
        suffix: kind === 'counter' ? '_total' : '',
        labels: joinedLabels(own, labels),
        value,
      }),
    );
    return { name, kind, help, unit: name.endsWith('_seconds') ? 'seconds' : '', samples };
  };
  const ofProbes = (name: EngineFamily, help: string, value: (probe: ProbeLedger) => bigint | number): Family =>
    family(
      name,
      'counter',
      help,
      ledger.probes.map((probe) => [labelText('probe', probe.name), String(value(probe))]),
    );
  const ofSinks = (
    name: EngineFamily,
    kind: 'counter' | 'gauge',
    help: string,
    value: (sink: RunLedger['sinks'][number]) => number,
  ): Family =>
    family(
      name,
      kind,
      help,
      ledger.sinks.map((sink) => [labelText('sink', sink.name), String(value(sink))]),
    );
  const ofMaps = (
    name: EngineFamily,
    kind: 'counter' | 'gauge',
    help: string,
    value: (map: MapReading) => number,
  ): Family =>
    family(
      name,
      kind,
      help,
      maps.map((each) => [labelText('map', each.map), numberText(value(each))]),
    );
  const timed = programTimes.filter(({ runs }) => runs > 0n);
  return [
    family('probepipe_run_seconds', 'gauge', 'How long the probes have counted.', [
      ['', numberText(Math.round(ledger.durationMs) / 1000)],
    ]),
    family(
      'probepipe_probe_outcomes',
      'counter',
      'Hits of a probe by what became of them; their sum is all hits.',
      ledger.probes.flatMap(({ name, counters }) =>
        outcomes.map(
          ([outcome, counter]) =>
            [joinedLabels(labelText('probe', name), labelText('outcome', outcome)), String(counters[counter])] as const,
        ),
      ),
    ),
    ofProbes(
      'probepipe_probe_events_received',
      'Events of a probe that were read from the kernel.',
      (each) => each.received,
    ),
    ofProbes('probepipe_probe_missed', 'Hits that the kernel itself left out.', (each) => each.missed),
    ofProbes(
      'probepipe_probe_map_full',
      'Updates of maps, or starts, that had no room.',
      (each) => each.counters.mapFull,
    ),
    ofProbes(
      'probepipe_probe_faulted_reads',
      'Reads of memory that was not there.',
      (each) => each.counters.faultedReads,
    ),
    ofProbes('probepipe_probe_truncated_strings', 'Texts that were cut.', (each) => each.counters.truncatedStrings),
    ofProbes('probepipe_probe_empty_stacks', 'Stacks without frames.', (each) => each.counters.emptyStacks),
    ofProbes('probepipe_probe_lost_stacks', 'Stacks whose frames had no room.', (each) => each.counters.lostStacks),
    ofProbes('probepipe_probe_started', 'Starts of a pair or call.', (each) => each.counters.started),
    ofProbes(
      'probepipe_probe_restarted',
      'Starts that replaced one that had not ended.',
      (each) => each.counters.restarted,
    ),
    ofProbes('probepipe_probe_given_up', 'Starts that were given up after their ttl.', (each) => each.givenUp ?? 0n),
    family(
      'probepipe_probe_program_runs',
      'counter',
      'Runs of a probe’s programs, while the kernel accounts for it (run --stats, limits).',
      timed.map(({ probe, runs }) => [labelText('probe', probe), String(runs)]),
    ),
    family(
      'probepipe_probe_program_seconds',
      'counter',
      'Time in a probe’s programs, while the kernel accounts for it (run --stats, limits).',
      timed.map(({ probe, nanoseconds }) => [labelText('probe', probe), inUnit(nanoseconds, unitNamed('ns'))]),
    ),
    ...ofLimits(ledger, family),
    ...ofCapture(ledger.capture, family),
    ofSinks(
      'probepipe_sink_offered',
      'counter',
      'Events and rows of maps that a sink was given.',
      (each) => each.offered,
    ),
    ofSinks(
      'probepipe_sink_delivered',
      'counter',
      'Events and rows of maps that a sink delivered.',
      (each) => each.delivered,
    ),
    ofSinks(
      'probepipe_sink_filtered',
      'counter',
      'Events that a sink’s own condition left out.',
      (each) => each.filtered ?? 0,
    ),
    ofSinks('probepipe_sink_waiting', 'gauge', 'Events and rows of maps that wait in a sink.', (each) => each.waiting),
    family(
      'probepipe_sink_dropped',
      'counter',
      'Events and rows of maps that a sink dropped, by cause.',
      ledger.sinks.flatMap(({ name, dropped }) =>
        Object.entries(dropped).map(
          ([cause, count]) =>
            [joinedLabels(labelText('sink', name), labelText('cause', cause)), String(count)] as const,
        ),
      ),
    ),
    ofSinks(
      'probepipe_sink_retries',
      'counter',
      'Requests or writes of a sink that were tried again.',
      (each) => each.retries,
    ),
    ofMaps('probepipe_map_entries', 'gauge', 'Entries of a map.', (each) => each.entries),
    ofMaps('probepipe_map_max_entries', 'gauge', 'The most entries that a map holds.', (each) => each.maxEntries),
    ofMaps('probepipe_map_series', 'gauge', 'Label sets that are shown of a map.', (each) => each.series),
    ofMaps(
      'probepipe_map_series_limit',
      'gauge',
      'The most label sets that are shown of a map.',
      (each) => each.seriesLimit,
    ),
    ofMaps(
      'probepipe_map_overflowed_entries',
      'gauge',
      'Entries of a map beyond the limit, added up in the series with probepipe_overflow.',
      (each) => each.overflowed,
    ),
    ofMaps(
      'probepipe_map_read_seconds',
      'gauge',
      'How long the last reading of a map took.',
      (each) => each.readMs / 1000,
    ),
    ofMaps('probepipe_map_read_failures', 'counter', 'Readings of a map that failed.', (each) => each.failures),
  ];
}
