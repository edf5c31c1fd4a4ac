/** Events that wait in memory: gone with the process. Those that come in small numbers share a chunk, so that what waits takes hardly more memory than its bytes. */
import type { EncodedEvents } from '../../events/encoding.js';
import { type Batch, type BatchSize, batchOf, fitting, lastWithin, runOf } from './batch.js';
import { type BufferListener, type EventBuffer, noRoom, type WhenFull } from './event-buffer.js';

export interface MemoryBufferOptions {
  /** Of the sink, for messages. */
  readonly name: string;
  /** Of all events that wait or are under way. */
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
}

interface Chunk {
  readonly bytes: Uint8Array;
  ends: Uint32Array;
  count: number;
  used: number;
  /** The first item that was not read. */
  next: number;
}

const chunkBytes = 64 * 1024;
const firstEnds = 256;

export class MemoryBuffer implements EventBuffer {
  readonly keeps = false;
  readonly settled = true;
  readonly #options: MemoryBufferOptions;
  #listener: BufferListener | undefined;
  #chunks: Chunk[] = [];
  #unreadBytes = 0;
  #unreadCount = 0;
  #underWay = 0;

  constructor(options: MemoryBufferOptions) {
    this.#options = options;
  }

  async open(listener: BufferListener): Promise<number> {
    this.#listener = listener;
    return 0;
  }

  get full(): boolean {
    return this.#options.whenFull === 'block' && this.#unreadBytes + this.#underWay >= this.#options.maxBytes;
  }

  get unread(): { count: number; bytes: number } {
    return { count: this.#unreadCount, bytes: this.#unreadBytes };
  }

  add(events: EncodedEvents): void {
    const { count, bytes } = events;
    if (count === 0) return;
    if (this.#options.whenFull === 'drop_oldest') this.#makeRoom(bytes.length);
    const room = this.#options.maxBytes - this.#unreadBytes - this.#underWay;
    const taken = this.#options.whenFull === 'block' ? count : lastWithin(events.ends, 0, count, room);
    if (taken > 0) this.#append(runOf(events, 0, taken));
    if (taken < count) this.#full(count - taken, 'new');
    this.#listener?.changed();
  }

  async read(size: BatchSize): Promise<Batch> {
    const runs: EncodedEvents[] = [];
    const held = { count: 0, bytes: 0 };
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const some = fitting(chunk, chunk.next, held, size);
      if (some === 0 && chunk.next < chunk.count) break;
      const run = runOf(chunk, chunk.next, chunk.next + some);
      if (some > 0) runs.push(run);
      held.count += some;
      held.bytes += run.bytes.length;
      chunk.next += some;
      if (chunk.next < chunk.count) break;
      this.#chunks.shift();
    }
    this.#unreadCount -= held.count;
    this.#unreadBytes -= held.bytes;
    this.#underWay += held.bytes;
    return batchOf(runs);
  }

  done({ bytes }: Batch): void {
    this.#underWay -= bytes;
    this.#listener?.changed();
  }

  async close(): Promise<number> {
    const left = this.#unreadCount;
    this.#chunks = [];
    this.#unreadCount = 0;
    this.#unreadBytes = 0;
    return left;
  }

  #append({ bytes, ends, count }: EncodedEvents): void {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.used + bytes.length > chunk.bytes.length) {
      const capacity = Math.max(chunkBytes, bytes.length);
      chunk = { bytes: new Uint8Array(capacity), ends: new Uint32Array(firstEnds), count: 0, used: 0, next: 0 };
      this.#chunks.push(chunk);
    }
    chunk.bytes.set(bytes, chunk.used);
    if (chunk.count + count > chunk.ends.length) {
      const grown = new Uint32Array(Math.max(chunk.ends.length * 2, chunk.count + count));
      grown.set(chunk.ends);
      chunk.ends = grown;
    }
    for (let item = 0; item < count; item++) chunk.ends[chunk.count + item] = chunk.used + (ends[item] ?? 0);
    chunk.count += count;
    chunk.used += bytes.length;
    this.#unreadCount += count;
    this.#unreadBytes += bytes.length;
  }

  /** Gives up the oldest of what is not under way, until so many bytes fit or nothing is left. */
  #makeRoom(bytes: number): void {
    let lost = 0;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const excess = this.#unreadBytes + this.#underWay + bytes - this.#options.maxBytes;
      if (excess <= 0) break;
      const start = chunk.next === 0 ? 0 : (chunk.ends[chunk.next - 1] ?? 0);
      // All items that end before the excess does, and the one that it ends in.
      const upTo = Math.min(chunk.count, lastWithin(chunk.ends, chunk.next, chunk.count, start + excess - 1) + 1);
      this.#unreadBytes -= (chunk.ends[upTo - 1] ?? 0) - start;
      this.#unreadCount -= upTo - chunk.next;
      lost += upTo - chunk.next;
      chunk.next = upTo;
      if (chunk.next === chunk.count) this.#chunks.shift();
    }
    if (lost > 0) this.#full(lost, 'the oldest');
  }

  #full(lost: number, which: 'new' | 'the oldest'): void {
    const { name, maxBytes } = this.#options;
    this.#listener?.dropped(noRoom, lost);
    this.#listener?.warn(
      'full',
      `sink "${name}": its buffer is full (${maxBytes} bytes); ${which} events are dropped and counted`,
    );
  }
}
