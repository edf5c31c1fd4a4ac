/**
 * `file`: JSON Lines, CSV or stacks to a file, appended or anew. A full disk is survived: said once, counted, and gone on with when
 * there is room; what stands in the file is whole lines always.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Manifest } from '../compile/manifest.js';
import type { Selection } from '../events/selection.js';
import { type LocalFormat, LocalSink, plainFormatter } from './local-sink.js';
import { openOutput } from './output.js';
import type { SinkContext } from './sink.js';
import { errorCode, errorMeaning, SinkError } from './sink-error.js';

export interface FileOptions {
  readonly name: string;
  readonly path: string;
  readonly format: Exclude<LocalFormat, 'table'>;
  readonly append: boolean;
}

const newFileMode = 0o644;

export class FileSink extends LocalSink {
  readonly #manifest: Manifest;
  readonly #selection: Selection;
  readonly #options: FileOptions;
  readonly #context: SinkContext;
  #fd: number | undefined;

  constructor(manifest: Manifest, selection: Selection, options: FileOptions, context: SinkContext) {
    super(options.name, selection);
    this.#manifest = manifest;
    this.#selection = selection;
    this.#options = options;
    this.#context = context;
  }

  /** Rejects with a `SinkError` where the file cannot be opened for writing. */
  async open(): Promise<void> {
    const { path, format, name } = this.#options;
    // Two pages in one file are none.
    const append = this.#options.append && format !== 'flamegraph';
    const formatter = await plainFormatter(this.#manifest, this.#selection, format);
    const fd = openForWriting(path, append);
    this.#fd = fd;
    const preamble = startOf(fd, append, formatter.preamble);
    const output = openOutput(fd, {
      account: this.accountFor(formatter),
      appending: true,
      preamble,
      events: {
        failed: (code) =>
          this.#context.warn(
            `${name}:${code}`,
            `cannot write to "${path}": ${errorMeaning(code)}; events are dropped and counted until it works again`,
          ),
        recovered: () => this.#context.warn(`${name}:recovered`, `writing to "${path}" works again`),
        gone: () =>
          this.#context.warn(`${name}:gone`, `whoever read "${path}" is gone; its events are dropped and counted`),
      },
    });
    this.start(formatter, output);
  }

  override async close(deadlineMs: number): Promise<void> {
    await super.close(deadlineMs);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function openForWriting(path: string, append: boolean): number {
  const { O_RDWR, O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NONBLOCK, O_NOCTTY } = constants;
  // O_NONBLOCK: a FIFO without a reader is an error now, not a hang.
  const flags = O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | (append ? 0 : O_TRUNC);
  try {
    // Reading is for a look at how a regular file ends; a FIFO that we could read would never be without a reader.
    const kind = statSync(path, { throwIfNoEntry: false });
    const readable = kind === undefined || (kind.isFile() && (kind.mode & 0o444) !== 0);
    try {
      return openSync(path, (readable ? O_RDWR : O_WRONLY) | flags, newFileMode);
    } catch (error) {
      if (!readable || errorCode(error) !== 'EACCES') throw error;
      return openSync(path, O_WRONLY | flags, newFileMode);
    }
  } catch (error) {
    const code = errorCode(error);
    throw new SinkError(`cannot open "${path}" for writing: ${errorMeaning(code)}`, hintsFor(code));
  }
}

function hintsFor(code: string): string[] {
  if (code === 'ENOENT') return ['make the folder first: probepipe creates the file, not its folders'];
  if (code === 'EACCES' || code === 'EROFS') return ['choose a path that this user may write to'];
  return [];
}

/** The preamble only for an empty file; a line break where another writer left half a line. */
function startOf(fd: number, append: boolean, preamble: Uint8Array): Uint8Array {
  const stat = fstatSync(fd);
  if (!append || !stat.isFile() || stat.size === 0) return preamble;
  const last = new Uint8Array(1);
  try {
    readSync(fd, last, 0, 1, stat.size - 1);
  } catch {
    return new Uint8Array();
  }
  return last[0] === 0x0a ? new Uint8Array() : Uint8Array.of(0x0a);
}
