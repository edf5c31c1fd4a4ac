/** One row of a map → the numbers of its metrics. What only grows are unsigned 64-bit words, which add up over rows and wrap as the kernel's own do; gauges are values on their own. */
import type { MapMetrics, Merge, Metric } from '../../compile/metrics/metric-plan.js';
import type { MapRow, RowValue } from '../../events/map-snapshot.js';
import type { UserValue } from '../../events/user-value.js';
import { joinedLabels, labelText } from './exposition.js';

/** Where a metric's words lie among all of a series; a gauge has none, but a place among the gauges. */
export interface MetricPlace {
  readonly metric: Metric;
  /** Of a counter one; of a summary its count and its sum; of a histogram one for each bucket, one for all above, and its sum where it is kept. */
  readonly start: number;
  readonly length: number;
  readonly gauge: number;
  /** Whether the sum of a summary may be below zero. */
  readonly signed: boolean;
}

export type GaugeValue = bigint | number | null;

export function placesOf({ map, metrics }: MapMetrics): readonly MetricPlace[] {
  let start = 0;
  let gauge = 0;
  return metrics.map((metric) => {
    const slot = 'value' in metric.source ? map.value[metric.source.value] : undefined;
    const length = wordsOf(metric);
    const place = { metric, start, length, gauge, signed: slot !== undefined && 'signed' in slot && slot.signed };
    start += length;
    if (length === 0) gauge++;
    return place;
  });
}

function wordsOf({ kind, buckets, summed }: Metric): number {
  if (kind === 'gauge') return 0;
  if (kind === 'counter') return 1;
  return kind === 'summary' ? 2 : buckets.length + (summed ? 2 : 1);
}

/** Adds the row's part of a metric to `words`. */
export function addWords({ metric, start }: MetricPlace, row: MapRow, words: BigUint64Array): void {
  const value = 'value' in metric.source ? row.values[metric.source.value] : undefined;
  if (value === undefined) return;
  const add = (index: number, amount: bigint): void => {
    words[start + index] = (words[start + index] ?? 0n) + amount;
  };
  if (value.kind === 'integer') add(0, value.value ?? 0n);
  else if (value.kind === 'average' || value.kind === 'stats') {
    add(0, value.count);
    add(1, value.sum);
  } else if (value.kind === 'histogram') {
    const { buckets } = metric;
    let at = 0;
    for (const { lt, count } of value.buckets) {
      while (at < buckets.length && (lt === undefined || (buckets[at]?.upTo ?? 0n) < lt - 1n)) at++;
      add(at, count);
    }
    if (metric.summed) add(buckets.length + 1, value.sum ?? 0n);
  }
}

/** `null`: there is nothing to show. */
export function gaugeOf({ source }: Metric, row: MapRow): GaugeValue {
  if ('column' in source) {
    const value = row.columns[source.column] ?? null;
    return typeof value === 'boolean' ? BigInt(value) : typeof value === 'string' ? null : value;
  }
  const value = row.values[source.value];
  if (value === undefined) return null;
  if (value.kind === 'stats') return source.part === 'min' ? value.min : value.max;
  if (value.kind === 'integer') return value.value;
  return value.kind === 'plain' ? number(value.value) : null;
}

function number(value: UserValue): GaugeValue {
  if (typeof value === 'number' || typeof value === 'boolean') return BigInt(value);
  return typeof value === 'bigint' ? value : null;
}

export function mergedGauge(a: GaugeValue, b: GaugeValue, merge: Merge): GaugeValue {
  if (a === null || b === null) return a ?? b;
  if (merge === 'min') return a < b ? a : b;
  if (merge === 'max') return a > b ? a : b;
  if (merge === 'none') return b;
  return typeof a === 'bigint' && typeof b === 'bigint' ? a + b : Number(a) + Number(b);
}

/** The labels of the row's series: equal ones are one series. */
export function seriesLabels({ labels }: MapMetrics, row: MapRow): string {
  return joinedLabels(
    ...labels.map(({ name, from, index }) => {
      if (from === 'key') return labelText(name, valueText(row.keys[index] ?? null));
      if (from === 'column') return labelText(name, valueText(row.columns[index] ?? null));
      return labelText(name, textOf(row.values[index]));
    }),
  );
}

const textOf = (value: RowValue | undefined): string => (value?.kind === 'plain' ? valueText(value.value) : '');

/** A value as a label. */
export function valueText(value: UserValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? value.join(';') : String(value);
}
