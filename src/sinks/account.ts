/** A sink's own books. Whatever is offered or replayed waits until it is delivered or dropped, so the identity holds at any moment. */
import type { SinkLedger } from './sink.js';

export class Account {
  readonly #name: string;
  readonly #dropped = new Map<string, number>();
  #offered = 0;
  #delivered = 0;
  #waiting = 0;
  #retries = 0;
  #replayed = 0;

  constructor(name: string) {
    this.#name = name;
  }

  offer(count: number): void {
    this.#offered += count;
    this.#waiting += count;
  }

  /** What an earlier run left behind waits as well. */
  replay(count: number): void {
    this.#replayed += count;
    this.#waiting += count;
  }

  deliver(count: number): void {
    this.#delivered += count;
    this.#waiting -= count;
  }

  drop(cause: string, count: number): void {
    if (count === 0) return;
    this.#dropped.set(cause, (this.#dropped.get(cause) ?? 0) + count);
    this.#waiting -= count;
  }

  retry(): void {
    this.#retries++;
  }

  ledger(): SinkLedger {
    return {
      name: this.#name,
      offered: this.#offered,
      delivered: this.#delivered,
      waiting: this.#waiting,
      dropped: Object.fromEntries(this.#dropped),
      retries: this.#retries,
      ...(this.#replayed === 0 ? {} : { replayed: this.#replayed }),
    };
  }
}
