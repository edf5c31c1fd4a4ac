/**
 * Hands batches to a server until each of their events is delivered or lost for a cause. What fails is tried again with
 * backoff; what is too large is halved; of what was taken in part, the rest is sent. With a concurrency of 1 a server
 * sees events in order. A batch whose answer got lost is sent again: delivery is at least once.
 */
import type { Account } from '../account.js';
import { errorMeaning } from '../sink-error.js';
import { type Batch, pickItems } from './batch.js';
import type { Batcher } from './batcher.js';
import type { DeadLetters } from './dead-letters.js';
import type { EventBuffer } from './event-buffer.js';
import { refusalMeaning } from './refusals.js';
import { type RetryPolicy, retryDelayMs } from './retry-delay.js';
import type { Outcome, Transport } from './transport.js';

export interface SenderOptions {
  /** Requests at a time. */
  readonly concurrency: number;
  readonly retry: RetryPolicy;
  /** For tests: in [0, 1). */
  readonly random?: (() => number) | undefined;
}

export interface SenderParts {
  readonly buffer: EventBuffer;
  readonly batcher: Batcher;
  readonly transport: Transport<unknown>;
  readonly account: Account;
  readonly deadLetters?: DeadLetters | undefined;
  readonly warn: (key: string, message: string) => void;
}

export class Sender {
  readonly #parts: SenderParts;
  readonly #options: SenderOptions;
  readonly #aborted = new AbortController();
  readonly #pauses = new Set<() => void>();
  readonly #working: Promise<unknown>;
  #closing = false;
  #failing = false;

  constructor(parts: SenderParts, options: SenderOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#working = Promise.all(Array.from({ length: options.concurrency }, () => this.#work()));
  }

  /** Delivers what waits, within the deadline; what is left then, its buffer keeps, or it is dropped. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#parts.batcher.end();
    // Whoever waits to try again does so now.
    this.#endPauses();
    // What a disk keeps for the next run need not be waited for while its server is away.
    const patience = this.#parts.buffer.keeps && this.#failing ? Math.min(deadlineMs, awayDeadlineMs) : deadlineMs;
    const deadline = setTimeout(() => {
      this.#aborted.abort();
      this.#parts.batcher.stop();
      this.#endPauses();
    }, patience);
    await this.#working;
    clearTimeout(deadline);
  }

  async #work(): Promise<void> {
    const { batcher, buffer, account } = this.#parts;
    for (let batch = await batcher.next(); batch !== undefined; batch = await batcher.next()) {
      const left = await this.#deliver(batch);
      if (left === 0) buffer.done(batch);
      else if (!buffer.keeps) account.drop('deadline', left);
      if (this.#aborted.signal.aborted) return;
    }
  }

  /** How many events are left when the deadline came. */
  async #deliver(whole: Batch): Promise<number> {
    let batch = whole;
    let body = await this.#parts.transport.prepare(batch);
    for (let failures = 1; ; failures++) {
      const outcome = await this.#parts.transport.send(body, batch, this.#aborted.signal);
      if (outcome.kind === 'too large' && batch.count > 1) return this.#deliverHalves(batch);
      if (outcome.kind === 'delivered') this.#delivered(batch.count);
      if (outcome.kind === 'refused' || outcome.kind === 'too large') await this.#lose(batch, outcome.cause);
      if (outcome.kind !== 'retry' && outcome.kind !== 'partial') return 0;
      if (outcome.kind === 'partial') {
        batch = await this.#settle(batch, outcome);
        if (batch.count === 0) return 0;
        body = await this.#parts.transport.prepare(batch);
      }
      if (this.#aborted.signal.aborted) return batch.count;
      const { attempts } = this.#options.retry;
      if (attempts > 0 && failures >= attempts) {
        await this.#lose(batch, `gave up (${outcome.reason})`);
        return 0;
      }
      await this.#pauseAfter(outcome, failures);
      if (this.#aborted.signal.aborted) return batch.count;
      this.#parts.account.retry();
    }
  }

  async #deliverHalves(batch: Batch): Promise<number> {
    const middle = batch.count >> 1;
    const left = await this.#deliver(pickItems(batch, (index) => index < middle));
    const rest = pickItems(batch, (index) => index >= middle);
    return left > 0 ? left + rest.count : this.#deliver(rest);
  }

  #delivered(count: number): void {
    this.#parts.account.deliver(count);
    if (this.#failing) this.#warn('recovered', 'takes events again');
    this.#failing = false;
  }

  /** What is to be sent again. */
  async #settle(batch: Batch, { retry, refused, untold }: Extract<Outcome, { kind: 'partial' }>): Promise<Batch> {
    const taken = batch.count - retry.size - refused.size - (untold?.count ?? 0);
    if (taken > 0) this.#delivered(taken);
    for (const cause of new Set(refused.values()))
      await this.#lose(
        pickItems(batch, (index) => refused.get(index) === cause),
        cause,
      );
    if (untold !== undefined) {
      this.#warn(
        untold.cause,
        `does not take all events: ${untold.cause}; how many is counted, which it does not tell`,
      );
      this.#parts.account.drop(untold.cause, untold.count);
    }
    return pickItems(batch, (index) => retry.has(index));
  }

  async #lose(batch: Batch, cause: string): Promise<void> {
    const where = this.#parts.deadLetters === undefined ? 'dropped' : 'kept as dead letters';
    this.#warn(cause, `does not take events: ${cause}${refusalMeaning(cause)}; they are ${where} and counted`);
    await this.#parts.deadLetters?.write(batch, cause);
    this.#parts.account.drop(cause, batch.count);
  }

  async #pauseAfter(outcome: { readonly reason: string; readonly afterMs?: number | undefined }, failures: number) {
    const { retry, random } = this.#options;
    this.#failing = true;
    this.#warn(outcome.reason, `fails (${errorMeaning(outcome.reason)}); events wait and are sent again`);
    await this.#pause(retryDelayMs(retry, failures, outcome.afterMs, random ?? Math.random), failures);
  }

  #warn(key: string, message: string): void {
    this.#parts.warn(key, `${this.#parts.transport.label} ${message}`);
  }

  /** At the end nobody waits long for the first try after it was told. */
  #pause(milliseconds: number, failures: number): Promise<void> {
    const least = this.#closing ? Math.min(milliseconds, closingPauseMs * failures) : milliseconds;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, least);
      this.#pauses.add(end);
    });
  }

  #endPauses(): void {
    for (const end of [...this.#pauses]) end();
  }
}

/** The run is over and somebody waits for it: pauses are no longer than this, times the failures of the batch. */
const closingPauseMs = 50;
const awayDeadlineMs = 1_000;
