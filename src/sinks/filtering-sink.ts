/** A sink with a `where`: events that it does not hold for are counted as offered and filtered, and never reach the sink. Sinks without one are not wrapped. */
import type { SinkManifest } from '../compile/manifest.js';
import type { EventBatch } from '../events/event-batch.js';
import { EventCondition } from '../events/event-condition.js';
import type { MapSnapshot } from '../events/map-snapshot.js';
import type { Selection } from '../events/selection.js';
import type { Sink, SinkLedger } from './sink.js';

export class FilteringSink implements Sink {
  readonly name: string;
  /** Only where the sink itself can: a run asks who does. */
  readonly reopen?: () => void;
  readonly #sink: Sink;
  readonly #selection: Selection;
  readonly #condition: EventCondition;
  #filtered = 0;

  constructor(sink: Sink, selection: Selection, { name, conditions = [] }: Pick<SinkManifest, 'name' | 'conditions'>) {
    this.name = name;
    this.#sink = sink;
    this.#selection = selection;
    this.#condition = new EventCondition(name, conditions);
    if (sink.reopen !== undefined) this.reopen = () => sink.reopen?.();
  }

  open(): Promise<void> {
    return this.#sink.open();
  }

  accept(batch: EventBatch): void {
    const offered = batch.count(this.#selection);
    if (offered === 0) return;
    const kept = batch.where(this.#condition);
    this.#filtered += offered - kept.count(this.#selection);
    this.#sink.accept(kept);
  }

  room(): Promise<void> | undefined {
    return this.#sink.room?.();
  }

  /** Rows of maps are no events. */
  acceptSnapshot(snapshot: MapSnapshot): void {
    this.#sink.acceptSnapshot(snapshot);
  }

  close(deadlineMs: number): Promise<void> {
    return this.#sink.close(deadlineMs);
  }

  ledger(): SinkLedger {
    const ledger = this.#sink.ledger();
    return { ...ledger, offered: ledger.offered + this.#filtered, filtered: this.#filtered };
  }
}
