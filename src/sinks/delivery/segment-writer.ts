/** Appends to the segments of a folder, and has each append on the disk before the next. */
import { type FileHandle, open } from 'node:fs/promises';
import type { EncodedEvents } from '../../events/encoding.js';
import { syncFolder } from './acknowledged.js';
import { frameBytes, writeFrame } from './frame.js';
import { type Segment, segmentAt } from './segment.js';

export class SegmentWriter {
  readonly #folder: string;
  readonly #segments: Segment[];
  readonly #segmentBytes: number;
  #file: FileHandle | undefined;
  #to: Segment | undefined;

  /** New segments are added to `segments` when they have their first frame. */
  constructor(folder: string, segments: Segment[], segmentBytes: number) {
    this.#folder = folder;
    this.#segments = segments;
    this.#segmentBytes = segmentBytes;
  }

  /** All of it or, when it rejects (ENOSPC, EIO), nothing: what was written of it is cut off. `first` is the number of the first item. */
  async append(runs: readonly EncodedEvents[], first: number): Promise<void> {
    const out = Buffer.allocUnsafe(runs.reduce((sum, run) => sum + frameBytes(run), 0));
    let end = 0;
    let count = 0;
    for (const run of runs) {
      end = writeFrame(run, out, end);
      count += run.count;
    }
    if (this.#to !== undefined && this.#to.bytes > 0 && this.#to.bytes + out.length > this.#segmentBytes)
      await this.close();
    const { file, segment } = await this.#open(first);
    try {
      for (let written = 0; written < out.length; ) {
        const { bytesWritten } = await file.write(out, written, out.length - written, segment.bytes + written);
        written += bytesWritten;
      }
      await file.datasync();
    } catch (error) {
      // What cannot even be cut stays as a frame that is not whole, at the end of a file that is not appended to again.
      await file.truncate(segment.bytes).catch(() => {});
      await this.close();
      throw error;
    }
    if (segment.end === segment.first) this.#segments.push(segment);
    segment.bytes += out.length;
    segment.end += count;
  }

  /** The segment that the next append may go on with. */
  get current(): Segment | undefined {
    return this.#to;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#to = undefined;
    await file?.close().catch(() => {});
  }

  async #open(first: number): Promise<{ file: FileHandle; segment: Segment }> {
    if (this.#file !== undefined && this.#to !== undefined) return { file: this.#file, segment: this.#to };
    const segment = segmentAt(this.#folder, first);
    const file = await open(segment.path, 'w', 0o600);
    this.#file = file;
    this.#to = segment;
    await syncFolder(this.#folder);
    return { file, segment };
  }
}
