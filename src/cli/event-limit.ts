import { stackRecord } from '../compile/manifest.js';

/** `--events N`: where in a stretch of ring memory the N-th event ends. */

const discarded = 2 ** 30;
const lengthMask = 2 ** 30 - 1;
const headerSize = 8;

export class EventLimit {
  private seen = 0;

  constructor(private readonly limit: number | undefined) {}

  get reached(): boolean {
    return this.limit !== undefined && this.seen >= this.limit;
  }

  /** The end of what is still wanted of `[start, end)`; `start` where nothing is. */
  endOf(memory: ArrayBuffer, start: number, end: number): number {
    if (this.limit === undefined) return end;
    const view = new DataView(memory);
    let at = start;
    while (at < end && this.seen < this.limit) {
      const header = view.getUint32(at, true);
      // What tells a stack is no event.
      if ((header & discarded) === 0 && view.getUint32(at + headerSize, true) !== stackRecord) this.seen++;
      at += headerSize + Math.ceil((header & lengthMask) / 8) * 8;
    }
    return at;
  }
}
