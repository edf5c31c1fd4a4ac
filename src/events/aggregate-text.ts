/** Aggregated values as JSON, as CSV values and as table text. */
import type { Presentation } from '../compile/manifest.js';
import type { AggregateValue } from './aggregate.js';
import type { Bucket } from './histogram.js';
import { durationText, significant } from './human-units.js';
import { errnoName, signalName } from './system-names.js';
import { exact, hexText, jsonText, type UserValue } from './user-value.js';
import { wallClockText } from './wall-clock.js';

/** An integer with a meaning, as machine formats have it. */
export function presented(value: bigint | null, as: Presentation | undefined, clockOffset: bigint): UserValue {
  if (value === null) return null;
  switch (as) {
    case 'timestamp':
      return wallClockText(value + clockOffset);
    case 'hex':
      return hexText(value);
    case 'errno':
      return errnoName(value);
    case 'signal':
      return signalName(value);
    case 'duration':
    case undefined:
      return exact(value);
  }
}

export function presentedText(value: bigint | null, as: Presentation | undefined, clockOffset: bigint): string {
  if (value === null) return '-';
  if (as === 'duration') return durationText(value);
  return String(presented(value, as, clockOffset) ?? '-');
}

/** Sum ÷ count: exact digits where it is whole, whole nanoseconds for durations, else the nearest double. */
export function average(sum: bigint, count: bigint, as: Presentation | undefined): number | bigint | null {
  if (count === 0n) return null;
  const whole = sum / count;
  const rest = sum % count;
  if (rest === 0n || as !== undefined) return exact(whole);
  const value = Number(whole) + Number(rest) / Number(count);
  return Number.isSafeInteger(Number(whole)) ? value : whole;
}

export function averageText(sum: bigint, count: bigint, as: Presentation | undefined): string {
  const value = average(sum, count, as);
  if (value === null) return '-';
  if (as === 'duration') return durationText(value);
  return typeof value === 'bigint' ? String(value) : significant(value);
}

/** The JSON of each part of a value, in the order of `valueParts`; a named `stats` or histogram is one object. */
export function jsonParts(value: AggregateValue, named: boolean, clockOffset: bigint): string[] {
  const { as } = value;
  switch (value.kind) {
    case 'integer':
      return [jsonText(presented(value.value, as, clockOffset))];
    case 'average':
      return [jsonText(average(value.sum, value.count, as))];
    case 'stats': {
      const parts = [
        jsonText(exact(value.count)),
        jsonText(exact(value.sum)),
        jsonText(presented(value.min, as, clockOffset)),
        jsonText(presented(value.max, as, clockOffset)),
        jsonText(average(value.sum, value.count, as)),
      ];
      if (!named) return parts;
      const [count, sum, min, max, avg] = parts;
      return [`{"count":${count},"sum":${sum},"min":${min},"max":${max},"avg":${avg}}`];
    }
    case 'histogram': {
      const buckets = `[${value.buckets
        .filter((bucket) => bucket.count > 0n)
        .map((bucket) => bucketJson(bucket, value.scale))
        .join(',')}]`;
      const sum = value.sum === undefined ? [] : [jsonText(exact(value.sum))];
      if (!named) return [buckets, String(value.count), ...sum];
      return [`{"buckets":${buckets},"count":${value.count}${sum.map((each) => `,"sum":${each}`).join('')}}`];
    }
  }
}

function bucketJson({ ge, lt, count }: Bucket, scale: 'power' | 'linear' | 'bounds'): string {
  if (scale === 'bounds') {
    const low = ge === undefined ? '' : `"gt":${ge - 1n},`;
    const high = lt === undefined ? '' : `"le":${lt - 1n},`;
    return `{${low}${high}"count":${count}}`;
  }
  const low = ge === undefined ? '' : `"ge":${ge},`;
  const high = lt === undefined ? '' : `"lt":${lt},`;
  return `{${low}${high}"count":${count}}`;
}
