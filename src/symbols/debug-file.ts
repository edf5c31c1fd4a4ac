/**
 * The separate file that holds the symbols stripped from a binary: by its build-id, else by its `.gnu_debuglink`. Both as
 * GDB looks for them (its manual, "Debugging Information in Separate Files").
 */
import { crc32 } from 'node:zlib';
import type { Host, OpenFile } from '../host.js';
import { debugFileCandidates } from '../kernel/debug-files.js';
import { type ElfFile, readElf } from '../kernel/elf.js';
import { openBytes } from './open-bytes.js';

/** A checksum is made of the whole file; larger ones have a build-id today. */
const mostChecksummed = 0x2000_0000;

/** `root`: what stands before the paths of the process's own file system; empty for this process's. The caller closes the file. */
export function openDebugFile(host: Host, elf: ElfFile, path: string, root: string): OpenFile | undefined {
  const { paths, checksum } = debugFileCandidates(elf, path);
  for (const prefix of root === '' ? [''] : [root, '']) {
    for (const candidate of paths) {
      // Distributions link a build-id to the file's real name. A link of another file system would lead into this one.
      const real = prefix === '' ? host.realPath(candidate) : prefix + candidate;
      const file = real === undefined ? undefined : host.openFile?.(real);
      if (file === undefined) continue;
      if (belongsTo(file, elf.buildId, checksum)) return file;
      file.close();
    }
  }
  return undefined;
}

/** Another build's symbols have other addresses: every name would be wrong. */
function belongsTo(file: OpenFile, buildId: string | undefined, checksum: number | undefined): boolean {
  const elf = readElf(openBytes(file));
  if (typeof elf === 'string') return false;
  if (buildId !== undefined && elf.buildId !== undefined) return elf.buildId === buildId;
  return checksum !== undefined && checksumOf(file) === checksum;
}

function checksumOf(file: OpenFile): number | undefined {
  const { size } = file.stat();
  if (size > mostChecksummed) return undefined;
  const step = 0x10_0000;
  let checksum = 0;
  for (let at = 0; at < size; at += step) checksum = crc32(file.read(at, step), checksum);
  return checksum;
}
