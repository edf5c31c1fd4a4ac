/**
 * `file`: JSON Lines, CSV or stacks to a file, appended or anew, and begun anew by size and age. A full disk is survived: said once,
 * counted, and gone on with when there is room; what stands in the file is whole lines always.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Manifest } from '../compile/manifest.js';
import type { EventBatch } from '../events/event-batch.js';
import type { MapSnapshot } from '../events/map-snapshot.js';
import type { Selection } from '../events/selection.js';
import { type Formatter, type LocalFormat, LocalSink, plainFormatter } from './local-sink.js';
import { type Output, openOutput } from './output.js';
import { nextOldFile, type RotationOptions, tidy } from './rotation.js';
import type { SinkContext } from './sink.js';
import { errorCode, errorMeaning, SinkError } from './sink-error.js';
import { Syncing } from './syncing.js';
import { loadZstd } from './zstd.js';

export interface FileOptions {
  readonly name: string;
  /** `{date}` in it is today's. */
  readonly path: string;
  /** In messages; missing: the path. */
  readonly shownPath?: string | undefined;
  readonly format: Exclude<LocalFormat, 'table'>;
  /** Of the format `template`. */
  readonly template?: string | undefined;
  readonly append: boolean;
  /** Missing: the file only grows. */
  readonly rotate?: RotationOptions | undefined;
  /** How often what was written is brought to the disk itself; missing: when the system likes. */
  readonly syncMs?: number | undefined;
  /** Milliseconds of a clock that does not step; missing: the process's. */
  readonly clock?: () => number;
  /** `2026-01-31`; missing: of the system's clock, in UTC. */
  readonly today?: () => string;
}

/** After a rotation that failed, how long until the next try. */
const rotationRetryMs = 1000;

interface Rotating {
  readonly options: RotationOptions;
  /** Of the file itself: a symbolic link to it stays where it is. */
  readonly path: string;
  readonly formatter: Formatter;
}

const newFileMode = 0o644;
const dateInPath = '{date}';
/** Of an ISO 8601 date. */
const dateLength = 10;

export class FileSink extends LocalSink {
  readonly #manifest: Manifest;
  readonly #selection: Selection;
  readonly #options: FileOptions;
  readonly #context: SinkContext;
  readonly #clock: () => number;
  readonly #today: () => string;
  /** With the day that it is of. */
  #path: string;
  /** The same for messages. */
  #shown: string;
  #fd: number | undefined;
  #output: Output | undefined;
  #syncing: Syncing | undefined;
  #rotating: Rotating | undefined;
  #formatter: Formatter | undefined;
  #openedAt = 0;
  #retryAt = 0;
  /** What goes on beside the writing: old files are compressed and removed one after another. */
  #background = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(manifest: Manifest, selection: Selection, options: FileOptions, context: SinkContext) {
    super(options.name, selection);
    this.#manifest = manifest;
    this.#selection = selection;
    this.#options = options;
    this.#context = context;
    this.#clock = options.clock ?? (() => performance.now());
    this.#today = options.today ?? (() => new Date().toISOString().slice(0, dateLength));
    this.#path = this.#pathNow();
    this.#shown = this.#shownNow();
  }

  /** Rejects with a `SinkError` where the file cannot be opened for writing. */
  async open(): Promise<void> {
    const { format, template, rotate } = this.#options;
    const path = this.#pathNow();
    this.#path = path;
    this.#shown = this.#shownNow();
    // Two pages in one file are none.
    const append = this.#options.append && format !== 'flamegraph';
    if (rotate !== undefined && format === 'flamegraph')
      throw new SinkError(
        'a flame graph is one page and cannot be rotated',
        ['leave "rotate" out: the page is begun anew by each run'],
        'rotate',
      );
    // What is missing is told now, and not when the first old file is to be compressed.
    if (rotate?.compress === 'zstd') loadZstd('rotate.compress');
    const formatter = await plainFormatter(this.#manifest, this.#selection, format, template);
    const fd = openForWriting({ path, shown: this.#shown }, append);
    this.#fd = fd;
    this.#formatter = formatter;
    if (rotate !== undefined && !fstatSync(fd).isFile())
      throw new SinkError(
        `"${this.#shown}" is no regular file and cannot be rotated`,
        ['leave "rotate" out'],
        'rotate',
      );
    this.#begin(fd, append, formatter);
    if (rotate === undefined) return;
    this.#rotating = { options: rotate, path: realpathSync(path), formatter };
    this.#tidy(this.#rotating);
  }

  override accept(batch: EventBatch): void {
    super.accept(batch);
    this.#syncing?.wrote();
  }

  override acceptSnapshot(snapshot: MapSnapshot): void {
    super.acceptSnapshot(snapshot);
    this.#syncing?.wrote();
  }

  protected override beforeWriting(): void {
    this.#followDate();
    this.#rotateWhereDue();
  }

  #pathNow(): string {
    return this.#options.path.replaceAll(dateInPath, this.#today());
  }

  #shownNow(): string {
    const { path, shownPath } = this.#options;
    return (shownPath ?? path).replaceAll(dateInPath, this.#today());
  }

  /** A new day has a file of its own. Where that cannot be opened, the old one goes on. */
  #followDate(): void {
    const [fd, formatter] = [this.#fd, this.#formatter];
    if (fd === undefined || formatter === undefined || !this.#options.path.includes(dateInPath)) return;
    const [path, now] = [this.#pathNow(), this.#clock()];
    if (path === this.#path || now < this.#retryAt || formatter.page !== undefined) return;
    try {
      const shown = this.#shownNow();
      const next = openForWriting({ path, shown }, true);
      this.#path = path;
      this.#shown = shown;
      this.#goOnIn(next, fd, formatter);
      if (this.#rotating !== undefined) this.#rotating = { ...this.#rotating, path: realpathSync(path) };
    } catch (error) {
      if (!(error instanceof SinkError)) throw error;
      this.#retryAt = now + rotationRetryMs;
      this.#context.warn(`${this.name}:date:${path}`, `${error.message}; it goes on in "${this.#shown}"`);
    }
  }

  #begin(fd: number, append: boolean, formatter: Formatter): void {
    const { name } = this.#options;
    const path = this.#shown;
    this.#openedAt = this.#clock();
    const output = openOutput(fd, {
      account: this.accountFor(formatter),
      appending: true,
      preamble: startOf(fd, append, formatter.preamble),
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
    this.#output = output;
    this.#syncing = this.#syncingOf(fd);
    this.start(formatter, output);
  }

  #syncingOf(fd: number): Syncing | undefined {
    const { syncMs, name } = this.#options;
    const path = this.#shown;
    if (syncMs === undefined || !fstatSync(fd).isFile()) return undefined;
    const failed = (code: string): void =>
      this.#context.warn(
        `${name}:sync:${code}`,
        `"${path}" cannot be brought to the disk: ${errorMeaning(code)}; what was written last may be lost`,
      );
    return new Syncing(fd, { intervalMs: syncMs, failed });
  }

  /** Before a batch, so that what is rotated away is never empty and a run does not end with an empty file. */
  #rotateWhereDue(): void {
    const rotating = this.#rotating;
    const fd = this.#fd;
    if (rotating === undefined || fd === undefined) return;
    const { bytes = Number.POSITIVE_INFINITY, ageMs = Number.POSITIVE_INFINITY } = rotating.options;
    const now = this.#clock();
    if (now < this.#retryAt) return;
    const { size, ino, dev, mode } = fstatSync(fd);
    // A header alone is nothing to keep.
    if (size <= rotating.formatter.preamble.length || (size < bytes && now - this.#openedAt < ageMs)) return;
    try {
      this.#rotate(rotating, fd, { ino, dev, mode });
    } catch (error) {
      this.#retryAt = now + rotationRetryMs;
      this.#warnOfRotation(error);
    }
  }

  /** The old descriptor is used until the new one is open: where this throws, writing goes on as before. */
  #rotate(rotating: Rotating, fd: number, { ino, dev, mode }: Pick<Stats, 'ino' | 'dev' | 'mode'>): void {
    const { path, formatter } = rotating;
    const there = statSync(path, { throwIfNoEntry: false });
    const old = nextOldFile(path, readdirSync(dirname(path)));
    // Where another (logrotate) has moved the file away there is nothing left to rename.
    const ours = there?.ino === ino && there.dev === dev;
    if (ours) renameSync(path, old);
    let next: number;
    try {
      // Who may not read the old one may not read the new one.
      next = openForWriting({ path, shown: this.#shown }, true, mode & 0o777);
    } catch (error) {
      if (ours) renameSync(old, path);
      throw error;
    }
    this.#goOnIn(next, fd, formatter);
    this.#tidy(rotating);
  }

  #goOnIn(next: number, before: number, formatter: Formatter): void {
    const [output, syncing] = [this.#output, this.#syncing];
    this.#fd = next;
    this.#begin(next, true, formatter);
    const ended = (output?.close(0) ?? Promise.resolve()).then(() => syncing?.end()).finally(() => closeSync(before));
    this.#background = this.#background.then(() => ended);
  }

  /** Where it fails, writing goes on in the file as it is. A page is written at the end alone, and a pipe is where it was. */
  reopen(): void {
    const [fd, formatter, path] = [this.#fd, this.#formatter, this.#path];
    if (fd === undefined || formatter === undefined || formatter.page !== undefined) return;
    const stat = fstatSync(fd);
    if (!stat.isFile()) return;
    try {
      this.#goOnIn(openForWriting({ path, shown: this.#shown }, true, stat.mode & 0o777), fd, formatter);
    } catch (error) {
      if (error instanceof SinkError)
        this.#context.warn(`${this.name}:reopen`, `${error.message}; it goes on in the old one`);
      else throw error;
    }
  }

  #tidy({ path, options }: Rotating): void {
    this.#background = this.#background
      .then(() => tidy(path, options, this.#ending.signal))
      .catch((error: unknown) => {
        if (!this.#ending.signal.aborted) this.#warnOfRotation(error, 'compress or remove old files of');
      });
  }

  #warnOfRotation(error: unknown, what = 'rotate'): void {
    const { name } = this.#options;
    const path = this.#shown;
    const code = errorCode(error);
    this.#context.warn(
      `${name}:${what}:${code}`,
      `cannot ${what} "${path}": ${errorMeaning(code)}; no event is lost by it`,
    );
  }

  override async close(deadlineMs: number): Promise<void> {
    await super.close(deadlineMs);
    // A page is written only now.
    this.#syncing?.wrote();
    await this.#syncing?.end();
    this.#syncing = undefined;
    // What is not compressed by then stays as it is, for the next run.
    const timer = setTimeout(() => this.#ending.abort(), deadlineMs);
    await this.#background;
    clearTimeout(timer);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

interface NamedPath {
  readonly path: string;
  /** In messages. */
  readonly shown: string;
}

function openForWriting({ path, shown }: NamedPath, append: boolean, mode = newFileMode): number {
  const { O_RDWR, O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NONBLOCK, O_NOCTTY } = constants;
  // O_NONBLOCK: a FIFO without a reader is an error now, not a hang.
  const flags = O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | (append ? 0 : O_TRUNC);
  try {
    // Reading is for a look at how a regular file ends; a FIFO that we could read would never be without a reader.
    const kind = statSync(path, { throwIfNoEntry: false });
    const readable = kind === undefined || (kind.isFile() && (kind.mode & 0o444) !== 0);
    try {
      return openSync(path, (readable ? O_RDWR : O_WRONLY) | flags, mode);
    } catch (error) {
      if (!readable || errorCode(error) !== 'EACCES') throw error;
      return openSync(path, O_WRONLY | flags, mode);
    }
  } catch (error) {
    const code = errorCode(error);
    throw new SinkError(`cannot open "${shown}" for writing: ${errorMeaning(code)}`, hintsFor(code), 'path');
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
