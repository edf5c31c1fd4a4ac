/**
 * Debug information that was split off from a binary: a file named by its build-id, or by `.gnu_debuglink`, in the places where gdb looks (GDB manual, 18.3). What dwz moved out into a file
 * shared by several libdw finds by itself.
 */
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Host } from '../host.js';
import { type ElfFile, readElf, stringAt } from './elf.js';
import { fileBytes } from './file-bytes.js';

const globalFolder = '/usr/lib/debug';

export interface DebugFile {
  readonly path: string;
  readonly elf: ElfFile;
}

/** Where the file's own debug information is: in it, or beside it. */
export function findDebugFile(host: Host, path: string, elf: ElfFile): DebugFile | undefined {
  if (hasDebugInfo(elf)) return { path, elf };
  const { paths, checksum } = debugFileCandidates(elf, path);
  for (const candidate of paths) {
    const found = candidate === path ? undefined : openCandidate(host, candidate);
    if (found === undefined) continue;
    // A file of another build has other offsets.
    if (elf.buildId !== undefined && found.elf.buildId !== undefined) {
      if (found.elf.buildId === elf.buildId) return found;
      continue;
    }
    const bytes = fileBytes(host, candidate);
    if (checksum !== undefined && crc32(bytes.read(0, bytes.size)) === checksum) return found;
  }
  return undefined;
}

/** Where it can be, the best first, and the checksum that one without a build-id must have. */
export function debugFileCandidates(
  elf: ElfFile,
  path: string,
): { readonly paths: readonly string[]; readonly checksum: number | undefined } {
  const link = debugLink(elf);
  const folder = dirname(path);
  const linked = [folder, `${folder}/.debug`, `${globalFolder}${folder}`].map((where) => `${where}/${link?.file}`);
  return { paths: [...byBuildId(elf), ...(link === undefined ? [] : linked)], checksum: link?.checksum };
}

/** Where a debug file of the binary would be found, for messages. */
export function debugFilePath(elf: ElfFile): string | undefined {
  return byBuildId(elf)[0];
}

function hasDebugInfo(elf: ElfFile): boolean {
  // Compressed ones have a remark behind their name (see elf.ts).
  return elf.sections.some(({ name, type }) => /^\.z?debug_info( |$)/.test(name) && type !== noBits);
}

const noBits = 8;

function byBuildId({ buildId }: ElfFile): string[] {
  if (buildId === undefined || buildId.length < 4) return [];
  return [`${globalFolder}/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`];
}

function openCandidate(host: Host, path: string): DebugFile | undefined {
  if (host.stat(path)?.kind !== 'file') return undefined;
  const elf = readElf(fileBytes(host, path));
  return typeof elf !== 'string' && hasDebugInfo(elf) ? { path, elf } : undefined;
}

/** A file name, padding to 4 bytes, and a CRC-32 of the file. */
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
