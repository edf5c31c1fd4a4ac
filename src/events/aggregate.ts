/**
 * Aggregations out of a map's bytes: every CPU's part of a value merged into one, exactly (u64 and two's complement
 * arithmetic in BigInt). The byte forms are those of `AggregateSlot` in compile/manifest.ts.
 */
import type { AggregateSlot, Presentation } from '../compile/manifest.js';
import { type Bucket, boundedBuckets, linearBuckets, powerBuckets } from './histogram.js';

export type AggregateValue =
  /** `null`: nothing was aggregated yet. */
  | { readonly kind: 'integer'; readonly value: bigint | null; readonly as?: Presentation | undefined }
  | { readonly kind: 'average'; readonly sum: bigint; readonly count: bigint; readonly as?: Presentation | undefined }
  | {
      readonly kind: 'stats';
      readonly count: bigint;
      readonly sum: bigint;
      readonly min: bigint | null;
      readonly max: bigint | null;
      readonly as?: Presentation | undefined;
    }
  | {
      readonly kind: 'histogram';
      readonly scale: 'power' | 'linear' | 'bounds';
      /** Every bucket from the first that holds something to the last. */
      readonly buckets: readonly Bucket[];
      readonly count: bigint;
      /** Of those that keep it. */
      readonly sum?: bigint;
      readonly as?: Presentation | undefined;
    };

export type Aggregated = Exclude<AggregateSlot, { aggregation: 'value' }>;

/** The u64 at `offset` of each CPU's value of one entry. */
export interface CpuValues {
  readonly view: DataView;
  /** Where each CPU's value begins; one for maps that are not per CPU. */
  readonly starts: readonly number[];
}

const u64 = (value: bigint) => BigInt.asUintN(64, value);
const bias = 1n << 63n;

export function aggregate(slot: Aggregated, values: CpuValues): AggregateValue {
  const as = slot.aggregation === 'count' ? undefined : slot.as;
  const { offset } = slot;
  switch (slot.aggregation) {
    case 'count':
      return { kind: 'integer', value: total(values, offset) };
    case 'sum':
      return { kind: 'integer', value: signedSum(values, offset, slot.signed), as };
    case 'min':
      return { kind: 'integer', value: least(values, offset, slot.signed), as };
    case 'max':
      return { kind: 'integer', value: greatest(values, offset, slot.signed), as };
    case 'avg':
      return {
        kind: 'average',
        count: total(values, offset),
        sum: signedSum(values, offset + 8, slot.signed),
        as,
      };
    case 'stats': {
      const count = total(values, offset);
      return {
        kind: 'stats',
        count,
        sum: signedSum(values, offset + 8, slot.signed),
        min: count === 0n ? null : least(values, offset + 16, slot.signed),
        max: count === 0n ? null : greatest(values, offset + 24, slot.signed),
        as,
      };
    }
    case 'hist':
      return {
        kind: 'histogram',
        scale: 'power',
        as,
        ...powerBuckets(slot.signed, (n) => total(values, offset + n * 8)),
      };
    case 'lhist':
      return { kind: 'histogram', scale: 'linear', as, ...linearBuckets(slot, (n) => total(values, offset + n * 8)) };
    case 'bhist':
      return {
        kind: 'histogram',
        scale: 'bounds',
        as,
        ...boundedBuckets(slot.bounds, (n) => total(values, offset + n * 8)),
        sum: signedSum(values, offset + (slot.bounds.length + 1) * 8, slot.signed),
      };
  }
}

/** What entries are ordered by, as a double: the value itself, or how often for what has no single one. */
export function rank(slot: Aggregated, values: CpuValues): number {
  // Nearly every ordered map, and a BigInt for each entry and CPU is what sorting would spend its time on.
  if (slot.aggregation === 'count' || slot.aggregation === 'stats' || (slot.aggregation === 'sum' && !slot.signed))
    return roughTotal(values, slot.offset);
  const value = aggregate(slot, values);
  switch (value.kind) {
    case 'integer':
      return value.value === null ? Number.NEGATIVE_INFINITY : Number(value.value);
    case 'average':
      return value.count === 0n ? Number.NEGATIVE_INFINITY : Number(value.sum) / Number(value.count);
    default:
      return Number(value.count);
  }
}

function roughTotal({ view, starts }: CpuValues, offset: number): number {
  let sum = 0;
  for (const start of starts)
    sum += view.getUint32(start + offset, true) + view.getUint32(start + offset + 4, true) * 4294967296;
  return sum;
}

/** Sums and counts wrap at 2^64, as the kernel's own do. */
function total({ view, starts }: CpuValues, offset: number): bigint {
  const [first] = starts;
  if (starts.length === 1 && first !== undefined) return view.getBigUint64(first + offset, true);
  let sum = 0n;
  for (const start of starts) sum += view.getBigUint64(start + offset, true);
  return u64(sum);
}

function signedSum(values: CpuValues, offset: number, signed: boolean): bigint {
  const sum = total(values, offset);
  return signed ? BigInt.asIntN(64, sum) : sum;
}

/** Both `min` and `max` are stored so that the larger number wins, and 0 is none. */
function largestStored({ view, starts }: CpuValues, offset: number): bigint {
  let largest = 0n;
  for (const start of starts) {
    const stored = view.getBigUint64(start + offset, true);
    if (stored > largest) largest = stored;
  }
  return largest;
}

function greatest(values: CpuValues, offset: number, signed: boolean): bigint | null {
  const stored = largestStored(values, offset);
  // An unsigned maximum of 0 is stored as none; an entry that exists has been updated, so it is 0.
  if (!signed) return stored;
  return stored === 0n ? null : stored - bias;
}

function least(values: CpuValues, offset: number, signed: boolean): bigint | null {
  const stored = largestStored(values, offset);
  if (stored === 0n) return null;
  const biased = u64(~stored);
  return signed ? biased - bias : biased;
}
