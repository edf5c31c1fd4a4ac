/** When a batch is sent: it is full, its first event has waited long enough, or nothing more will come. */
import type { Batch, BatchSize } from './batch.js';
import type { EventBuffer } from './event-buffer.js';

export interface BatchLimits extends BatchSize {
  readonly maxWaitMs: number;
}

export class Batcher {
  readonly #buffer: EventBuffer;
  readonly #limits: BatchLimits;
  /** Since when something waits to be read, in milliseconds of the process. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #stopped = false;
  #wake: (() => void) | undefined;
  /** One reader at a time, so that batches are in order. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(buffer: EventBuffer, limits: BatchLimits) {
    this.#buffer = buffer;
    this.#limits = limits;
  }

  /** `undefined` when it has ended and all was read. */
  next(): Promise<Batch | undefined> {
    const mine = this.#turn.then(() => this.#next());
    this.#turn = mine;
    return mine;
  }

  /** The buffer has changed. */
  look(): void {
    if (this.#buffer.unread.count > 0) this.#since ??= performance.now();
    if (this.#due || this.#over) this.#wake?.();
    else if (this.#since !== undefined) this.#startTimer();
  }

  /** What is there is sent without waiting for more. */
  end(): void {
    this.#ended = true;
    this.look();
  }

  /** `next` gives nothing more, whatever is left. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  get #over(): boolean {
    return this.#stopped || (this.#ended && this.#buffer.settled && this.#buffer.unread.count === 0);
  }

  get #due(): boolean {
    const { count, bytes } = this.#buffer.unread;
    if (count === 0 || this.#stopped) return false;
    if (this.#ended || count >= this.#limits.maxEvents || bytes >= this.#limits.maxBytes) return true;
    return this.#since !== undefined && performance.now() - this.#since >= this.#limits.maxWaitMs;
  }

  async #next(): Promise<Batch | undefined> {
    for (;;) {
      if (this.#over) return undefined;
      if (this.#due) {
        const batch = await this.#buffer.read(this.#limits);
        this.#since = this.#buffer.unread.count > 0 ? performance.now() : undefined;
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (batch.count > 0) return batch;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.look();
      });
    }
  }

  #startTimer(): void {
    if (this.#timer !== undefined || this.#wake === undefined || this.#since === undefined) return;
    const wait = this.#limits.maxWaitMs - (performance.now() - this.#since);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.look();
      },
      Math.max(1, Math.ceil(wait)),
    );
  }
}
