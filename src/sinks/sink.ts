/**
 * The one interface of a sink. A sink takes batches synchronously (a batch's bytes are the ring buffer's own and are gone
 * when `accept` returns), keeps what it has to send, and accounts for every event that it was given.
 */
import type { EventBatch } from '../events/event-batch.js';
import type { RunLedger, SinkLedger } from '../events/ledger.js';
import type { MapSnapshot } from '../events/map-snapshot.js';

export interface Sink {
  readonly name: string;
  /** Checks and opens what can be: a file, a folder, a URL's form. A server that does not answer is no failure. */
  open(): Promise<void>;
  accept(batch: EventBatch): void;
  /** Of a sink that may block: while it has no room, a promise for when it has. Until then the ring buffer is not read, and fills. */
  room?(): Promise<void> | undefined;
  acceptSnapshot(snapshot: MapSnapshot): void;
  /** Of a sink that writes to a file by its path: goes on in what stands there now, since whoever rotates it has moved it away. */
  reopen?(): void;
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

/** What a sink may ask of the run at any moment, rather than being told. Before the run has begun and once it is over there is nothing to tell. */
export interface RunReadings {
  /**
   * A map as it is now, of one that is reset what came since it was shown last; not for queues and stacks, which a reading would empty. Rejects with the reason where the kernel does not let it be read.
   */
  readMap(name: string): Promise<MapSnapshot | undefined>;
  /** The ledger as of now: events are on their way, so it need not balance. */
  ledger(): RunLedger | undefined;
  /** How often, and for how long, the programs of each probe ran; zero unless the kernel's statistics are on. */
  programTimes(): readonly { readonly probe: string; readonly runs: bigint; readonly nanoseconds: bigint }[];
}
