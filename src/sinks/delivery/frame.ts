/**
 * The unit of a disk buffer's files: what was written at one time, whole or not at all. Little-endian: u32 CRC-32 (IEEE 802.3) of all that follows it, u32 length of the payload, u32 how many items; then the payload,
 * which is a u32 end for each item, as in `EncodedEvents`, and the items' bytes.
 */
import { crc32 } from 'node:zlib';
import type { EncodedEvents } from '../../events/encoding.js';

export const frameHeader = 12;
/** More than any frame that is written has; a length above it is of no frame. */
export const maxPayload = 256 * 1024 * 1024;

export function frameBytes({ bytes, count }: EncodedEvents): number {
  return frameHeader + count * 4 + bytes.length;
}

/** Returns where the frame ends in `out`. */
export function writeFrame(events: EncodedEvents, out: Buffer, at: number): number {
  const { bytes, ends, count } = events;
  const end = at + frameBytes(events);
  out.writeUInt32LE(end - at - frameHeader, at + 4);
  out.writeUInt32LE(count, at + 8);
  for (let item = 0; item < count; item++) out.writeUInt32LE(ends[item] ?? 0, at + frameHeader + item * 4);
  out.set(bytes, at + frameHeader + count * 4);
  out.writeUInt32LE(crc32(out.subarray(at + 4, end)), at);
  return end;
}

/** Of the payload, as the header tells; `undefined` where that cannot be. */
export function payloadBytes(header: Buffer): number | undefined {
  const length = header.readUInt32LE(4);
  const count = header.readUInt32LE(8);
  return length > maxPayload || count === 0 || count * 4 > length ? undefined : length;
}

/** Of a whole frame; `undefined` where it is not what was written. */
export function readFrame(frame: Buffer): EncodedEvents | undefined {
  if (crc32(frame.subarray(4)) !== frame.readUInt32LE(0)) return undefined;
  const count = frame.readUInt32LE(8);
  const ends = new Uint32Array(count);
  for (let item = 0; item < count; item++) ends[item] = frame.readUInt32LE(frameHeader + item * 4);
  return { bytes: frame.subarray(frameHeader + count * 4), count, ends };
}
