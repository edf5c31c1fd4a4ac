import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { resolve, waysText } from '../../test/support/resolved-hook.js';
import { buildUsdtSample, noUsdtHeader } from '../../test/support/usdt-sample.js';
import { nodeHost } from '../host-node.js';
import { readElf } from '../kernel/elf.js';
import { fileBytes } from '../kernel/file-bytes.js';
import { usdtProbes } from '../kernel/usdt-notes.js';

const folder = mkdtempSync(`${tmpdir()}/probepipe-usdt-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const host = nodeHost();
writeFileSync(`${folder}/text`, '#!/bin/sh\n');

function bad(text: string, signature?: string) {
  const { ways, problems } = resolve(text, { host, ...(signature === undefined ? {} : { signature }) });
  expect(ways).toBeUndefined();
  expect(problems).toHaveLength(1);
  const [first] = problems;
  return { code: first?.code, message: first?.message, hints: first?.hints ?? [] };
}

describe.skipIf(noUsdtHeader !== undefined)(`USDT probes ${noUsdtHeader ?? ''}`, () => {
  const sample = noUsdtHeader === undefined ? buildUsdtSample(`${folder}/sample`, 'clang', '-O0') : '';
  const elf = readElf(fileBytes(host, sample));
  const probes = typeof elf === 'string' ? [] : usdtProbes(elf);
  const offsetsOf = (name: string): number[] =>
    probes.find((each) => each.name === name)?.places.map((each) => each.fileOffset) ?? [];

  it('are found with the types of their arguments, in each of their places', () => {
    const [narrow] = offsetsOf('narrow');
    expect(waysText(resolve(`usdt:${sample}:sample:narrow`, { host }))).toEqual([
      [`usdt:${sample}:sample:narrow | uprobe ${sample}+${narrow} (0: i8, 1: u8, 2: i16, 3: u16)`],
    ]);
    const [first, second] = offsetsOf('places');
    // i32 in one place and u64 in the other: no type holds all of both, and a sign is not lost.
    expect(waysText(resolve(`usdt:${sample}:sample:places`, { host }))).toEqual([
      [
        `usdt:${sample}:sample:places | uprobe ${sample}+${first} (0: i64)`,
        `usdt:${sample}:sample:places | uprobe ${sample}+${second} (0: i64)`,
      ],
    ]);
    expect(waysText(resolve(`usdt:${sample}:sample:none`, { host }))).toEqual([
      [`usdt:${sample}:sample:none | uprobe ${sample}+${offsetsOf('none')[0]} ()`],
    ]);
  });

  it('take the types of a signature', () => {
    const { ways, problems } = resolve(`usdt:${sample}:sample:memory`, {
      host,
      signature: '(counter: u32, entry: i64, text: char *)',
    });
    expect(problems).toEqual([]);
    expect(waysText({ ways, problems })?.[0]?.[0]).toContain('(counter: u32, entry: i64, text: user char *)');
    expect(bad(`usdt:${sample}:sample:memory`, '(a: int, b: int, c: int, d: int)')).toEqual({
      code: 'signature',
      message: '"sample:memory" has 3 arguments, not 4',
      hints: [],
    });
  });

  it('are proposed where a name is wrong', () => {
    expect(bad(`usdt:${sample}:sample:narow`)).toEqual({
      code: 'hook-not-found',
      message: `"${sample}" has no probe "sample:narow"`,
      hints: ['did you mean "sample:narrow"?'],
    });
    expect(bad(`usdt:${sample}:other:else`).hints).toEqual([
      'it has sample:constants, sample:memory, sample:narrow, sample:none, sample:places, sample:wide',
    ]);
  });
});

describe('binaries without USDT probes', () => {
  it('are told of', () => {
    expect(bad('usdt:sh:sample:narrow').message).toMatch(/^"\/.*" has no USDT probes$/);
    expect(bad('usdt:libc').message).toBe('"libc" is not BINARY:PROVIDER:NAME');
    expect(bad('usdt:libc:malloc').hints).toEqual([
      'write usdt:python3:python:function__entry or usdt:/usr/bin/node:node:gc__start',
    ]);
    expect(bad('usdt:/no/such/file:a:b').message).toBe('there is no file "/no/such/file"');
    expect(bad(`usdt:${folder}/text:a:b`)).toEqual({
      code: 'hook-not-found',
      message: `"${folder}/text" cannot be probed: it is not an ELF file`,
      hints: ['name the program itself by its path, not a script that starts it'],
    });
  });
});
