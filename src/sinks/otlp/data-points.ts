/**
 * Snapshots of maps as data points of metrics, each an item by itself. Counters and histograms of a map that is `reset`
 * are deltas from reading to reading, those of others cumulative since the run began. A `hist` is an exponential histogram
 * of scale 0: the kernel's own powers of two, in the unit it counted.
 */
import type { AggregateSlot, MapManifest } from '../../compile/manifest.js';
import { type MapMetrics, type Metric, metricsOf } from '../../compile/metrics/metric-plan.js';
import { inUnit } from '../../compile/metrics/metric-units.js';
import {
  digitsOf,
  type OtlpMetric,
  type OtlpMetrics,
  otlpMetric,
  sharedOptions,
} from '../../compile/metrics/otlp-metrics.js';
import { type EncodedEvents, joinedLines } from '../../events/encoding.js';
import { linearSteps } from '../../events/histogram.js';
import type { MapRow, MapSnapshot, RowValue } from '../../events/map-snapshot.js';
import { type GaugeValue, gaugeOf } from '../prometheus/row-values.js';
import { pointKey } from './item.js';
import { cumulative, delta, type KeyValue } from './messages.js';
import { type RowAttributes, rowAttributes } from './row-attributes.js';

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
  /** What is of its resource; missing for none. */
  readonly resource?: readonly KeyValue[];
}

type Shaped = Pick<PointItem, 'kind' | 'traits'> & { readonly part: string; readonly fields: Record<string, unknown> };

/** Of one map. */
interface Plan {
  readonly plan: MapMetrics;
  /** For each of its metrics. */
  readonly options: readonly OtlpMetric[];
  readonly attributes: (row: MapRow) => RowAttributes;
}

/** Items of one chunk. */
const chunk = 2000;

export class DataPoints {
  readonly #pipeline: { readonly name: string; readonly description: string };
  readonly #metrics: OtlpMetrics;
  readonly #plans = new Map<string, Plan>();
  /** Since when the next reading counts, of each map, nanoseconds since 1970. */
  readonly #since = new Map<string, bigint>();
  readonly #start: bigint;

  /** `start`: when the run began, nanoseconds since 1970. */
  constructor(pipeline: { readonly name: string; readonly description: string }, start: bigint, metrics: OtlpMetrics) {
    this.#pipeline = pipeline;
    this.#metrics = metrics;
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

  *#rowItems({ plan, attributes, options }: Plan, row: MapRow, since: bigint, { moment }: MapSnapshot) {
    const { map, metrics } = plan;
    const { point, resource } = attributes(row);
    const times = { startTimeUnixNano: String(since), timeUnixNano: String(moment.time) };
    for (const [index, metric] of metrics.entries()) {
      const given = options[index] ?? noOptions;
      const name = given.name ?? `probepipe.${this.#pipeline.name}.${metric.path}`;
      for (const { part, fields, kind, traits } of shapes(
        metric,
        { map, digits: digitsFor(metric, given) },
        row,
        moment.clockOffset,
      )) {
        const item: PointItem = {
          metric: {
            name: `${name}${part === '' ? '' : `.${part}`}`,
            description: metric.help,
            unit: given.unit ?? (isTime(metric) ? 'ns' : ''),
          },
          kind,
          traits: kind === 'gauge' ? {} : { ...traits, aggregationTemporality: map.reset ? delta : cumulative },
          point: { attributes: point, ...times, ...fields },
          ...(resource.length === 0 ? {} : { resource }),
        };
        yield item;
      }
    }
  }

  #planOf(map: MapManifest): Plan {
    let held = this.#plans.get(map.name);
    if (held === undefined) {
      const plan = metricsOf({ map, pipeline: this.#pipeline, options: sharedOptions(this.#metrics) });
      const options = plan.metrics.map(({ path }) => otlpMetric(path, this.#metrics));
      held = { plan, options, attributes: rowAttributes(plan, otlpMetric(map.name, this.#metrics).attributes) };
      this.#plans.set(map.name, held);
    }
    return held;
  }
}

const noOptions: OtlpMetric = { attributes: new Map() };

/** Numbers are the kernel's own, not Prometheus' base units, unless the sink says otherwise. */
const isTime = ({ unit }: Metric): boolean => unit.suffix === 'seconds' || unit.suffix === 'timestamp_seconds';
const digitsFor = (metric: Metric, { unit }: OtlpMetric): number => (isTime(metric) ? digitsOf(unit) : 0);

/** What numbers are divided by, exactly, before they become doubles. */
const scaled = (value: bigint, digits: number): number => Number(inUnit(value, { suffix: '', multiply: 1n, digits }));

interface Held {
  readonly map: MapManifest;
  /** Numbers are divided by 10 to this power. */
  readonly digits: number;
}

function* shapes(metric: Metric, { map, digits }: Held, row: MapRow, clockOffset: bigint): Generator<Shaped> {
  if (metric.kind === 'gauge' && !isSignedSum(metric, map)) {
    const number = numberFields(gaugeOf(metric, row), metric.timestamp ? clockOffset : 0n, digits);
    const part = 'part' in metric.source && metric.source.part !== 'value' ? metric.source.part : '';
    if (number !== undefined) yield { part, kind: 'gauge', traits: {}, fields: number };
    return;
  }
  const index = 'value' in metric.source ? metric.source.value : -1;
  const [value, slot] = [row.values[index], map.value[index]];
  if (value === undefined || slot === undefined) return;
  if (value.kind === 'integer') yield sum('', value.value ?? 0n, metric.kind !== 'gauge', digits);
  else if (value.kind === 'histogram') yield histogram(slot, value, digits);
  else if (value.kind === 'average' || value.kind === 'stats') yield* summary(slot, value, digits);
}

const isSignedSum = (metric: Metric, { value }: MapManifest): boolean =>
  'value' in metric.source && value[metric.source.value]?.aggregation === 'sum';

function sum(part: string, value: bigint, isMonotonic: boolean, digits = 0): Shaped {
  return { part, kind: 'sum', traits: { isMonotonic }, fields: number(BigInt.asIntN(64, value), digits) };
}

/** A histogram without buckets has a count and a sum; where numbers may be negative it must not have a sum. */
function* summary(
  slot: AggregateSlot,
  value: Extract<RowValue, { kind: 'average' | 'stats' }>,
  digits: number,
): Generator<Shaped> {
  if ('signed' in slot && slot.signed) {
    yield sum('count', value.count, true);
    yield sum('sum', value.sum, false, digits);
    return;
  }
  const fields = { count: String(value.count), sum: scaled(value.sum, digits) };
  yield { part: '', kind: 'histogram', traits: {}, fields };
}

function histogram(slot: AggregateSlot, value: Extract<RowValue, { kind: 'histogram' }>, digits: number): Shaped {
  const { buckets, count } = value;
  if (slot.aggregation === 'bhist') {
    const bounds = slot.bounds.map(BigInt);
    const counts = bounds.map(() => 0n).concat(0n);
    for (const { lt, count: held } of buckets)
      counts[lt === undefined ? bounds.length : bounds.indexOf(lt - 1n)] = held;
    const fields = {
      count: String(count),
      // Of numbers that may be negative there must be none.
      ...(slot.signed ? {} : { sum: scaled(value.sum ?? 0n, digits) }),
      bucketCounts: counts.map(String),
      explicitBounds: bounds.map((bound) => scaled(bound, digits)),
    };
    return { part: '', kind: 'histogram', traits: {}, fields };
  }
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
    // OTLP's buckets hold their upper bound, the kernel's do not: of whole numbers the largest within is one less. Of times in other units there is no such.
    const fields = {
      count: String(count),
      bucketCounts: counts.map(String),
      explicitBounds: bounds.map((bound) => (digits === 0 ? Number(bound - 1n) : scaled(bound, digits))),
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

function numberFields(value: GaugeValue, offset: bigint, digits: number): Record<string, unknown> | undefined {
  if (value === null) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? { asDouble: value / 10 ** digits } : undefined;
  return number(BigInt.asIntN(64, value + offset), digits);
}

const number = (value: bigint, digits: number): Record<string, unknown> =>
  digits === 0 ? { asInt: String(value) } : { asDouble: scaled(value, digits) };
