/**
 * One output of a batch: the bytes of its events in one format, and where each of them ends. The buffer is used again for
 * the next batch, so a sink that keeps events copies them.
 */
import type { RecordEncoder } from './byte-encoder.js';
import { slack } from './digit-bytes.js';
import type { Records } from './record-walk.js';

export interface EncodedEvents {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** `ends[i]` is where event `i` ends in `bytes`; event 0 begins at 0. Exactly `count` of them. */
  readonly ends: Uint32Array;
}

/** Lines that were made one by one, each with its end. */
export function joinedLines(lines: readonly Uint8Array[]): EncodedEvents {
  let end = 0;
  const ends = Uint32Array.from(lines, (line) => {
    end += line.length;
    return end;
  });
  return { bytes: Buffer.concat(lines, end), count: lines.length, ends };
}

const firstBytes = 256 * 1024;
const firstEvents = 4096;

export class Encoding {
  readonly #encoders: readonly (RecordEncoder | undefined)[];
  #out = new Uint8Array(firstBytes);
  #view = new DataView(this.#out.buffer);
  #ends = new Uint32Array(firstEvents);

  /** `encoders` by probe id; probes without one are left out. */
  constructor(encoders: readonly (RecordEncoder | undefined)[]) {
    this.#encoders = encoders;
  }

  encode(walk: Records): EncodedEvents {
    const { source, view, records, count } = walk;
    const encoders = this.#encoders;
    let at = 0;
    let events = 0;
    for (let index = 0; index < count; index++) {
      const record = records[index] ?? 0;
      const encoder = encoders[view.getUint32(record, true)];
      if (encoder === undefined) continue;
      if (at + encoder.maxBytes + slack > this.#out.length) this.#growBytes(at + encoder.maxBytes + slack);
      if (events === this.#ends.length) this.#growEnds();
      at = encoder.encode(source, view, record, this.#out, this.#view, at);
      this.#ends[events++] = at;
    }
    return { bytes: this.#out.subarray(0, at), count: events, ends: this.#ends.subarray(0, events) };
  }

  #growBytes(least: number): void {
    const grown = new Uint8Array(Math.max(this.#out.length * 2, least));
    grown.set(this.#out);
    this.#out = grown;
    this.#view = new DataView(grown.buffer);
  }

  #growEnds(): void {
    const grown = new Uint32Array(this.#ends.length * 2);
    grown.set(this.#ends);
    this.#ends = grown;
  }
}
