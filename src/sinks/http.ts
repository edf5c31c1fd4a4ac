/**
 * `http`: batches of JSON Lines to a server. A server that is away or overloaded is tried again with backoff while events
 * wait in memory up to a bound; past it the newest are dropped. One request at a time, so a server sees events in order. A
 * batch whose answer got lost is sent again: delivery is at least once for what is counted as delivered.
 */
import type { EncodedEvents } from '../events/encoding.js';
import type { EventBatch } from '../events/event-batch.js';
import type { MapSnapshot } from '../events/map-snapshot.js';
import type { Selection } from '../events/selection.js';
import { Account } from './account.js';
import { type Batch, type BatchLimits, HttpQueue } from './http-queue.js';
import { openRequester, type Requester } from './http-request.js';
import { httpTarget } from './http-target.js';
import { type RetryPolicy, retryDelayMs } from './retry-delay.js';
import type { Sink, SinkContext, SinkLedger } from './sink.js';
import { errorMeaning } from './sink-error.js';

export interface HttpOptions extends BatchLimits {
  readonly name: string;
  /** May hold credentials and secrets. */
  readonly url: string;
  /** It came from the environment or a file, so messages do not show it. */
  readonly urlIsSecret?: boolean;
  /** May hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** For tests: in [0, 1). */
  readonly random?: (() => number) | undefined;
}

export class HttpSink implements Sink {
  readonly name: string;
  readonly #account: Account;
  readonly #selection: Selection;
  readonly #options: HttpOptions;
  readonly #context: SinkContext;
  readonly #queue: HttpQueue;
  readonly #aborted = new AbortController();
  #requester: Requester | undefined;
  #sending: Promise<void> | undefined;
  #endPause: (() => void) | undefined;
  #closing = false;
  /** How the server is named in messages. */
  #label = '';
  #failing = false;

  constructor(selection: Selection, options: HttpOptions, context: SinkContext) {
    this.name = options.name;
    this.#account = new Account(options.name);
    this.#selection = selection;
    this.#options = options;
    this.#context = context;
    this.#queue = new HttpQueue(options);
  }

  /** Rejects with a `SinkError` for a URL or a header that cannot be used. */
  async open(): Promise<void> {
    const { gzip, timeoutMs } = this.#options;
    const { url, headers } = httpTarget(this.#options);
    this.#label = this.#options.urlIsSecret === true ? 'its server' : `${url.origin}${url.pathname}`;
    this.#requester = await openRequester({ url, headers, gzip, timeoutMs });
    this.#sending = this.#send(this.#requester);
  }

  accept(batch: EventBatch): void {
    const count = batch.count(this.#selection);
    if (count === 0) return;
    this.#account.offer(count);
    this.#take(batch.encode('jsonl', this.#selection));
  }

  acceptSnapshot(snapshot: MapSnapshot): void {
    if (!this.#selection.takes(snapshot.map.name)) return;
    this.#account.offer(snapshot.count);
    for (const rows of snapshot.encode('jsonl', [])) this.#take(rows);
  }

  async close(deadlineMs: number): Promise<void> {
    if (this.#closing) {
      await this.#sending;
      return;
    }
    this.#closing = true;
    this.#queue.end();
    // Whoever waits to try again does so now.
    this.#endPause?.();
    const deadline = setTimeout(() => {
      this.#aborted.abort();
      this.#endPause?.();
    }, deadlineMs);
    await this.#sending;
    clearTimeout(deadline);
    this.#account.drop('deadline', this.#queue.clear());
    await this.#requester?.close();
  }

  ledger(): SinkLedger {
    return this.#account.ledger();
  }

  #take(events: EncodedEvents): void {
    if (this.#closing) {
      this.#account.drop('closed', events.count);
      return;
    }
    const refused = events.count - this.#queue.add(events);
    if (refused === 0) return;
    this.#account.drop('queue full', refused);
    this.#context.warn(
      `${this.name}:full`,
      `sink "${this.name}": its queue is full (${this.#options.maxQueueBytes} bytes); new events are dropped and counted`,
    );
  }

  async #send(requester: Requester): Promise<void> {
    for (let batch = await this.#queue.next(); batch !== undefined; batch = await this.#queue.next()) {
      const cause = await this.#deliver(requester, batch);
      if (cause === undefined) this.#account.deliver(batch.count);
      else this.#account.drop(cause, batch.count);
      this.#queue.release(batch);
      if (this.#aborted.signal.aborted) return;
    }
  }

  /** The cause why the batch is lost; `undefined` when it arrived. */
  async #deliver(requester: Requester, batch: Batch): Promise<string | undefined> {
    const body = await requester.prepare(Buffer.concat(batch.parts, batch.bytes));
    const { retry, random } = this.#options;
    for (let failures = 1; ; failures++) {
      const outcome = await requester.send(body, this.#aborted.signal);
      if (outcome.kind === 'delivered') {
        if (this.#failing) this.#warn('recovered', 'takes events again');
        this.#failing = false;
        return undefined;
      }
      if (outcome.kind === 'refused') {
        this.#warn(`${outcome.status}`, `refuses events with status ${outcome.status}; they are dropped and counted`);
        return `refused (${outcome.status})`;
      }
      if (this.#aborted.signal.aborted) return 'deadline';
      if (retry.attempts > 0 && failures >= retry.attempts) return `gave up (${outcome.reason})`;
      this.#failing = true;
      this.#warn(outcome.reason, `fails (${errorMeaning(outcome.reason)}); events wait and are sent again`);
      await this.#pause(retryDelayMs(retry, failures, outcome.afterMs, random ?? Math.random));
      if (this.#aborted.signal.aborted) return 'deadline';
      this.#account.retry();
    }
  }

  #warn(key: string, message: string): void {
    this.#context.warn(`${this.name}:${key}`, `sink "${this.name}": ${this.#label} ${message}`);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
