/** Items on their way: the bytes of each as the sink's encoder made them, in stretches as they lay in the buffer. */
import type { EncodedEvents } from '../../events/encoding.js';

export interface Batch {
  readonly runs: readonly EncodedEvents[];
  readonly count: number;
  /** Of all items. */
  readonly bytes: number;
}

export interface BatchSize {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

export function batchOf(runs: readonly EncodedEvents[]): Batch {
  let count = 0;
  let bytes = 0;
  for (const run of runs) {
    count += run.count;
    bytes += run.bytes.length;
  }
  return { runs, count, bytes };
}

export function* itemsOf({ runs }: Batch): Generator<Uint8Array> {
  for (const { bytes, ends, count } of runs)
    for (let item = 0; item < count; item++) yield bytes.subarray(item === 0 ? 0 : ends[item - 1], ends[item]);
}

/** Those of the items whose index, from 0 over the whole batch, is told; they keep their order. */
export function pickItems(batch: Batch, wanted: (index: number) => boolean): Batch {
  const items = [...itemsOf(batch)].filter((_, index) => wanted(index));
  const ends = new Uint32Array(items.length);
  let end = 0;
  items.forEach((item, index) => {
    end += item.length;
    ends[index] = end;
  });
  return batchOf([{ bytes: Buffer.concat(items, end), count: items.length, ends }]);
}

/** The items `[from, to)` of a batch, without copying their bytes. */
export function sliceOf({ runs }: Batch, from: number, to: number): Batch {
  const within: EncodedEvents[] = [];
  let start = 0;
  for (const run of runs) {
    const [first, end] = [Math.max(0, from - start), Math.min(run.count, to - start)];
    if (first < end) within.push(runOf(run, first, end));
    start += run.count;
  }
  return batchOf(within);
}

/** The items `[from, to)` of a stretch, without copying their bytes. */
export function runOf({ bytes, ends }: EncodedEvents, from: number, to: number): EncodedEvents {
  const start = from === 0 ? 0 : (ends[from - 1] ?? 0);
  const end = to === 0 ? 0 : (ends[to - 1] ?? 0);
  const own = ends.slice(from, to);
  if (start > 0) for (let item = 0; item < own.length; item++) own[item] = (own[item] ?? 0) - start;
  return { bytes: bytes.subarray(start, end), count: to - from, ends: own };
}

/** How many items, from `from` on, fit into a batch that holds so much already; one that is larger than a whole batch goes alone. */
export function fitting({ ends, count }: EncodedEvents, from: number, held: BatchFill, size: BatchSize): number {
  const start = from === 0 ? 0 : (ends[from - 1] ?? 0);
  const most = Math.min(count, from + size.maxEvents - held.count);
  const upTo = lastWithin(ends, from, most, start + size.maxBytes - held.bytes);
  return upTo === from && held.count === 0 ? Math.min(1, count - from) : Math.max(0, upTo - from);
}

export interface BatchFill {
  readonly count: number;
  readonly bytes: number;
}

/** The largest `n` in [from, most] such that item n - 1 ends at or before byte `limit`. */
export function lastWithin(ends: Uint32Array, from: number, most: number, limit: number): number {
  let low = from;
  let high = most;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ends[middle - 1] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
