/**
 * `stdout`: events and maps to standard output, as a table on a terminal and as JSON Lines otherwise unless told. A reader that
 * leaves (`| head`) ends the run; one that is slow loses nothing until memory for it is used up.
 */
import type { Manifest } from '../compile/manifest.js';
import type { Selection } from '../events/selection.js';
import { type LocalFormat, LocalSink, plainFormatter, tableFormatter } from './local-sink.js';
import { openOutput } from './output.js';
import type { SinkContext } from './sink.js';
import { errorMeaning, SinkError } from './sink-error.js';
import { harmlessLines } from './terminal-lines.js';

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
}

export interface StdoutOptions {
  readonly name: string;
  /** Missing: by where it goes. */
  readonly format?: LocalFormat | undefined;
  /** Of the format `template`. */
  readonly template?: string | undefined;
  /** Usually 1. */
  readonly fd: number;
  /** Missing where standard output is no terminal. */
  readonly terminal?: Terminal | undefined;
  /** Whether bars may be drawn with block characters. */
  readonly unicode: boolean;
}

/** A table that goes to a file or a pager is not cut. */
const unlimitedColumns = 200;

export class StdoutSink extends LocalSink {
  readonly #manifest: Manifest;
  readonly #selection: Selection;
  readonly #options: StdoutOptions;
  readonly #context: SinkContext;

  constructor(manifest: Manifest, selection: Selection, options: StdoutOptions, context: SinkContext) {
    super(options.name, selection);
    this.#manifest = manifest;
    this.#selection = selection;
    this.#options = options;
    this.#context = context;
  }

  async open(): Promise<void> {
    const { fd, terminal, unicode, name } = this.#options;
    const format = this.#options.format ?? (terminal === undefined ? 'jsonl' : 'table');
    if (format === 'flamegraph' && terminal !== undefined)
      throw new SinkError('the format "flamegraph" is a page for a browser, and this is a terminal', [
        'write it to a file: probepipe run FILE --format flamegraph > flamegraph.html',
      ]);
    const formatter =
      format === 'table'
        ? tableFormatter(this.#manifest, this.#selection, {
            width: terminal?.columns ?? unlimitedColumns,
            height: terminal?.rows ?? 0,
            unicode,
          })
        : await plainFormatter(this.#manifest, this.#selection, format, this.#options.template);
    // What a template writes is harmless already, but for its own tabs.
    const isSafe = format === 'table' || format === 'template';
    const shown = terminal === undefined || isSafe ? formatter : harmlessLines(formatter);
    const output = openOutput(fd, {
      account: this.accountFor(formatter),
      appending: false,
      preamble: formatter.preamble,
      events: {
        failed: (code) =>
          this.#context.warn(
            `${name}:${code}`,
            `cannot write to standard output: ${errorMeaning(code)}; events are dropped and counted`,
          ),
        recovered: () => this.#context.warn(`${name}:recovered`, 'standard output takes events again'),
        gone: () => this.#context.stop('the reader of standard output is gone'),
      },
    });
    this.start(shown, output);
  }
}
