/** One file of a disk buffer: frames one after another. It is named by the number of its first item, so that all files together are one sequence. */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EncodedEvents } from '../../events/encoding.js';
import { frameHeader, payloadBytes, readFrame } from './frame.js';

export interface Segment {
  readonly path: string;
  /** Number of its first item. */
  readonly first: number;
  /** Number of the item after its last. */
  end: number;
  /** Of the file, as far as its frames are whole. */
  bytes: number;
}

const ending = '.events';
const digits = 16;

export function segmentAt(folder: string, first: number): Segment {
  return { path: join(folder, `${String(first).padStart(digits, '0')}${ending}`), first, end: first, bytes: 0 };
}

/** The segments of a folder in their order; how long they are is not known yet. */
export async function findSegments(folder: string): Promise<Segment[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{16}\.events$/.test(name)).sort();
  return names.map((name) => segmentAt(folder, Number(name.slice(0, digits))));
}

export interface PlacedFrame {
  readonly events: EncodedEvents;
  /** Where the frame after it begins. */
  readonly next: number;
}

/** The frame at a byte of the file; `undefined` where there is none that is whole. */
export async function frameAt(file: FileHandle, at: number): Promise<PlacedFrame | undefined> {
  const header = await bytesAt(file, at, frameHeader);
  const payload = header === undefined ? undefined : payloadBytes(header);
  if (payload === undefined) return undefined;
  const size = frameHeader + payload;
  const frame = await bytesAt(file, at, size);
  const events = frame === undefined ? undefined : readFrame(frame);
  return events === undefined ? undefined : { events, next: at + size };
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer | undefined> {
  // So that a length that is not one takes no memory.
  if ((await file.stat()).size < at + length) return undefined;
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read);
    if (bytesRead === 0) return undefined;
    read += bytesRead;
  }
  return bytes;
}

/** Finds out how long it is, up to its last whole frame. Returns how many bytes come after that one. */
export async function measure(segment: Segment): Promise<number> {
  const file = await open(segment.path, 'r');
  try {
    let at = 0;
    let end = segment.first;
    for (let frame = await frameAt(file, at); frame !== undefined; frame = await frameAt(file, at)) {
      at = frame.next;
      end += frame.events.count;
    }
    segment.bytes = at;
    segment.end = end;
    return (await file.stat()).size - at;
  } finally {
    await file.close();
  }
}
