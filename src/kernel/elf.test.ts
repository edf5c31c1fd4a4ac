import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeHost } from '../host-node.js';
import { type ElfFile, readElf } from './elf.js';
import { functionSymbols } from './elf-symbols.js';
import { bytesOf, fileBytes } from './file-bytes.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-elf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = `
int variable = 1;
int visible_work(int x) { return x + variable; }
int visible_alias(int) __attribute__((alias("visible_work")));
__attribute__((noinline)) static int hidden_work(int x) { return x * variable; }
int caller(int x) { return hidden_work(x) + visible_work(x); }
static int (*resolve(void))(int) { return visible_work; }
int indirect_work(int) __attribute__((ifunc("resolve")));
int versioned_new(int x) { return x; }
__asm__(".symver versioned_new,versioned@@V_2");
`;

const library = join(folder, 'libsample.so');
const versions = join(folder, 'versions');
const host = nodeHost();
host.writeFileAtomically(versions, 'V_2 { global: *; };');
execFileSync(
  'clang',
  [
    '-x',
    'c',
    '-',
    '-O1',
    '-fPIC',
    '-shared',
    '-Wl,--build-id=0xfeedface',
    `-Wl,--version-script=${versions}`,
    '-o',
    library,
  ],
  { input: source },
);

function open(path: string): ElfFile {
  const elf = readElf(fileBytes(host, path));
  if (typeof elf === 'string') throw new Error(elf);
  return elf;
}

/** `nm`'s own account: name without version to address. */
function addresses(path: string, ...flags: string[]): Map<string, number> {
  const text = execFileSync('nm', ['--defined-only', ...flags, path], { encoding: 'utf8' });
  const lines = [...text.matchAll(/^([0-9a-f]+) [tTwWiI] ([^@\s]+)/gm)];
  return new Map(lines.map(([, address = '', name = '']) => [name, Number.parseInt(address, 16)]));
}

describe('readElf and functionSymbols', () => {
  const elf = open(library);
  const symbols = functionSymbols(elf);

  it('finds the same functions as nm, at their places in the file', () => {
    const text = elf.segments.find((segment) => segment.executable);
    if (text === undefined) throw new Error('no text');
    const real = addresses(library);
    for (const name of ['visible_work', 'visible_alias', 'hidden_work', 'caller', 'versioned', 'indirect_work']) {
      const address = real.get(name);
      expect(address, name).toBeDefined();
      expect(symbols.find(name)?.fileOffset, name).toBe((address ?? 0) - text.address + text.fileOffset);
    }
  });

  it('tells aliases and indirect functions', () => {
    const work = symbols.find('visible_work');
    if (work === undefined) throw new Error('no symbol');
    expect(symbols.aliases(work)).toEqual(['visible_alias']);
    expect(work.indirect).toBe(false);
    expect(symbols.find('indirect_work')?.indirect).toBe(true);
  });

  it('knows neither variables, imports, parts of names, nor nonsense', () => {
    for (const name of ['variable', '__cxa_finalize', 'work', 'visible', '', '\0', 'visible_work@@V_2']) {
      expect(symbols.find(name), name).toBeUndefined();
    }
  });

  it('lists each name once', () => {
    const names = [...symbols.names()];
    expect(names).toEqual(expect.arrayContaining(['visible_work', 'hidden_work', 'versioned']));
    expect(new Set(names).size).toBe(names.length);
  });

  it('reads the build-id', () => {
    expect(elf.buildId).toBe('feedface');
  });

  it('reads no more of a stripped library than there is', () => {
    const stripped = join(folder, 'stripped.so');
    execFileSync('strip', ['-o', stripped, library]);
    const left = functionSymbols(open(stripped));
    expect(left.find('visible_work')?.fileOffset).toBe(symbols.find('visible_work')?.fileOffset);
    expect(left.find('hidden_work')).toBeUndefined();
  });

  it('agrees with nm on the C library', () => {
    const path = '/lib/x86_64-linux-gnu/libc.so.6';
    if (host.stat(path) === undefined) return;
    const libc = open(path);
    const found = functionSymbols(libc);
    const [segment] = libc.segments.filter((each) => each.executable);
    if (segment === undefined) throw new Error('no text');
    const text = execFileSync('nm', ['-D', '--defined-only', path], { encoding: 'utf8' });
    const functions = [...text.matchAll(/^([0-9a-f]+) [TWi] (\w+)(?:@@\S+)?$/gm)];
    expect(functions.length).toBeGreaterThan(2000);
    for (const [, address = '', name = ''] of functions) {
      const place = Number.parseInt(address, 16) - segment.address + segment.fileOffset;
      expect(found.find(name)?.fileOffset, name).toBe(place);
    }
  });
});

describe('readElf of what is none', () => {
  it('says why', () => {
    expect(readElf(bytesOf(Buffer.from('#!/bin/sh\n')))).toBe('it is not an ELF file');
    expect(readElf(fileBytes(host, join(folder, 'none')))).toBe('it is not there');
    expect(readElf(fileBytes(host, folder))).toBe('it cannot be read (EISDIR)');
    const wrong = readFileSync(library);
    wrong[4] = 1;
    expect(readElf(bytesOf(wrong))).toContain('32-bit');
    wrong[4] = 2;
    wrong[5] = 2;
    expect(readElf(bytesOf(wrong))).toContain('big-endian');
    expect(readElf(bytesOf(readFileSync(library).subarray(0, 100)))).toBe('its ELF headers do not fit the file');
  });

  it('neither throws nor hangs, whatever is changed in a file', () => {
    const good = readFileSync(library);
    const headers = good.length - 64 * 30;
    const place = fc.oneof(fc.nat(400), fc.integer({ min: headers, max: good.length - 1 }), fc.nat(good.length - 1));
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 10 }), (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const elf = readElf(bytesOf(bytes));
        if (typeof elf === 'string') return;
        const symbols = functionSymbols(elf);
        symbols.find('visible_work');
        for (const name of symbols.names()) expect(typeof name).toBe('string');
        expect(typeof elf.buildId).not.toBe('number');
      }),
      { numRuns: 500 },
    );
  });
});
