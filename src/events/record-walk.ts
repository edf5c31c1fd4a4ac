/**
 * The records of a stretch of ring memory, found and checked once for everybody who reads them: what is listed here has a
 * known probe id and is at least as long as its layout. Records that tell stacks go to the table of stacks, and are no events.
 */

import { stackRecord } from '../compile/manifest.js';
import type { StackTable } from './stack-table.js';

/** include/uapi/linux/bpf.h: BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT, BPF_RINGBUF_HDR_SZ. */
const busy = 0x80000000;
const discarded = 0x40000000;
const lengthMask = 0x3fffffff;
const headerBytes = 8;

const firstRecords = 4096;

/** Records that were found and checked. */
export interface Records {
  readonly source: Uint8Array;
  readonly view: DataView;
  /** Offsets into `source`, `count` of them. */
  readonly records: Uint32Array;
  readonly count: number;
  /** By probe id. */
  readonly counts: readonly number[];
  readonly malformed: number;
}

export class RecordWalk implements Records {
  readonly #sizes: readonly (number | undefined)[];
  readonly #stacks: StackTable;
  source: Uint8Array = new Uint8Array();
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Offsets into `source`, `count` of them. */
  records = new Uint32Array(firstRecords);
  count = 0;
  /** By probe id. */
  readonly counts: number[];
  /** Records of no known probe, or shorter than their layout; of each walk. */
  malformed = 0;

  /** `sizes`: the layout's size by probe id, for probes that emit. */
  constructor(sizes: readonly (number | undefined)[], stacks: StackTable) {
    this.#sizes = sizes;
    this.#stacks = stacks;
    this.counts = sizes.map(() => 0);
  }

  /** `[start, end)` of `memory`, beginning at a record's header. */
  walk(memory: ArrayBuffer, start: number, end: number): void {
    if (this.source.buffer !== memory) {
      this.source = new Uint8Array(memory);
      this.view = new DataView(memory);
    }
    const { view, counts } = this;
    const sizes = this.#sizes;
    const limit = Math.min(end, memory.byteLength);
    counts.fill(0);
    let count = 0;
    let malformed = 0;
    let at = start;
    while (at + headerBytes <= limit) {
      const header = view.getUint32(at, true);
      const length = header & lengthMask;
      const record = at + headerBytes;
      const next = record + ((length + 7) & ~7);
      at = next;
      if (header >= discarded && (header & discarded) !== 0) continue;
      const id = length >= 4 && record + 4 <= limit ? view.getUint32(record, true) : -1;
      const size = sizes[id];
      if (header >= busy || size === undefined || length < size || record + length > limit) {
        const whole = header < busy && record + length <= limit;
        if (whole && id === stackRecord && this.#stacks.define(view, record, length)) continue;
        malformed++;
        continue;
      }
      counts[id] = (counts[id] ?? 0) + 1;
      if (count === this.records.length) this.#grow();
      this.records[count++] = record;
    }
    if (at < limit) malformed++;
    this.count = count;
    this.malformed = malformed;
  }

  #grow(): void {
    const grown = new Uint32Array(this.records.length * 2);
    grown.set(this.records);
    this.records = grown;
  }
}
