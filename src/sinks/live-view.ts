/** `--live`: maps redrawn in place on a terminal, each second, with events scrolling by above them. What the pipeline's other sinks get is not touched by it. */
import type { Manifest } from '../compile/manifest.js';
import { cutTo } from '../diagnostics/terminal-text.js';
import type { EventBatch } from '../events/event-batch.js';
import { drawSnapshot } from '../events/map-drawing.js';
import type { MapSnapshot } from '../events/map-snapshot.js';
import type { Selection } from '../events/selection.js';
import { EventTable } from '../events/table.js';
import { mapTraits } from '../language/map-kinds.js';
import { Account } from './account.js';
import type { RunReadings, Sink, SinkContext, SinkLedger } from './sink.js';
import { SinkError } from './sink-error.js';

/** What stands on the terminal; a pseudo terminal's size may change at any time. */
export interface LiveTerminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

const periodMs = 1000;

/** Of a terminal that does not know its size, such as a serial line or one of a container, and says 0. */
const usualColumns = 80;
const usualRows = 24;

/** The pictures of all pipelines of a run, one below the other: a terminal has one place to draw at. */
export class LiveScreen {
  readonly #pictures = new Map<string, readonly string[]>();
  #drawn = 0;

  constructor(private readonly terminal: LiveTerminal) {}

  get width(): number {
    return this.terminal.columns || usualColumns;
  }

  /** `lines` take the place of what `name` was before. */
  show(name: string, lines: readonly string[]): void {
    this.#pictures.set(name, lines);
    this.#draw('');
  }

  /** Lines that stay, above the pictures. */
  scroll(text: string): void {
    this.#draw(text);
  }

  #draw(above: string): void {
    const columns = this.terminal.columns || usualColumns;
    const rows = this.terminal.rows || usualRows;
    const all = [...this.#pictures.values()].flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
    // What scrolled out at the top could not be drawn over, and neither could a line that goes on in the next row.
    const most = Math.max(2, rows - 2);
    const cut = all.length > most ? [...all.slice(0, most), `… ${all.length - most} more lines`] : all;
    const before = this.#drawn === 0 ? '' : `\x1b[${this.#drawn}F\x1b[J`;
    this.#drawn = cut.length;
    const text = cut.map((line) => `${cutTo(line, columns)}\n`).join('');
    this.terminal.write(`${before}${above}${text}`);
  }
}

export interface LiveOptions {
  readonly name: string;
  /** Missing where standard output is no terminal. */
  readonly screen: LiveScreen | undefined;
  readonly unicode: boolean;
}

export class LiveView implements Sink {
  readonly name: string;
  readonly #manifest: Manifest;
  readonly #selection: Selection;
  readonly #options: LiveOptions;
  readonly #run: { readonly context: SinkContext; readonly readings: RunReadings };
  readonly #account: Account;
  #table: EventTable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;

  constructor(
    manifest: Manifest,
    selection: Selection,
    options: LiveOptions,
    run: { readonly context: SinkContext; readonly readings: RunReadings },
  ) {
    this.name = options.name;
    this.#manifest = manifest;
    this.#selection = selection;
    this.#options = options;
    this.#run = run;
    this.#account = new Account(options.name);
  }

  async open(): Promise<void> {
    const { screen } = this.#options;
    if (screen === undefined)
      throw new SinkError('--live redraws maps on a terminal, and standard output is none', ['leave out --live']);
    this.#table = new EventTable(this.#manifest, this.#selection, { width: screen.width, height: 0 });
    this.#timer = setInterval(() => this.#look(), periodMs);
  }

  accept(batch: EventBatch): void {
    const count = batch.count(this.#selection);
    if (count === 0 || this.#table === undefined) return;
    this.#account.offer(count);
    this.#options.screen?.scroll(this.#table.text(batch).join(''));
    this.#account.deliver(count);
  }

  acceptSnapshot(snapshot: MapSnapshot): void {
    if (!this.#selection.takes(snapshot.map.name)) return;
    this.#account.offer(snapshot.count);
    this.#show(snapshot);
    this.#account.deliver(snapshot.count);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  ledger(): SinkLedger {
    return this.#account.ledger();
  }

  #show(snapshot: MapSnapshot): void {
    const { screen, unicode } = this.#options;
    if (screen === undefined) return;
    const lines = [...drawSnapshot(snapshot, { width: screen.width, unicode })];
    screen.show(`${this.#manifest.name} ${snapshot.map.name}`, lines);
  }

  /** Those that are not told of by themselves: a queue would be empty after it, and what is `reset` is shown by its own period. */
  async #look(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (const map of this.#manifest.maps) {
        if (!map.shown || map.reset || !this.#selection.takes(map.name) || mapTraits[map.kind].form === 'sequence')
          continue;
        const snapshot = await this.#run.readings.readMap(map.name);
        if (snapshot !== undefined && this.#timer !== undefined) this.#show(snapshot);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#run.context.warn(`${this.name}:live`, `a map could not be read for --live: ${reason}`);
    } finally {
      this.#reading = false;
    }
  }
}
