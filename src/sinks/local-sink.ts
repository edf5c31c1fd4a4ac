/** What `stdout` and `file` share: a format, an output, and books. */

import type { Manifest } from '../compile/manifest.js';
import { type EncodedEvents, joinedLines } from '../events/encoding.js';
import { csvColumns, csvHeader, type EventBatch } from '../events/event-batch.js';
import type { ByteFormat } from '../events/event-formats.js';
import { foldedSelection } from '../events/folded-stacks.js';
import { type DrawingOptions, drawSnapshot } from '../events/map-drawing.js';
import type { MapSnapshot } from '../events/map-snapshot.js';
import type { Selection } from '../events/selection.js';
import { EventTable } from '../events/table.js';
import { Account } from './account.js';
import { jsonArrayFormatter } from './json-array.js';
import type { Output } from './output.js';
import type { Sink, SinkLedger } from './sink.js';
import { SinkError } from './sink-error.js';

export type LocalFormat = ByteFormat | 'json' | 'folded' | 'flamegraph' | 'table' | 'template';

/** Turns events and snapshots into the bytes of one format. */
export interface Formatter {
  /** Bytes at the beginning of an empty output. */
  readonly preamble: Uint8Array;
  events(batch: EventBatch): EncodedEvents;
  rows(snapshot: MapSnapshot): Iterable<EncodedEvents>;
  /** What the format can show, where that is less than what the sink takes. */
  readonly selection?: Selection;
  /** For a format that is one whole: all that it was given until now, written at the end. The others give nothing before. */
  page?(): Uint8Array;
  /** What stands behind all events. */
  readonly ending?: Uint8Array;
}

export async function plainFormatter(
  manifest: Manifest,
  selection: Selection,
  format: Exclude<LocalFormat, 'table'>,
  template = '',
): Promise<Formatter> {
  switch (format) {
    case 'folded':
      return foldedFormatter(manifest, selection, format);
    case 'json':
      return jsonArrayFormatter(byteFormatter(manifest, selection, 'jsonl'));
    case 'flamegraph':
      return (await import('./flamegraph-format.js')).flamegraphFormatter(manifest, selection);
    case 'template':
      return (await import('./template-format.js')).templateFormatter(template, selection);
    default:
      return byteFormatter(manifest, selection, format);
  }
}

function byteFormatter(manifest: Manifest, selection: Selection, format: ByteFormat): Formatter {
  const columns = csvColumns(manifest, selection);
  return {
    preamble: format === 'csv' ? Buffer.from(csvHeader(columns)) : new Uint8Array(),
    events: (batch) => batch.encode(format, selection),
    rows: (snapshot) => snapshot.encode(format, columns),
  };
}

/** Flame-graph input: see events/folded-stacks.ts. Throws a `SinkError` where there is no stack to show. */
export function foldedFormatter(manifest: Manifest, selection: Selection, format: 'folded' | 'flamegraph'): Formatter {
  const narrowed = foldedSelection(manifest, selection);
  if (narrowed === undefined)
    throw new SinkError(`the format "${format}" shows stacks, and here is none`, [
      'give a probe kstack or ustack among its fields, or a map that counts by one: counts[ustack]: count()',
    ]);
  return {
    preamble: new Uint8Array(),
    selection: narrowed,
    events: (batch) => linesOf(batch.folded(narrowed)),
    *rows(snapshot) {
      yield linesOf([...snapshot.folded()]);
    },
  };
}

/** Texts, each with its end. */
export function linesOf(texts: readonly string[]): EncodedEvents {
  return joinedLines(texts.map((text) => Buffer.from(text)));
}

export interface TableFormatOptions extends DrawingOptions {
  /** Lines of the terminal; 0 where the header need not be repeated. */
  readonly height: number;
}

export function tableFormatter(manifest: Manifest, selection: Selection, options: TableFormatOptions): Formatter {
  const table = new EventTable(manifest, selection, options);
  let first = true;
  return {
    preamble: new Uint8Array(),
    events: (batch) => {
      first = false;
      return linesOf(table.text(batch));
    },
    *rows(snapshot) {
      const gap = first ? '' : '\n';
      first = false;
      table.interrupt();
      const bytes = Buffer.from(`${gap}${[...drawSnapshot(snapshot, options)].join('\n')}\n`);
      // A drawing is one thing: its rows are delivered when all of it is.
      yield { bytes, count: snapshot.count, ends: new Uint32Array(snapshot.count).fill(bytes.length) };
    },
  };
}

export abstract class LocalSink implements Sink {
  readonly name: string;
  protected readonly account: Account;
  readonly #selection: Selection;
  #formatter: Formatter | undefined;
  #output: Output | undefined;
  /** The books of the one page that a format may be: its events are delivered when it is. */
  readonly #pages: Account;
  #inPage = 0;

  constructor(name: string, selection: Selection) {
    this.name = name;
    this.account = new Account(name);
    this.#pages = new Account(name);
    this.#selection = selection;
  }

  abstract open(): Promise<void>;

  /** Whose books the output keeps. */
  protected accountFor(formatter: Formatter): Account {
    return formatter.page === undefined ? this.account : this.#pages;
  }

  protected start(formatter: Formatter, output: Output): void {
    this.#formatter = formatter;
    this.#output = output;
  }

  /** Of something that the sink takes. */
  protected beforeWriting(): void {}

  get #taken(): Selection {
    return this.#formatter?.selection ?? this.#selection;
  }

  accept(batch: EventBatch): void {
    const count = batch.count(this.#taken);
    if (count === 0) return;
    this.beforeWriting();
    this.account.offer(count);
    if (this.#formatter === undefined || this.#output === undefined) this.account.drop('closed', count);
    else this.#write([this.#formatter.events(batch)], count, this.#formatter, this.#output);
  }

  acceptSnapshot(snapshot: MapSnapshot): void {
    if (!this.#taken.takes(snapshot.map.name)) return;
    if (snapshot.count > 0) this.beforeWriting();
    this.account.offer(snapshot.count);
    if (this.#formatter === undefined || this.#output === undefined) this.account.drop('closed', snapshot.count);
    else this.#write(this.#formatter.rows(snapshot), snapshot.count, this.#formatter, this.#output);
  }

  #write(parts: Iterable<EncodedEvents>, count: number, formatter: Formatter, output: Output): void {
    const isPage = formatter.page !== undefined;
    if (isPage) this.#inPage += count;
    for (const part of parts) if (!isPage) output.write(part);
  }

  async close(deadlineMs: number): Promise<void> {
    const page = this.#output === undefined ? undefined : this.#formatter?.page?.();
    if (page !== undefined) {
      this.#pages.offer(1);
      this.#output?.write({ bytes: page, count: 1, ends: Uint32Array.of(page.length) });
    }
    const ending = this.#formatter?.ending;
    if (ending !== undefined) this.#output?.write({ bytes: ending, count: 0, ends: new Uint32Array() });
    await this.#output?.close(deadlineMs);
    this.#output = undefined;
    if (page !== undefined) this.#settlePage();
  }

  #settlePage(): void {
    const { dropped } = this.#pages.ledger();
    const [cause] = Object.keys(dropped);
    if (cause === undefined) this.account.deliver(this.#inPage);
    else this.account.drop(cause, this.#inPage);
  }

  ledger(): SinkLedger {
    return this.account.ledger();
  }
}
