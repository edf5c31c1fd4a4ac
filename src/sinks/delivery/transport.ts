/** What a kind of network sink brings: how its events are written, and how a batch of them is handed to a server. */
import type { EncodedEvents } from '../../events/encoding.js';
import type { EventBatch } from '../../events/event-batch.js';
import type { MapSnapshot } from '../../events/map-snapshot.js';
import type { Selection } from '../../events/selection.js';
import type { Batch } from './batch.js';
import type { ItemForm } from './item-form.js';

/** Events and rows become items, each of which a server may take or refuse. Their bytes are what a disk buffer holds. */
export interface ItemEncoder {
  /** Whether those of another run, in a disk buffer, are such as these. */
  readonly form: ItemForm;
  /** As many items as the batch has events of the selection. Valid until the next call. */
  events(batch: EventBatch, selection: Selection): EncodedEvents;
  rows(snapshot: MapSnapshot): Iterable<EncodedEvents>;
}

/** A line of JSON for each, with its line break. */
export const jsonLines: ItemEncoder = {
  form: 'json',
  events: (batch, selection) => batch.encode('jsonl', selection),
  rows: (snapshot) => snapshot.encode('jsonl', []),
};

/** No text of the server's or of the request's is in an outcome: either may hold secrets. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** To be sent again as it is. `reason`: a status or an error code. `afterMs`: what the server asked for (Retry-After). */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number | undefined }
  /** Sending it again would be of no use. `cause`: as the ledger tells it. */
  | { readonly kind: 'refused'; readonly cause: string }
  /** As many, or as large, items as these are not taken at once; fewer may be. */
  | { readonly kind: 'too large'; readonly cause: string }
  /** Some were taken: all whose index is neither in `retry` nor in `refused`. */
  | {
      readonly kind: 'partial';
      readonly retry: ReadonlySet<number>;
      /** Why those are to be sent again: a status or an error code. */
      readonly reason: string;
      readonly afterMs?: number | undefined;
      /** The cause of each that is lost. */
      readonly refused: ReadonlyMap<number, string>;
      /** So many of the others are lost as well; the server does not tell which. */
      readonly untold?: { readonly count: number; readonly cause: string };
    };

/** `Body`: what is sent of a batch. */
export interface Transport<Body = Uint8Array> {
  /** How the server is named in messages; without secrets. */
  readonly label: string;
  /** What is sent of these items; asked once, however often it is sent. */
  prepare(batch: Batch): Promise<Body>;
  /** One attempt, within the sink's own time-out. Never rejects. */
  send(body: Body, batch: Batch, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}
