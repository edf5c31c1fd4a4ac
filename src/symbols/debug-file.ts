/**
 * The separate file that holds the symbols stripped from a binary: by its build-id, else by its `.gnu_debuglink`. Both as
 * GDB looks for them (its manual, "Debugging Information in Separate Files").
 */
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Host, OpenFile } from '../host.js';
import { type ElfFile, readElf, stringAt } from '../kernel/elf.js';
import { openBytes } from './open-bytes.js';

/** A checksum is made of the whole file; larger ones have a build-id today. */
const mostChecksummed = 0x2000_0000;

/** `root`: what stands before the paths of the process's own file system; empty for this process's. The caller closes the file. */
export function openDebugFile(host: Host, elf: ElfFile, path: string, root: string): OpenFile | undefined {
  const folder = '/usr/lib/debug';
  const id = elf.buildId;
  const candidates: string[] = [];
  if (id !== undefined && id.length > 2) candidates.push(`${folder}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`);
  const link = debugLink(elf);
  if (link !== undefined) {
    const beside = dirname(path);
    candidates.push(`${beside}/${link.file}`, `${beside}/.debug/${link.file}`, `${folder}${beside}/${link.file}`);
  }
  for (const prefix of root === '' ? [''] : [root, '']) {
    for (const candidate of candidates) {
      // Distributions link a build-id to the file's real name. A link of another file system would lead into this one.
      const real = prefix === '' ? host.realPath(candidate) : prefix + candidate;
      const file = real === undefined ? undefined : host.openFile?.(real);
      if (file === undefined) continue;
      if (belongsTo(file, id, link?.checksum)) return file;
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

function debugLink(elf: ElfFile): { readonly file: string; readonly checksum: number } | undefined {
  const section = elf.sections.find((each) => each.name === '.gnu_debuglink');
  if (section === undefined || section.size > 4096) return undefined;
  const bytes = Buffer.from(elf.contents(section));
  const file = stringAt(bytes, 0);
  // A name and no path, so that it stays in the folders where debug files are.
  if (file === '' || file.includes('/') || file === '.' || file === '..') return undefined;
  const at = Math.ceil((file.length + 1) / 4) * 4;
  return at + 4 > bytes.length ? undefined : { file, checksum: bytes.readUInt32LE(at) };
}

function checksumOf(file: OpenFile): number | undefined {
  const { size } = file.stat();
  if (size > mostChecksummed) return undefined;
  const step = 0x10_0000;
  let checksum = 0;
  for (let at = 0; at < size; at += step) checksum = crc32(file.read(at, step), checksum);
  return checksum;
}
