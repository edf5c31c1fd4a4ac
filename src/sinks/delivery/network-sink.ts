/**
 * What every sink that sends to a server is: encoder → buffer → batcher → sender. A kind of sink gives the encoder and the
 * transport; books, buffers, batches, retries and dead letters are the same for all.
 */
import type { EncodedEvents } from '../../events/encoding.js';
import type { EventBatch } from '../../events/event-batch.js';
import type { MapSnapshot } from '../../events/map-snapshot.js';
import type { Selection } from '../../events/selection.js';
import { Account } from '../account.js';
import type { Sink, SinkContext, SinkLedger } from '../sink.js';
import { Batcher, type BatchLimits } from './batcher.js';
import { DeadLetters } from './dead-letters.js';
import type { EventBuffer, WhenFull } from './event-buffer.js';
import { MemoryBuffer } from './memory-buffer.js';
import { Sender, type SenderOptions } from './sender.js';
import type { ItemEncoder, Transport } from './transport.js';

export interface DeliveryOptions extends BatchLimits, SenderOptions {
  /** Of the sink. */
  readonly name: string;
  readonly buffer: {
    /** A folder; in memory where it is missing. */
    readonly disk?: string | undefined;
    /** In messages; missing: the folder. */
    readonly shownDisk?: string | undefined;
    readonly maxBytes: number;
    readonly whenFull: WhenFull;
  };
  /** The path of a file. */
  readonly deadLetter?: string | undefined;
  /** In messages; missing: the path. */
  readonly shownDeadLetter?: string | undefined;
}

export interface NetworkParts {
  readonly encoder: ItemEncoder;
  /** Rejects with a `SinkError` where the options cannot be used. A server that does not answer is no failure. */
  readonly connect: () => Promise<Transport<unknown>>;
}

export class NetworkSink implements Sink {
  readonly name: string;
  readonly #account: Account;
  readonly #selection: Selection;
  readonly #parts: NetworkParts;
  readonly #options: DeliveryOptions;
  readonly #context: SinkContext;
  readonly #roomWaiters: (() => void)[] = [];
  #deadLetters: DeadLetters | undefined;
  #buffer: EventBuffer | undefined;
  #transport: Transport<unknown> | undefined;
  #sender: Sender | undefined;
  #closed: Promise<void> | undefined;

  constructor(selection: Selection, parts: NetworkParts, options: DeliveryOptions, context: SinkContext) {
    this.name = options.name;
    this.#account = new Account(options.name);
    this.#selection = selection;
    this.#parts = parts;
    this.#options = options;
    this.#context = context;
  }

  async open(): Promise<void> {
    const warn = (key: string, message: string) => this.#context.warn(`${this.name}:${key}`, message);
    const transport = await this.#parts.connect();
    this.#transport = transport;
    const { deadLetter, shownDeadLetter = deadLetter } = this.#options;
    if (deadLetter !== undefined) {
      this.#deadLetters = new DeadLetters({
        name: this.name,
        path: deadLetter,
        shownPath: shownDeadLetter ?? deadLetter,
        text: this.#parts.encoder.form === 'lines',
        warn,
      });
      await this.#deadLetters.open();
    }
    const buffer = await this.#newBuffer();
    const batcher = new Batcher(buffer, this.#options);
    const replayed = await buffer.open({
      dropped: (cause, count) => this.#account.drop(cause, count),
      changed: () => {
        batcher.look();
        if (!buffer.full) for (const wake of this.#roomWaiters.splice(0)) wake();
      },
      warn,
    });
    this.#account.replay(replayed);
    this.#buffer = buffer;
    this.#sender = new Sender(
      {
        buffer,
        batcher,
        transport,
        account: this.#account,
        deadLetters: this.#deadLetters,
        warn: (key, message) => warn(key, `sink "${this.name}": ${message}`),
      },
      this.#options,
    );
    batcher.look();
  }

  accept(batch: EventBatch): void {
    if (batch.count(this.#selection) > 0) this.#take(this.#parts.encoder.events(batch, this.#selection));
  }

  acceptSnapshot(snapshot: MapSnapshot): void {
    if (!this.#selection.takes(snapshot.map.name)) return;
    for (const rows of this.#parts.encoder.rows(snapshot)) this.#take(rows);
  }

  room(): Promise<void> | undefined {
    if (this.#buffer?.full !== true || this.#closed !== undefined) return undefined;
    return new Promise((resolve) => {
      this.#roomWaiters.push(resolve);
    });
  }

  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  ledger(): SinkLedger {
    return this.#account.ledger();
  }

  #take(events: EncodedEvents): void {
    this.#account.offer(events.count);
    if (this.#buffer === undefined || this.#closed !== undefined) this.#account.drop('closed', events.count);
    else this.#buffer.add(events);
  }

  async #newBuffer(): Promise<EventBuffer> {
    const { name, buffer } = this.#options;
    const { disk, shownDisk = disk, ...limits } = buffer;
    if (disk === undefined) return new MemoryBuffer({ name, ...limits });
    const { DiskBuffer } = await import('./disk-buffer.js');
    return new DiskBuffer({ name, form: this.#parts.encoder.form, folder: disk, shownFolder: shownDisk, ...limits });
  }

  async #close(deadlineMs: number): Promise<void> {
    for (const wake of this.#roomWaiters.splice(0)) wake();
    await this.#sender?.close(deadlineMs);
    const left = (await this.#buffer?.close()) ?? 0;
    if (this.#buffer?.keeps === false) this.#account.drop('deadline', left);
    const { waiting } = this.#account.ledger();
    const { disk, shownDisk = disk } = this.#options.buffer;
    if (waiting > 0)
      this.#context.warn(
        `${this.name}:kept`,
        `sink "${this.name}": ${waiting} events wait in "${shownDisk}" for the next run`,
      );
    await this.#deadLetters?.close();
    await this.#transport?.close();
  }
}
