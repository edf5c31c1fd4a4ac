/**
 * Which buckets of a histogram a metric has. They are the same in every scrape and for every series, since a bucket that comes later spoils the quantiles of the time before. The kernel's buckets between two
 * bounds are kept as they are; what is below them is in the first, what is above only in `+Inf`.
 */
import type { AggregateSlot } from '../manifest.js';
import type { MetricUnit } from './metric-units.js';

/** In the metric's own unit. */
export interface BucketRange {
  readonly min?: number;
  readonly max?: number;
}

export interface MetricBucket {
  /** The largest integer of the kernel's that is in it or below. */
  readonly upTo: bigint;
  /** The bound in the metric's unit. */
  readonly le: number;
}

const largest = 64;

/** None for what is no histogram. The one without a bound, `+Inf`, is not among them. */
export function bucketsOf(slot: AggregateSlot, unit: MetricUnit, range: BucketRange): readonly MetricBucket[] {
  if (slot.aggregation === 'lhist') return linear(slot, unit);
  if (slot.aggregation === 'bhist') return slot.bounds.map((bound) => asWritten(BigInt(bound), unit));
  return slot.aggregation === 'hist' ? powers(slot.signed, unit, range) : [];
}

/** From a microsecond to half a minute, a byte to a gibibyte, 0 to a million. */
function defaultRange({ suffix }: MetricUnit): { readonly min: number; readonly max: number } {
  if (suffix === 'seconds') return { min: 1e-6, max: 30 };
  return suffix === 'bytes' ? { min: 1, max: 2 ** 30 } : { min: 0, max: 2 ** 20 - 1 };
}

function powers(signed: boolean, unit: MetricUnit, range: BucketRange): MetricBucket[] {
  const { min, max } = { ...defaultRange(unit), ...range };
  const buckets: MetricBucket[] = [];
  if (signed) {
    // Negative ones are mirrored: -1, then -3 to -2. The largest of each is -(2^n).
    for (let power = largest - 2; power > 0; power--) {
      const bucket = bounded(-(1n << BigInt(power)), unit);
      if (min < 0 && bucket.le >= min) buckets.push(bucket);
    }
    buckets.push(bounded(-1n, unit));
  }
  for (let power = 0; power < largest; power++) {
    const bucket = bounded((1n << BigInt(power)) - 1n, unit);
    // 4 KiB is where the bucket up to 4095 bytes ends; of what is counted 3 is the last of the bucket up to 3.
    const end = unit.suffix === 'bytes' ? bucket.le + 1 : bucket.le;
    if (end < min) continue;
    buckets.push(bucket);
    if (end >= max) break;
  }
  return buckets;
}

function linear(slot: Extract<AggregateSlot, { aggregation: 'lhist' }>, unit: MetricUnit): MetricBucket[] {
  const [min, max, step] = [BigInt(slot.min), BigInt(slot.max), BigInt(slot.step)];
  const buckets: MetricBucket[] = [];
  for (let end = min; end < max; end += step) buckets.push(bounded(end - 1n, unit));
  return [...buckets, bounded(max - 1n, unit)];
}

/** Its author chose what it holds at most. */
function asWritten(upTo: bigint, unit: MetricUnit): MetricBucket {
  return { upTo, le: Number(upTo * unit.multiply) / 10 ** unit.digits };
}

/**
 * Times go on between two integers: 3 stands for all from 3 to 4, so the bound of what holds 3 at most is 4. Of numbers and sizes there is nothing between.
 */
function bounded(upTo: bigint, unit: MetricUnit): MetricBucket {
  const next = (upTo + 1n) * unit.multiply;
  return { upTo, le: Number(unit.suffix === 'seconds' ? next : next - 1n) / 10 ** unit.digits };
}
