/**
 * Where events wait for a server, in their order. Every event in here is one that the sink's account counts as waiting; what a buffer gives up it tells, by cause. A buffer is bounded by bytes.
 */
import type { EncodedEvents } from '../../events/encoding.js';
import type { Batch, BatchSize } from './batch.js';

/** What happens to events that have no room. */
export const whenFull = ['block', 'drop_newest', 'drop_oldest'] as const;
export type WhenFull = (typeof whenFull)[number];

/** Causes in the ledger. */
export const noRoom = 'buffer full';

export interface BufferListener {
  /** So many events wait no more. */
  dropped(cause: string, count: number): void;
  /** There is more to read, or more room, than there was. */
  changed(): void;
  warn(key: string, message: string): void;
}

export interface EventBuffer {
  /** Rejects with a `SinkError` where it cannot be used. Resolves to how many events of an earlier run are in it. */
  open(listener: BufferListener): Promise<number>;
  /** Copies what there is room for. A buffer that blocks takes everything, and is `full` from then on. */
  add(events: EncodedEvents): void;
  /** Whether nothing more should be added for now; always false unless it blocks. */
  readonly full: boolean;
  /** What `read` could give at once. */
  readonly unread: { readonly count: number; readonly bytes: number };
  /** Whether all that was added can be read or was read. */
  readonly settled: boolean;
  /** The next items, at least one unless there is none; of other readers at the same time none gets the same. */
  read(size: BatchSize): Promise<Batch>;
  /** What `read` gave has been delivered or dropped, and makes room. Batches may be done in any order. */
  done(batch: Batch): void;
  /** Whether what is left at the end is there for the next run. */
  readonly keeps: boolean;
  /** How many are left that `read` did not give; a buffer that does not keep them forgets them. */
  close(): Promise<number>;
}
