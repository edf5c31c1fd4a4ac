/** Buckets of histograms: their bounds, and which of them are shown. */

/** Values `ge` ≤ x < `lt`; without one of them the bucket is open on that side. */
export interface Bucket {
  readonly ge?: bigint;
  readonly lt?: bigint;
  readonly count: bigint;
}

export interface Buckets {
  readonly buckets: readonly Bucket[];
  readonly count: bigint;
}

/**
 * `hist`: bucket 0 holds 0, bucket n holds [2^(n-1), 2^n). Signed ones have 64 more before these, mirrored: the one just
 * before 0's holds -1, then (-4, -2], and so on outward.
 */
export function powerBuckets(signed: boolean, countAt: (index: number) => bigint): Buckets {
  const zero = signed ? 64 : 0;
  return between(zero + 65, countAt, (index) => {
    const power = index - zero;
    if (power === 0) return { ge: 0n, lt: 1n };
    const low = 1n << BigInt(Math.abs(power) - 1);
    return power > 0 ? { ge: low, lt: low * 2n } : { ge: -low * 2n + 1n, lt: -low + 1n };
  });
}

export interface LinearRange {
  readonly min: string;
  readonly max: string;
  readonly step: string;
}

/** `lhist`: what is below `min`, then steps up to `max` (the last may be shorter), then `max` and above. */
export function linearBuckets(range: LinearRange, countAt: (index: number) => bigint): Buckets {
  const min = BigInt(range.min);
  const max = BigInt(range.max);
  const step = BigInt(range.step);
  const steps = linearSteps(range);
  return between(steps + 2, countAt, (index) => {
    if (index === 0) return { lt: min };
    if (index === steps + 1) return { ge: max };
    const ge = min + step * BigInt(index - 1);
    return { ge, lt: ge + step < max ? ge + step : max };
  });
}

export function linearSteps(range: LinearRange): number {
  const width = BigInt(range.max) - BigInt(range.min);
  const step = BigInt(range.step);
  return Number((width + step - 1n) / step);
}

/** `bhist`: up to and with each bound, and above them all. */
export function boundedBuckets(bounds: readonly string[], countAt: (index: number) => bigint): Buckets {
  const ends = bounds.map((bound) => BigInt(bound) + 1n);
  return between(ends.length + 1, countAt, (index) => {
    const [ge, lt] = [ends[index - 1], ends[index]];
    return { ...(ge === undefined ? {} : { ge }), ...(lt === undefined ? {} : { lt }) };
  });
}

/** From the first bucket that holds something to the last. */
function between(
  length: number,
  countAt: (index: number) => bigint,
  bounds: (index: number) => { ge?: bigint; lt?: bigint },
): Buckets {
  const buckets: Bucket[] = [];
  let count = 0n;
  let trailing = 0;
  for (let index = 0; index < length; index++) {
    const inBucket = countAt(index);
    if (inBucket === 0n) {
      if (buckets.length === 0) continue;
      trailing++;
    } else trailing = 0;
    count += inBucket;
    buckets.push({ ...bounds(index), count: inBucket });
  }
  return { buckets: buckets.slice(0, buckets.length - trailing), count };
}
