/** A file read in pieces, so that a binary of a hundred megabytes costs only the sections that are looked at. */
import type { Host } from '../host.js';

export interface FileBytes {
  readonly size: number;
  /** Why the file cannot be read (`ENOENT`, `EACCES`, …); it then looks empty. */
  readonly failure?: string;
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

export function fileBytes(host: Host, path: string): FileBytes {
  const size = host.stat(path)?.size ?? 0;
  try {
    if (host.readPart === undefined || size === 0) return bytesOf(host.readFile(path));
    host.readPart(path, 0, 1);
  } catch (error) {
    const failure = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { ...bytesOf(new Uint8Array(0)), failure };
  }
  return {
    size,
    read: (offset, length) => {
      const inside = Math.min(length, size - offset);
      if (offset < 0 || inside <= 0) return new Uint8Array(0);
      try {
        return host.readPart?.(path, offset, inside) ?? new Uint8Array(0);
      } catch {
        // It was there a moment ago: to the reader it now ends before this part.
        return new Uint8Array(0);
      }
    },
  };
}
