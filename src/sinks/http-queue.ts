/**
 * Events on their way to a server: collected into batches, bounded by bytes in all. Every event in here is one that the
 * account counts as waiting; what has no room is not taken, newest first.
 */
import type { EncodedEvents } from '../events/encoding.js';

export interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  /** Of all batches, the one under way included. */
  readonly maxQueueBytes: number;
}

export interface Batch {
  readonly parts: Uint8Array[];
  bytes: number;
  count: number;
}

export class HttpQueue {
  readonly #limits: BatchLimits;
  readonly #sealed: Batch[] = [];
  #open: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** Copies what there is room for; returns how many events that was. */
  add({ bytes, ends, count }: EncodedEvents): number {
    let taken = 0;
    let from = 0;
    while (taken < count) {
      const open = this.#openBatch();
      const room = Math.min(this.#limits.maxQueueBytes - this.#bytes, this.#limits.maxBytes - open.bytes);
      const most = Math.min(count, taken + this.#limits.maxEvents - open.count);
      let upTo = lastWithin(ends, taken, most, from + room);
      if (upTo === taken) {
        if (open.count > 0) {
          this.#seal();
          continue;
        }
        // One event larger than a batch may be goes alone, if the queue has room for it.
        if ((ends[taken] ?? 0) - from > this.#limits.maxQueueBytes - this.#bytes) break;
        upTo = taken + 1;
      }
      const end = ends[upTo - 1] ?? 0;
      open.parts.push(bytes.slice(from, end));
      open.bytes += end - from;
      open.count += upTo - taken;
      this.#bytes += end - from;
      taken = upTo;
      from = end;
      if (open.count >= this.#limits.maxEvents || open.bytes >= this.#limits.maxBytes) this.#seal();
    }
    return taken;
  }

  /** The next batch once it is full or old enough; `undefined` when the queue has ended and is empty. */
  async next(): Promise<Batch | undefined> {
    for (;;) {
      const batch = this.#sealed.shift();
      if (batch !== undefined) return batch;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The batch has been delivered or dropped: its bytes make room. */
  release(batch: Batch): void {
    this.#bytes -= batch.bytes;
  }

  /** Sends what waits without waiting for more; nothing is added from here on. */
  end(): void {
    this.#ended = true;
    this.#seal();
    this.#wake?.();
  }

  /** Takes out all that has not been handed over by `next`; returns how many events that was. */
  clear(): number {
    this.#seal();
    let count = 0;
    for (const batch of this.#sealed.splice(0)) {
      count += batch.count;
      this.#bytes -= batch.bytes;
    }
    return count;
  }

  #openBatch(): Batch {
    this.#open ??= { parts: [], bytes: 0, count: 0 };
    this.#timer ??= setTimeout(() => this.#seal(), this.#limits.maxWaitMs);
    return this.#open;
  }

  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#open;
    this.#open = undefined;
    if (batch === undefined || batch.count === 0) return;
    this.#sealed.push(batch);
    this.#wake?.();
  }
}

/** The largest `n` in [from, most] such that event n - 1 ends at or before byte `limit`. */
function lastWithin(ends: Uint32Array, from: number, most: number, limit: number): number {
  let low = from;
  let high = most;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ends[middle - 1] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
