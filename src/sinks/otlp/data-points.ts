/**
 * Snapshots of maps as data points of metrics, each an item by itself. Counters and histograms of a map that is `reset`
 * are deltas from reading to reading, those of others cumulative since the run began. A `hist` is an exponential histogram
 * of scale 0: the kernel's own powers of two, in the unit it counted.
 */
import type { AggregateSlot, MapManifest } from '../../compile/manifest.js';
import { type MapMetrics, type Metric, metricsOf } from '../../compile/metrics/metric-plan.js';
import { type EncodedEvents, joinedLines } from '../../events/encoding.js';
import { linearSteps } from '../../events/histogram.js';
import type { MapRow, MapSnapshot, RowValue } from '../../events/map-snapshot.js';
import type { UserValue } from '../../events/user-value.js';
import { type GaugeValue, gaugeOf } from '../prometheus/row-values.js';
import { anyValue } from './attributes.js';
import { pointKey } from './item.js';
import { cumulative, delta, jsonForm, type KeyValue } from './messages.js';

/** As OTLP's JSON has it; all numbers of 64 bits are texts. */
export interface DataPoint {
  readonly attributes: readonly KeyValue[];
  readonly timeUnixNano: string;
  readonly [field: string]: unknown;
}

export interface PointItem {
  readonly metric: { readonly name: string; readonly description: string; readonly unit: string };
  readonly kind: 'sum' | 'gauge' | 'histogram' | 'exponentialHistogram';
  /** Beside the data points. */
  readonly traits: { readonly aggregationTemporality?: number; readonly isMonotonic?: boolean };
  readonly point: DataPoint;
}

type Shaped = Pick<PointItem, 'kind' | 'traits'> & { readonly part: string; readonly fields: Record<string, unknown> };

/** Items of one chunk. */
const chunk = 2000;

export class DataPoints {
  readonly #pipeline: { readonly name: string; readonly description: string };
  readonly #plans = new Map<string, MapMetrics>();
  /** Since when the next reading counts, of each map, nanoseconds since 1970. */
  readonly #since = new Map<string, bigint>();
  readonly #start: bigint;

  /** `start`: when the run began, nanoseconds since 1970. */
  constructor(pipeline: { readonly name: string; readonly description: string }, start: bigint) {
    this.#pipeline = pipeline;
    this.#start = start;
  }

  *items(snapshot: MapSnapshot): Generator<EncodedEvents> {
    const { map, moment } = snapshot;
    const plan = this.#planOf(map);
    const since = this.#since.get(map.name) ?? this.#start;
    if (map.reset) this.#since.set(map.name, moment.time);
    let lines: Buffer[] = [];
    for (const row of snapshot.rows()) {
      for (const item of this.#rowItems(plan, row, since, snapshot))
        lines.push(Buffer.from(`${JSON.stringify({ [pointKey]: item })}\n`));
      if (lines.length >= chunk) {
        yield joinedLines(lines);
        lines = [];
      }
    }
    if (lines.length > 0) yield joinedLines(lines);
  }

  *#rowItems({ map, labels, metrics }: MapMetrics, row: MapRow, since: bigint, { moment }: MapSnapshot) {
    const attributes = labels.flatMap(({ name, from, index }) => {
      const value =
        from === 'value' ? plainValue(row.values[index]) : from === 'key' ? row.keys[index] : row.columns[index];
      return keyed(name, value ?? null);
    });
    const times = { startTimeUnixNano: String(since), timeUnixNano: String(moment.time) };
    for (const metric of metrics)
      for (const { part, fields, kind, traits } of shapes(metric, map, row, moment.clockOffset)) {
        const item: PointItem = {
          metric: {
            name: `probepipe.${this.#pipeline.name}.${metric.path}${part === '' ? '' : `.${part}`}`,
            description: metric.help,
            unit: unitOf(metric),
          },
          kind,
          traits: kind === 'gauge' ? {} : { ...traits, aggregationTemporality: map.reset ? delta : cumulative },
          point: { attributes, ...times, ...fields },
        };
        yield item;
      }
  }

  #planOf(map: MapManifest): MapMetrics {
    let plan = this.#plans.get(map.name);
    if (plan === undefined) {
      plan = metricsOf({ map, pipeline: this.#pipeline, options: { metrics: new Map() } });
      this.#plans.set(map.name, plan);
    }
    return plan;
  }
}

/** The numbers are the kernel's own, not Prometheus' base units. */
function unitOf({ unit }: Metric): string {
  return unit.suffix === 'seconds' || unit.suffix === 'timestamp_seconds' ? 'ns' : '';
}

function* shapes(metric: Metric, map: MapManifest, row: MapRow, clockOffset: bigint): Generator<Shaped> {
  if (metric.kind === 'gauge' && !isSignedSum(metric, map)) {
    const number = numberFields(gaugeOf(metric, row), metric.timestamp ? clockOffset : 0n);
    const part = 'part' in metric.source && metric.source.part !== 'value' ? metric.source.part : '';
    if (number !== undefined) yield { part, kind: 'gauge', traits: {}, fields: number };
    return;
  }
  const index = 'value' in metric.source ? metric.source.value : -1;
  const [value, slot] = [row.values[index], map.value[index]];
  if (value === undefined || slot === undefined) return;
  if (value.kind === 'integer') yield sum('', value.value ?? 0n, metric.kind !== 'gauge');
  else if (value.kind === 'histogram') yield histogram(slot, value);
  else if (value.kind === 'average' || value.kind === 'stats') yield* summary(slot, value);
}

const isSignedSum = (metric: Metric, { value }: MapManifest): boolean =>
  'value' in metric.source && value[metric.source.value]?.aggregation === 'sum';

function sum(part: string, value: bigint, isMonotonic: boolean): Shaped {
  return { part, kind: 'sum', traits: { isMonotonic }, fields: { asInt: String(BigInt.asIntN(64, value)) } };
}

/** A histogram without buckets has a count and a sum; where numbers may be negative it must not have a sum. */
function* summary(slot: AggregateSlot, value: Extract<RowValue, { kind: 'average' | 'stats' }>): Generator<Shaped> {
  if ('signed' in slot && slot.signed) {
    yield sum('count', value.count, true);
    yield sum('sum', value.sum, false);
    return;
  }
  const fields = { count: String(value.count), sum: Number(value.sum) };
  yield { part: '', kind: 'histogram', traits: {}, fields };
}

function histogram(slot: AggregateSlot, { buckets, count }: Extract<RowValue, { kind: 'histogram' }>): Shaped {
  if (slot.aggregation === 'lhist') {
    const [min, max, step] = [BigInt(slot.min), BigInt(slot.max), BigInt(slot.step)];
    const bounds = Array.from({ length: linearSteps(slot) + 1 }, (_, index) => {
      const bound = min + step * BigInt(index);
      return bound < max ? bound : max;
    });
    const counts = bounds.map(() => 0n).concat(0n);
    for (const { ge, count: held } of buckets) {
      const at = ge === undefined ? 0 : bounds.indexOf(ge) + 1;
      counts[at] = (counts[at] ?? 0n) + held;
    }
    // OTLP's buckets hold their upper bound, the kernel's do not: of whole numbers the largest within is one less.
    const fields = {
      count: String(count),
      bucketCounts: counts.map(String),
      explicitBounds: bounds.map((bound) => Number(bound - 1n)),
    };
    return { part: '', kind: 'histogram', traits: {}, fields };
  }
  let zeroCount = 0n;
  const [positive, negative] = [new Map<number, bigint>(), new Map<number, bigint>()];
  for (const { ge, lt, count: held } of buckets) {
    if (ge === 0n) zeroCount += held;
    else if (ge !== undefined && ge > 0n) positive.set(powerOf(ge), held);
    else if (lt !== undefined) negative.set(powerOf(1n - lt), held);
  }
  const fields = {
    count: String(count),
    scale: 0,
    zeroCount: String(zeroCount),
    positive: powerCounts(positive),
    negative: powerCounts(negative),
  };
  return { part: '', kind: 'exponentialHistogram', traits: {}, fields };
}

/** Of a power of two. */
const powerOf = (value: bigint): number => value.toString(2).length - 1;

/** Without holes from the first to the last. */
function powerCounts(counts: ReadonlyMap<number, bigint>): { offset: number; bucketCounts: string[] } {
  if (counts.size === 0) return { offset: 0, bucketCounts: [] };
  const offset = Math.min(...counts.keys());
  const length = Math.max(...counts.keys()) - offset + 1;
  return { offset, bucketCounts: Array.from({ length }, (_, index) => String(counts.get(offset + index) ?? 0n)) };
}

function numberFields(value: GaugeValue, offset: bigint): Record<string, unknown> | undefined {
  if (value === null) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? { asDouble: value } : undefined;
  return { asInt: String(BigInt.asIntN(64, value + offset)) };
}

function plainValue(value: RowValue | undefined): UserValue {
  return value?.kind === 'plain' ? value.value : null;
}

function keyed(key: string, value: UserValue): KeyValue[] {
  const made = anyValue(typeof value === 'bigint' ? { integer: String(value) } : value, jsonForm);
  return made === undefined ? [] : [{ key, value: made }];
}
