/** A ring buffer that is read in batches, and not read while whoever takes them has no room. */
import type { NativeObject, NativeRing } from './native-addon.js';

/** The longest that a record waits before it is read, in milliseconds. */
const readIntervalMs = 20;
/** The same after two seconds without any: a run that waits is to cost nothing that anyone could measure. */
const idleIntervalMs = 100;
/** A batch is given back to the kernel when it is done, so smaller batches free the ring sooner. */
const maxBatchBytes = 256 * 1024;

export interface RingReader {
  /** Records in `[start, end)`; they are gone when this returns. */
  take(memory: ArrayBuffer, start: number, end: number): void;
  /** Where there is no room for more: a promise for when there is. */
  room(): Promise<unknown> | undefined;
}

export class HeldRing {
  readonly #ring: NativeRing;
  /** Where the batch ends that waits for room. */
  #held: number | undefined;
  #draining = false;

  constructor(object: NativeObject, map: string, reader: RingReader) {
    const ring = object.openRing(map, {
      intervalMs: readIntervalMs,
      idleIntervalMs,
      maxBatchBytes,
      onBatch: (start, end) => {
        reader.take(ring.memory, start, end);
        const room = this.#draining ? undefined : reader.room();
        if (room === undefined) ring.release(end);
        else this.#hold(end, room);
      },
    });
    this.#ring = ring;
  }

  /** Hands on all that is there, room or not. */
  drain(): void {
    this.#release();
    this.#draining = true;
    this.#ring.drain();
    this.#draining = false;
  }

  close(): void {
    this.#ring.close();
  }

  /** No further batch comes before this one is released. */
  #hold(end: number, room: Promise<unknown>): void {
    this.#held = end;
    room.then(() => {
      if (this.#held === end) this.#release();
    });
  }

  #release(): void {
    const end = this.#held;
    this.#held = undefined;
    if (end !== undefined) this.#ring.release(end);
  }
}
