/** A file read in pieces, so that a binary of a hundred megabytes costs only the sections that are looked at. */
import type { Host } from '../host.js';

export interface FileBytes {
  readonly size: number;
  /** Fewer bytes than asked where the file ends; none for a range that is not in it. */
  read(offset: number, length: number): Uint8Array;
}

export function bytesOf(data: Uint8Array): FileBytes {
  return {
    size: data.length,
    read: (offset, length) =>
      offset < 0 || length <= 0 ? data.subarray(0, 0) : data.subarray(offset, offset + length),
  };
}

/** Throws a Node `ErrnoException` where the file cannot be read, as `Host.readFile` does. */
export function fileBytes(host: Host, path: string): FileBytes {
  const size = host.stat(path)?.size ?? 0;
  if (host.readPart === undefined || size === 0) return bytesOf(host.readFile(path));
  const readPart = host.readPart.bind(host);
  readPart(path, 0, 1);
  return {
    size,
    read: (offset, length) => {
      const inside = Math.min(length, size - offset);
      return offset < 0 || inside <= 0 ? new Uint8Array(0) : readPart(path, offset, inside);
    },
  };
}
