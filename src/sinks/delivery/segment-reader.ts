/** Reads the segments of a folder in their order, and keeps the books of what was read: under way, and done. */
import { type FileHandle, open } from 'node:fs/promises';
import type { EncodedEvents } from '../../events/encoding.js';
import { type Batch, type BatchSize, batchOf, fitting, runOf } from './batch.js';
import { frameAt, type Segment } from './segment.js';

export class SegmentReader {
  readonly #segments: readonly Segment[];
  readonly #corrupt: (segment: Segment, lost: number) => void;
  /** The number of the next item to read. */
  #next = 0;
  #file: { readonly segment: Segment; readonly handle: FileHandle } | undefined;
  /** Where the frame that `#frame` is, or the next one, lies in the file. */
  #at = 0;
  /** The number of the first item of the frame at `#at`. */
  #firstAt = 0;
  #frame: { readonly events: EncodedEvents; taken: number } | undefined;
  /** Batches that were read, by the number of their first item, and where each ends. */
  readonly #underWay = new Map<Batch, { readonly first: number; readonly end: number }>();
  #reading = false;

  /** `corrupt` is told of items that cannot be read. */
  constructor(segments: readonly Segment[], corrupt: (segment: Segment, lost: number) => void) {
    this.#segments = segments;
    this.#corrupt = corrupt;
  }

  begin(at: number): void {
    this.#next = Math.max(at, this.#segments[0]?.first ?? at);
  }

  /** All before this number are done. */
  get doneUpTo(): number {
    let least = this.#next;
    for (const { first } of this.#underWay.values()) least = Math.min(least, first);
    return least;
  }

  /** Up to the item `end`. Bytes are those of whole segments, and of the one that is being read a share. */
  unread(end: number): { count: number; bytes: number } {
    let bytes = 0;
    let count = 0;
    for (const segment of this.#segments) {
      const items = Math.min(segment.end, end) - Math.max(segment.first, this.#next);
      if (items <= 0) continue;
      count += items;
      bytes += (segment.bytes * items) / (segment.end - segment.first);
    }
    return { count, bytes };
  }

  /** One call at a time. */
  async read(size: BatchSize, end: number): Promise<Batch> {
    const runs: EncodedEvents[] = [];
    const held = { count: 0, bytes: 0 };
    const first = this.#next;
    this.#reading = true;
    while (this.#next < end) {
      const frame = await this.#current();
      if (frame === undefined) break;
      const some = fitting(frame.events, frame.taken, held, size);
      if (some === 0) break;
      const run = runOf(frame.events, frame.taken, frame.taken + some);
      runs.push(run);
      held.count += some;
      held.bytes += run.bytes.length;
      frame.taken += some;
      this.#next += some;
      if (frame.taken === frame.events.count) this.#frame = undefined;
    }
    this.#reading = false;
    const batch = batchOf(runs);
    if (batch.count > 0) this.#underWay.set(batch, { first, end: this.#next });
    return batch;
  }

  done(batch: Batch): void {
    this.#underWay.delete(batch);
  }

  /** Leaves out the rest of the first segment that is not all read; tells which, and how many items that is. */
  skipSegment(): { readonly segment: Segment; readonly lost: number } | undefined {
    const segment = this.#segments.find((each) => each.end > this.#next);
    if (segment === undefined || this.#reading) return undefined;
    const lost = segment.end - Math.max(this.#next, segment.first);
    this.#next = segment.end;
    this.#frame = undefined;
    if (this.#file?.segment === segment) {
      this.#at = segment.bytes;
      this.#firstAt = segment.end;
    }
    return { segment, lost };
  }

  /** Whether items of it were read that are not done. */
  holds({ first, end }: Segment): boolean {
    return [...this.#underWay.values()].some((batch) => batch.first < end && batch.end > first);
  }

  async close(): Promise<void> {
    await this.#file?.handle.close();
    this.#file = undefined;
  }

  /** The frame that holds the next item; `undefined` where there is none. */
  async #current(): Promise<{ readonly events: EncodedEvents; taken: number } | undefined> {
    while (this.#frame === undefined) {
      const segment = this.#segments.find((each) => each.end > this.#next);
      if (segment === undefined) return undefined;
      // Between two segments items may be missing: those of a tail that was cut.
      if (segment.first > this.#next) this.#next = segment.first;
      const handle = await this.#open(segment);
      const frame = handle === undefined ? undefined : await frameAt(handle, this.#at).catch(() => undefined);
      if (frame === undefined) {
        this.#corrupt(segment, segment.end - this.#next);
        this.#next = segment.end;
        continue;
      }
      this.#at = frame.next;
      const first = this.#firstAt;
      this.#firstAt += frame.events.count;
      if (this.#firstAt > this.#next) this.#frame = { events: frame.events, taken: this.#next - first };
    }
    return this.#frame;
  }

  async #open(segment: Segment): Promise<FileHandle | undefined> {
    if (this.#file?.segment === segment) return this.#file.handle;
    await this.close();
    const handle = await open(segment.path, 'r').catch(() => undefined);
    if (handle === undefined) return undefined;
    this.#file = { segment, handle };
    this.#at = 0;
    this.#firstAt = segment.first;
    return handle;
  }
}
