/**
 * Events that wait in a folder, and survive the process. What is added is gathered and written while the write before is
 * synced, so that one sync serves all that came meanwhile; it can be read, and sent, once it is on the disk. A run that
 * finds a folder of an earlier one begins with what that had not delivered.
 */
import { access, constants, mkdir, rm, stat, truncate } from 'node:fs/promises';
import { basename } from 'node:path';
import type { EncodedEvents } from '../../events/encoding.js';
import { errorCode, errorMeaning, SinkError } from '../sink-error.js';
import { readAcknowledged, writeAcknowledged } from './acknowledged.js';
import { type Batch, type BatchSize, lastWithin, runOf } from './batch.js';
import { type BufferListener, type EventBuffer, noRoom, type WhenFull } from './event-buffer.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { type ItemForm, itemFormText, noteItemForm, readItemForm } from './item-form.js';
import { findSegments, measure, type Segment } from './segment.js';
import { SegmentReader } from './segment-reader.js';
import { SegmentWriter } from './segment-writer.js';

export interface DiskBufferOptions {
  /** Of the sink, for messages. */
  readonly name: string;
  /** What its items are; events as JSON where it is missing. */
  readonly form?: ItemForm;
  readonly folder: string;
  /** In messages; missing: the folder. */
  readonly shownFolder?: string | undefined;
  /** Of the files, and of what is not written yet. */
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
}

const largestSegment = 16 * 1024 * 1024;
const smallestSegment = 4 * 1024;
const segmentsAtLeast = 16;
/** Of one append. */
const appendBytes = 4 * 1024 * 1024;
/** How long what is done may not be noted: after a crash so much is sent twice. */
const noteDelayMs = 100;
const writeAgainMs = 500;

export class DiskBuffer implements EventBuffer {
  readonly keeps = true;
  readonly #options: DiskBufferOptions;
  readonly #segments: Segment[] = [];
  readonly #writer: SegmentWriter;
  readonly #reader: SegmentReader;
  #listener: BufferListener | undefined;
  #lock: FolderLock | undefined;
  /** Added, and not written yet. */
  #pending: EncodedEvents[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #writeFailing = false;
  /** The number of the next item that is written. */
  #end = 0;
  #noted = 0;
  #noteTimer: NodeJS.Timeout | undefined;
  #noting: Promise<void> = Promise.resolve();
  #closing = false;
  #endPause: (() => void) | undefined;
  /** Items of an earlier run that were found to be damaged. */
  #lostBefore = 0;
  #recovering = true;
  readonly #removing = new Set<Promise<void>>();

  constructor(options: DiskBufferOptions) {
    this.#options = options;
    const segmentBytes = Math.min(largestSegment, Math.max(smallestSegment, options.maxBytes / segmentsAtLeast));
    this.#writer = new SegmentWriter(options.folder, this.#segments, segmentBytes);
    this.#reader = new SegmentReader(this.#segments, (segment, lost) => this.#corrupt(segment, lost));
  }

  async open(listener: BufferListener): Promise<number> {
    this.#listener = listener;
    const { name, folder, shownFolder: shown = folder } = this.#options;
    try {
      // Not with those above it: Node's `recursive` never ends where a file system refuses new folders with ENOENT, as /proc does.
      await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
        if (errorCode(error) !== 'EEXIST') throw error;
      });
      if (!(await stat(folder)).isDirectory())
        throw new SinkError(
          `sink "${name}": the buffer "${shown}" is no folder`,
          ['a buffer is a folder of its own, which probepipe makes'],
          'buffer.disk',
        );
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      const locking = await lockFolder(folder);
      if ('heldBy' in locking)
        throw new SinkError(
          `sink "${name}": the buffer "${shown}" is in use by ${locking.heldBy}`,
          ['give each run a folder of its own'],
          'buffer.disk',
        );
      this.#lock = locking.lock;
      await this.#recover();
      await this.#claim();
    } catch (error) {
      if (error instanceof SinkError) throw error;
      const code = errorCode(error);
      throw new SinkError(
        `sink "${name}": the buffer "${shown}" cannot be used: ${errorMeaning(code)}`,
        code === 'ENOENT' ? ['make the folders above it first: probepipe makes the last one alone'] : [],
        'buffer.disk',
      );
    }
    return this.unread.count + this.#lostBefore;
  }

  get full(): boolean {
    if (this.#options.whenFull !== 'block') return false;
    return this.#bytes >= this.#options.maxBytes || this.#pendingBytes >= 2 * appendBytes;
  }

  get unread(): { count: number; bytes: number } {
    return this.#reader.unread(this.#end);
  }

  get settled(): boolean {
    return this.#pending.length === 0 && this.#writing === undefined;
  }

  add(events: EncodedEvents): void {
    const { whenFull, maxBytes, name } = this.#options;
    if (events.count === 0) return;
    const bytes = sizeOf(events);
    if (whenFull === 'drop_oldest') this.#makeRoom(bytes);
    const room = maxBytes - this.#bytes;
    let taken = events.count;
    if (whenFull !== 'block' && bytes > room)
      taken = Math.min(events.count, lastWithin(events.ends, 0, events.count, room - events.count * 4));
    if (taken > 0) {
      const run = runOf(events, 0, taken);
      this.#pending.push({ ...run, bytes: run.bytes.slice() });
      this.#pendingBytes += sizeOf(run);
      this.#write();
    }
    if (taken === events.count) return;
    this.#listener?.dropped(noRoom, events.count - taken);
    this.#listener?.warn(
      'full',
      `sink "${name}": its buffer is full (${maxBytes} bytes); new events are dropped and counted`,
    );
  }

  read(size: BatchSize): Promise<Batch> {
    return this.#reader.read(size, this.#end);
  }

  done(batch: Batch): void {
    this.#reader.done(batch);
    this.#noteTimer ??= setTimeout(() => this.#note(), noteDelayMs);
    this.#listener?.changed();
  }

  async close(): Promise<number> {
    this.#closing = true;
    this.#endPause?.();
    await this.#writing;
    await this.#writer.close();
    await this.#note();
    await this.#reader.close();
    this.#removeDone();
    await Promise.all(this.#removing);
    await this.#lock?.release();
    return this.unread.count;
  }

  get #bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, this.#pendingBytes);
  }

  /** For items of this form, where none of another wait. */
  async #claim(): Promise<void> {
    const { name, folder, shownFolder: shown = folder, form = 'json' } = this.#options;
    const before = await readItemForm(folder);
    if (before === form) return;
    if (before === undefined || this.unread.count === 0) return noteItemForm(folder, form);
    await this.#lock?.release();
    throw new SinkError(
      `sink "${name}": in the buffer "${shown}" wait ${itemFormText(before)} of an earlier run, and this sink sends ${itemFormText(form)}`,
      ['have the sink that they are of send them once more, or give this one a folder of its own'],
      'buffer.disk',
    );
  }

  async #recover(): Promise<void> {
    const { folder, shownFolder: shown = folder, name } = this.#options;
    const found = await findSegments(folder);
    const acknowledged = (await readAcknowledged(folder)) ?? found[0]?.first ?? 0;
    for (const [index, segment] of found.entries()) {
      const after = await measure(segment);
      const next = found[index + 1];
      if (after > 0) {
        await truncate(segment.path, segment.bytes);
        // Within the sequence it is known how many items those bytes were; at its end they had not counted as taken.
        if (next !== undefined && next.first > acknowledged)
          this.#corrupt(segment, next.first - Math.max(segment.end, acknowledged));
      }
      if (after > 0 && next === undefined) {
        this.#listener?.warn(
          'cut',
          `sink "${name}": the buffer "${shown}" was cut at its last whole record, ${after} bytes before the end: an earlier run was ended while it wrote`,
        );
      }
      if (segment.end <= acknowledged || segment.bytes === 0) await rm(segment.path);
      else this.#segments.push(segment);
      this.#end = Math.max(this.#end, segment.end, next?.first ?? 0);
    }
    this.#end = Math.max(this.#end, acknowledged);
    this.#noted = acknowledged;
    this.#reader.begin(acknowledged);
    this.#recovering = false;
  }

  #write(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#listener?.changed();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      let count = 0;
      let bytes = 0;
      let runs = 0;
      for (; runs < this.#pending.length && bytes < appendBytes; runs++) {
        const run = this.#pending[runs];
        if (run === undefined) break;
        count += run.count;
        bytes += sizeOf(run);
      }
      try {
        await this.#writer.append(this.#pending.slice(0, runs), this.#end);
        this.#end += count;
        if (this.#writeFailing) this.#warn('writes again', 'can be written again');
        this.#writeFailing = false;
      } catch (error) {
        const code = errorCode(error);
        const lost = this.#options.whenFull !== 'block' || this.#closing;
        this.#writeFailing = true;
        this.#warn(
          code,
          `cannot be written: ${errorMeaning(code)}; events ${lost ? 'are dropped and counted' : 'wait in the kernel'}`,
        );
        if (!lost) {
          await this.#pause();
          continue;
        }
        this.#listener?.dropped(`buffer write failed (${code})`, count);
      }
      this.#pending.splice(0, runs);
      this.#pendingBytes -= bytes;
      this.#listener?.changed();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, writeAgainMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Gives up the oldest segments. What is under way of them is not lost, and keeps its file. */
  #makeRoom(bytes: number): void {
    const { name, maxBytes } = this.#options;
    while (this.#bytes + bytes > maxBytes) {
      const skipped = this.#reader.skipSegment();
      if (skipped === undefined) return;
      this.#listener?.dropped(noRoom, skipped.lost);
      this.#listener?.warn(
        'full',
        `sink "${name}": its buffer is full (${maxBytes} bytes); the oldest events are dropped and counted`,
      );
      if (!this.#reader.holds(skipped.segment) && skipped.segment !== this.#writer.current)
        this.#remove(skipped.segment);
      this.#noteTimer ??= setTimeout(() => this.#note(), noteDelayMs);
    }
  }

  #corrupt(segment: Segment, lost: number): void {
    if (lost === 0) return;
    const { name, folder, shownFolder: shown = folder } = this.#options;
    if (this.#recovering) this.#lostBefore += lost;
    this.#listener?.dropped('buffer corrupt', lost);
    this.#listener?.warn(
      `corrupt ${segment.path}`,
      `sink "${name}": "${shown}/${basename(segment.path)}" is not what was written: ${lost} events of it are lost`,
    );
  }

  /** Notes on the disk how far all is done, and removes what nobody needs any more. */
  #note(): Promise<void> {
    clearTimeout(this.#noteTimer);
    this.#noteTimer = undefined;
    this.#noting = this.#noting.then(async () => {
      const done = this.#reader.doneUpTo;
      if (done === this.#noted) return;
      try {
        await writeAcknowledged(this.#options.folder, done);
        this.#noted = done;
      } catch (error) {
        const reason = errorMeaning(errorCode(error));
        this.#warn('note', `cannot note what was delivered: ${reason}; the next run may send it again`);
      }
      this.#removeDone();
      this.#listener?.changed();
    });
    return this.#noting;
  }

  #removeDone(): void {
    const { doneUpTo } = this.#reader;
    for (const segment of [...this.#segments])
      if (segment.end <= doneUpTo && segment !== this.#writer.current) this.#remove(segment);
  }

  #remove(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    const removing = rm(segment.path, { force: true })
      .catch(() => {})
      .finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }

  #warn(key: string, message: string): void {
    const { name, folder, shownFolder: shown = folder } = this.#options;
    this.#listener?.warn(`buffer ${key}`, `sink "${name}": the buffer "${shown}" ${message}`);
  }
}

/** What it takes in a file, but for the frame's header. */
function sizeOf({ bytes, count }: EncodedEvents): number {
  return bytes.length + count * 4;
}
