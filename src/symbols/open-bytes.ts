/** A file that is kept open, as `FileBytes`. */
import type { OpenFile } from '../host.js';
import type { FileBytes } from '../kernel/file-bytes.js';

/** A file with a hole may claim any size, and what it claims of itself must not become memory. */
const mostAtOnce = 0x400_0000;

export function openBytes(file: OpenFile): FileBytes {
  const { size } = file.stat();
  return {
    size,
    read(offset, length) {
      const inside = Math.min(length, size - offset, mostAtOnce);
      return offset < 0 || !(inside > 0) ? new Uint8Array(0) : file.read(offset, inside);
    },
  };
}
