/**
 * The file behind a binary's name in `uprobe:<binary>:<symbol>`: a path, a program on PATH, or a shared library by any of
 * its usual names (`libc`, `c`, `libssl.so.3`), as the dynamic linker's own cache has it, else in the usual folders.
 */
import { nearest } from '../diagnostics/suggest.js';
import type { Host } from '../host.js';

export type BinaryLookup =
  | { readonly path: string; readonly kind: 'path' | 'program' | 'library' }
  /** Why there is none, in words for a diagnostic, and names that are near. */
  | { readonly missing: string; readonly near: readonly string[] };

const cachePath = '/etc/ld.so.cache';
const multiarch = { x86_64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' } as const;

export function findBinary(host: Host, name: string): BinaryLookup {
  if (name.includes('/')) return findPath(host, name);
  const libraries = libraryPaths(host);
  const library = bestLibrary(libraries, name);
  // A library's name may be a program's too (`ssl`, `c`): a full library name is never a program, the others rarely.
  const program = name.startsWith('lib') && library !== undefined ? undefined : host.findProgram(name);
  if (program !== undefined) return { path: host.realPath(program) ?? program, kind: 'program' };
  if (library !== undefined) return { path: host.realPath(library) ?? library, kind: 'library' };
  const known = [...new Set([...libraries.keys()].flatMap((each) => [each, shortName(each)]))];
  return { missing: `no program on PATH and no library is called "${name}"`, near: nearest(name, known) };
}

function findPath(host: Host, path: string): BinaryLookup {
  const real = host.realPath(path);
  const kind = real === undefined ? undefined : host.stat(real)?.kind;
  if (real !== undefined && kind === 'file') return { path: real, kind: 'path' };
  if (kind !== undefined) return { missing: `"${path}" is not a file`, near: [] };
  const slash = path.lastIndexOf('/');
  const folder = path.slice(0, slash) || '/';
  const near = nearest(path.slice(slash + 1), host.readDirectory(folder));
  return { missing: `there is no file "${path}"`, near: near.map((each) => `${folder === '/' ? '' : folder}/${each}`) };
}

/** `libssl` for `libssl.so.3`. */
function shortName(file: string): string {
  return file.replace(/\.so(?:\.[\w.]+)?$/, '');
}

/** An exact file name first, then without `.so…`, then without `lib`; of several versions the newest. */
function bestLibrary(libraries: ReadonlyMap<string, string>, name: string): string | undefined {
  const exact = libraries.get(name);
  if (exact !== undefined) return exact;
  const wanted = new Set([name, `lib${name}`]);
  const candidates = [...libraries].filter(([file]) => {
    const short = shortName(file);
    return wanted.has(short) || wanted.has(`${short}.so`);
  });
  const collator = new Intl.Collator('en', { numeric: true });
  candidates.sort(([a], [b]) => collator.compare(b, a));
  return candidates[0]?.[1];
}

/** File name to path. */
function libraryPaths(host: Host): ReadonlyMap<string, string> {
  try {
    const cached = parseLibraryCache(host.readFile(cachePath), host.arch);
    if (cached.size > 0) return cached;
  } catch {
    // musl has no cache, and a container may have none either: the folders tell.
  }
  const found = new Map<string, string>();
  const folders = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'];
  for (const folder of [`/lib/${multiarch[host.arch]}`, `/usr/lib/${multiarch[host.arch]}`, ...folders]) {
    for (const file of host.readDirectory(folder)) {
      if (/\.so(?:\.[\w.]+)?$/.test(file) && !found.has(file)) found.set(file, `${folder}/${file}`);
    }
  }
  return found;
}

const cacheMagic = 'glibc-ld.so.cache1.1';
const headerSize = 48;
const entrySize = 24;
/** Low byte 3: a library of glibc; then the ABI (sysdeps/generic/ldconfig.h): 0x300 is x86_64, 0xa00 arm64. */
const entryFlags = { x86_64: 0x303, arm64: 0xa03 } as const;

/** glibc's ld.so.cache, new format (elf/dl-cache.h): names to paths of this architecture's libraries; the first of a name wins. */
export function parseLibraryCache(bytes: Uint8Array, arch: Host['arch']): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Older systems put this format behind the old one, at its end rounded up to 8.
  const start = data.indexOf(cacheMagic, 0, 'latin1');
  if (start < 0 || start + headerSize > data.length) return found;
  const count = data.readUInt32LE(start + 20);
  for (let index = 0; index < count; index++) {
    const at = start + headerSize + index * entrySize;
    if (at + entrySize > data.length) break;
    if (data.readInt32LE(at) !== entryFlags[arch]) continue;
    // A library built for better CPUs (glibc-hwcaps) is not what every process has loaded.
    if (data.readBigUInt64LE(at + 16) !== 0n) continue;
    const name = textAt(data, start + data.readUInt32LE(at + 4));
    const path = textAt(data, start + data.readUInt32LE(at + 8));
    if (name !== '' && path !== '' && !found.has(name)) found.set(name, path);
  }
  return found;
}

function textAt(data: Buffer, offset: number): string {
  const end = data.indexOf(0, offset);
  return end < 0 ? '' : data.toString('utf8', offset, end);
}
