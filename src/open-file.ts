/** A file kept open: the real `Host.openFile`. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { OpenFile } from './host.js';

/** O_NONBLOCK: opening a FIFO that nobody writes to would wait forever. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;

/** The links of /proc/PID that stand for a file itself, which are followed though they look like symbolic links. */
const followed = /^\/proc\/\w+\/(?:exe|map_files\/[^/]+)$/;

export function openFile(path: string): OpenFile | undefined {
  let file: number;
  try {
    file = openSync(path, followed.test(path) ? flags & ~constants.O_NOFOLLOW : flags);
  } catch {
    return undefined;
  }
  const stat = fstatSync(file, { bigint: true });
  if (!stat.isFile()) {
    closeSync(file);
    return undefined;
  }
  let open = true;
  return {
    identity: `${stat.dev}:${stat.ino}`,
    inode: stat.ino,
    uid: Number(stat.uid),
    stat() {
      const { size, mtimeNs } = open ? fstatSync(file, { bigint: true }) : { size: 0n, mtimeNs: 0n };
      return { size: Number(size), modifiedNs: mtimeNs };
    },
    read: (offset, length) => (open ? readPart(file, offset, length) : new Uint8Array(0)),
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

function readPart(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  try {
    while (filled < length) {
      const count = readSync(file, bytes, filled, length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
  } catch {
    // A disk or a network that fails: to the reader the file ends here.
  }
  return bytes.subarray(0, filled);
}
