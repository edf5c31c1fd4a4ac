/**
 * Writes to a regular file, a whole batch at a time, synchronously: the disk is what limits, and the page cache takes
 * most of it. A failing write loses the rest of its batch, counted; the next batch tries again, so a full disk is
 * survived and the file goes on when there is room.
 */
import { fstatSync, ftruncateSync, writeSync } from 'node:fs';
import type { EncodedEvents } from '../events/encoding.js';
import { eventsBefore, type Output, type OutputOptions } from './output.js';
import { errorCode } from './sink-error.js';

export class FileOutput implements Output {
  readonly #fd: number;
  readonly #options: OutputOptions;
  /** What has to be written before anything else: the preamble, then the rest of a line that could not be cut. */
  #unfinished: Uint8Array;
  /** Whether an event waits for `#unfinished` to be out. */
  #unfinishedEvents = 0;
  /** As far as we know: where the file ends if nobody else writes to it. */
  #size: number;
  #failing = false;

  constructor(fd: number, size: number, options: OutputOptions) {
    this.#fd = fd;
    this.#size = size;
    this.#options = options;
    this.#unfinished = options.preamble;
  }

  write(events: EncodedEvents): void {
    const { account } = this.#options;
    if (!this.#finish()) {
      account.drop(this.#cause, events.count);
      return;
    }
    const written = this.#put(events.bytes);
    const whole = written === events.bytes.length ? events.count : eventsBefore(events.ends, written);
    account.deliver(whole);
    if (written === events.bytes.length) {
      if (written > 0) this.#recovered();
      return;
    }
    let lost = events.count - whole;
    const lineStart = whole === 0 ? 0 : (events.ends[whole - 1] ?? 0);
    if (written > lineStart && !this.#cutBack(written - lineStart)) {
      this.#unfinished = events.bytes.slice(written, events.ends[whole] ?? events.bytes.length);
      this.#unfinishedEvents = whole < events.count ? 1 : 0;
      lost -= this.#unfinishedEvents;
    }
    account.drop(this.#cause, lost);
  }

  async close(): Promise<void> {
    if (this.#finish()) return;
    this.#options.account.drop(this.#cause, this.#unfinishedEvents);
    this.#unfinishedEvents = 0;
  }

  #cause = '';

  /** Gets what is left of before out of the way. */
  #finish(): boolean {
    if (this.#unfinished.length === 0) return true;
    const written = this.#put(this.#unfinished);
    this.#unfinished = this.#unfinished.slice(written);
    if (this.#unfinished.length > 0) return false;
    this.#options.account.deliver(this.#unfinishedEvents);
    this.#unfinishedEvents = 0;
    return true;
  }

  /** Bytes written; fewer than all after a failure. */
  #put(bytes: Uint8Array): number {
    let at = 0;
    try {
      while (at < bytes.length) {
        const written = writeSync(this.#fd, bytes, at, bytes.length - at);
        at += written;
        this.#size += written;
      }
    } catch (error) {
      const code = errorCode(error);
      this.#cause = `write failed (${code})`;
      if (!this.#failing) this.#options.events.failed(code);
      this.#failing = true;
    }
    return at;
  }

  #recovered(): void {
    if (this.#failing) this.#options.events.recovered();
    this.#failing = false;
  }

  /** Takes the last `bytes` of ours back, if they are still the file's last. */
  #cutBack(bytes: number): boolean {
    if (!this.#options.appending) return false;
    try {
      if (fstatSync(this.#fd).size !== this.#size) return false;
      ftruncateSync(this.#fd, this.#size - bytes);
      this.#size -= bytes;
      return true;
    } catch {
      return false;
    }
  }
}
