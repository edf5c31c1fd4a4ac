/**
 * Writes to a pipe, a terminal or a socket whose reader may be slow, stop for a while, or leave. Nothing here blocks for
 * long: a stalled reader must not keep Ctrl-C from working. What the reader does not take waits in memory up to a bound;
 * past it a batch waits a moment more and is then dropped, counted as `reader too slow`.
 */
import { closeSync, writeSync } from 'node:fs';
import type { EncodedEvents } from '../events/encoding.js';
import { readerGone } from '../events/ledger.js';
import { eventsBefore, type Output, type OutputOptions } from './output.js';
import { errorCode } from './sink-error.js';

const maxWaitingBytes = 8 * 1024 * 1024;
/** How long a write may wait for a reader that is merely behind. */
const patienceMs = 20;
/** How long a batch waits for room before it is dropped. */
const lastPatienceMs = 1000;
const retryMs = 10;

interface Waiting {
  bytes: Uint8Array;
  ends: Uint32Array;
  /** Bytes of it that are out. */
  at: number;
  /** Events of it that are out. */
  delivered: number;
}

export class StreamOutput implements Output {
  readonly #fd: number;
  readonly #options: OutputOptions;
  readonly #queue: Waiting[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #gone = false;
  /** The code of the error that stands in the way; empty while all is well. */
  #failure = '';

  #owned: boolean;

  /** `owned`: closed with the output. */
  constructor(fd: number, owned: boolean, options: OutputOptions) {
    this.#fd = fd;
    this.#owned = owned;
    this.#options = options;
    if (options.preamble.length > 0) this.#enqueue({ bytes: options.preamble, ends: new Uint32Array(), count: 0 });
  }

  write(events: EncodedEvents): void {
    if (!this.#gone) this.#drain(patienceMs);
    if (this.#gone) {
      this.#options.account.drop(readerGone, events.count);
      return;
    }
    if (this.#queue.length > 0 && this.#waitingBytes + events.bytes.length > maxWaitingBytes) {
      this.#drain(lastPatienceMs);
      if (this.#gone || (this.#queue.length > 0 && this.#waitingBytes + events.bytes.length > maxWaitingBytes)) {
        this.#options.account.drop(this.#gone ? readerGone : 'reader too slow', events.count);
        return;
      }
    }
    this.#enqueue(events);
    this.#drain(patienceMs);
    this.#keep();
  }

  async close(deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs;
    this.#drain(0);
    while (this.#queue.length > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      this.#drain(0);
    }
    clearTimeout(this.#timer);
    this.#gone = true;
    this.#discard('deadline');
    if (this.#owned) closeSync(this.#fd);
    this.#owned = false;
  }

  #enqueue({ bytes, ends }: EncodedEvents): void {
    this.#queue.push({ bytes, ends, at: 0, delivered: 0 });
    this.#waitingBytes += bytes.length;
  }

  /** The batch's buffers are used again after this: what waits gets its own. */
  #keep(): void {
    const last = this.#queue.at(-1);
    if (last === undefined) return;
    last.bytes = last.bytes.slice();
    last.ends = last.ends.slice();
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drain(0);
      if (this.#queue.length > 0) this.#schedule();
    }, retryMs).unref();
  }

  /** Writes what waits, giving a reader that is behind up to `patience` milliseconds in all. */
  #drain(patience: number): void {
    let slept = 0;
    let pause = 0.1;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      try {
        const written = writeSync(this.#fd, first.bytes, first.at, first.bytes.length - first.at);
        this.#advance(first, written);
        pause = 0.1;
      } catch (error) {
        const code = errorCode(error);
        if (code !== 'EAGAIN') {
          this.#fail(code);
          return;
        }
        if (slept >= patience) return;
        sleep(pause);
        slept += pause;
        pause = Math.min(pause * 2, 5);
      }
    }
  }

  #advance(first: Waiting, written: number): void {
    first.at += written;
    this.#waitingBytes -= written;
    const whole = first.at === first.bytes.length;
    const done = whole ? first.ends.length : eventsBefore(first.ends, first.at);
    this.#options.account.deliver(done - first.delivered);
    first.delivered = done;
    if (whole) this.#queue.shift();
    if (this.#failure === '') return;
    this.#failure = '';
    this.#options.events.recovered();
  }

  #fail(code: string): void {
    if (code === 'EPIPE' || code === 'ECONNRESET') {
      this.#gone = true;
      this.#discard(readerGone);
      this.#options.events.gone();
      return;
    }
    if (this.#failure !== code) this.#options.events.failed(code);
    this.#failure = code;
    const begun = this.#restOfLine();
    if (begun !== undefined) this.#queue.shift();
    this.#discard(`write failed (${code})`);
    if (begun === undefined) return;
    this.#queue.push(begun);
    this.#waitingBytes = begun.bytes.length;
  }

  /** What of the first in line must still be written so that no half line stands there; its other events are dropped. */
  #restOfLine(): Waiting | undefined {
    const first = this.#queue[0];
    if (first === undefined) return undefined;
    const { bytes, ends, at, delivered } = first;
    if (ends.length === 0) return first;
    const lineStart = delivered === 0 ? 0 : (ends[delivered - 1] ?? 0);
    if (at === lineStart) return undefined;
    const rest = bytes.slice(at, ends[delivered]);
    this.#options.account.drop(`write failed (${this.#failure})`, ends.length - delivered - 1);
    return { bytes: rest, ends: Uint32Array.of(rest.length), at: 0, delivered: 0 };
  }

  #discard(cause: string): void {
    for (const waiting of this.#queue) this.#options.account.drop(cause, waiting.ends.length - waiting.delivered);
    this.#queue.length = 0;
    this.#waitingBytes = 0;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Without using the processor, unlike a loop that looks at the clock. */
function sleep(milliseconds: number): void {
  Atomics.wait(sleeper, 0, 0, milliseconds);
}
