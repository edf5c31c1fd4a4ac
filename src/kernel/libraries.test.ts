import { describe, expect, it } from 'vitest';
import { memoryHost } from '../../test/support/memory-host.js';
import { nodeHost } from '../host-node.js';
import { findBinary, parseLibraryCache } from './libraries.js';

/** ld.so.cache as glibc 2.36 writes it: [name, path, flags, hwcap]. */
function libraryCache(entries: readonly (readonly [string, string, number, bigint])[]): Buffer {
  const header = Buffer.alloc(48 + entries.length * 24);
  header.write('glibc-ld.so.cache1.1', 'latin1');
  header.writeUInt32LE(entries.length, 20);
  let strings = Buffer.alloc(0);
  const add = (text: string) => {
    const offset = header.length + strings.length;
    strings = Buffer.concat([strings, Buffer.from(`${text}\0`)]);
    return offset;
  };
  for (const [index, [name, path, flags, hwcap]] of entries.entries()) {
    const at = 48 + index * 24;
    header.writeInt32LE(flags, at);
    header.writeUInt32LE(add(name), at + 4);
    header.writeUInt32LE(add(path), at + 8);
    header.writeBigUInt64LE(hwcap, at + 16);
  }
  return Buffer.concat([header, strings]);
}

const cache = libraryCache([
  ['libssl.so.3', '/lib/libssl.so.3', 0x303, 0n],
  ['libssl.so.1.1', '/lib/libssl.so.1.1', 0x303, 0n],
  ['libc.so.6', '/lib/hwcaps/libc.so.6', 0x303, 1n << 62n],
  ['libc.so.6', '/lib32/libc.so.6', 0x803, 0n],
  ['libc.so.6', '/lib/libc.so.6', 0x303, 0n],
  ['libstdc++.so.6', '/lib/libstdc++.so.6', 0x303, 0n],
]);
const files = {
  '/etc/ld.so.cache': cache,
  '/lib/libssl.so.3': '',
  '/lib/libssl.so.1.1': '',
  '/lib/libc.so.6': '',
  '/lib/libstdc++.so.6': '',
  '/usr/bin/server': '',
};
const host = memoryHost(files, { findProgram: (name) => (name === 'server' ? '/usr/bin/server' : undefined) });

describe('parseLibraryCache', () => {
  it('takes this architecture’s libraries, for any of its CPUs', () => {
    expect(parseLibraryCache(cache, 'x86_64').get('libc.so.6')).toBe('/lib/libc.so.6');
    expect(parseLibraryCache(cache, 'arm64').size).toBe(0);
  });

  it('reads nothing from bytes that are no cache, or are cut', () => {
    expect(parseLibraryCache(Buffer.from('nonsense'), 'x86_64').size).toBe(0);
    for (let length = 0; length < cache.length; length += 7) parseLibraryCache(cache.subarray(0, length), 'x86_64');
    expect(parseLibraryCache(cache.subarray(0, 60), 'x86_64').size).toBe(0);
  });
});

describe('findBinary', () => {
  it('finds a library by any of its names, the newest version first', () => {
    for (const name of ['libc', 'c', 'libc.so', 'libc.so.6']) {
      expect(findBinary(host, name), name).toEqual({ path: '/lib/libc.so.6', kind: 'library' });
    }
    expect(findBinary(host, 'libssl')).toEqual({ path: '/lib/libssl.so.3', kind: 'library' });
    expect(findBinary(host, 'libssl.so.1.1')).toEqual({ path: '/lib/libssl.so.1.1', kind: 'library' });
    expect(findBinary(host, 'stdc++')).toEqual({ path: '/lib/libstdc++.so.6', kind: 'library' });
  });

  it('finds a program on PATH, and a path', () => {
    expect(findBinary(host, 'server')).toEqual({ path: '/usr/bin/server', kind: 'program' });
    expect(findBinary(host, '/usr/bin/server')).toEqual({ path: '/usr/bin/server', kind: 'path' });
  });

  it('tells what is missing, with near names', () => {
    expect(findBinary(host, 'libsll')).toEqual({
      missing: 'no program on PATH and no library is called "libsll"',
      near: expect.arrayContaining(['libssl']),
    });
    expect(findBinary(host, '/usr/bin/serve')).toEqual({
      missing: 'there is no file "/usr/bin/serve"',
      near: ['/usr/bin/server'],
    });
    expect(findBinary(host, '/usr/bin')).toEqual({ missing: '"/usr/bin" is not a file', near: [] });
  });

  it('looks into the usual folders where there is no cache', () => {
    const bare = memoryHost({ '/usr/lib/libmusl.so.1': '' });
    expect(findBinary(bare, 'libmusl')).toEqual({ path: '/usr/lib/libmusl.so.1', kind: 'library' });
  });

  it('finds this machine’s C library', () => {
    expect(findBinary(nodeHost(), 'libc')).toMatchObject({ kind: 'library', path: expect.stringMatching(/libc/) });
  });
});
