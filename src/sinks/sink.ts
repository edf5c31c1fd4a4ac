/**
 * The one interface of a sink. A sink takes batches synchronously (a batch's bytes are the ring buffer's own and are gone
 * when `accept` returns), keeps what it has to send, and accounts for every event that it was given.
 */
import type { EventBatch } from '../events/event-batch.js';
import type { SinkLedger } from '../events/ledger.js';
import type { MapSnapshot } from '../events/map-snapshot.js';

export interface Sink {
  readonly name: string;
  /** Checks and opens what can be: a file, a folder, a URL's form. A server that does not answer is no failure. */
  open(): Promise<void>;
  accept(batch: EventBatch): void;
  acceptSnapshot(snapshot: MapSnapshot): void;
  /** Delivers what waits, within `deadlineMs`; what is left then is dropped and counted. Idempotent. */
  close(deadlineMs: number): Promise<void>;
  ledger(): SinkLedger;
}

export type { SinkLedger };

/** What a sink may ask for while it runs. */
export interface SinkContext {
  /** One line to standard error, said once for each `key`. */
  warn(key: string, message: string): void;
  /** The run cannot go on usefully (the reader of standard output is gone). */
  stop(reason: string): void;
}
