/** The check that other tests make of every object for Linux 6.1 finds what it is for. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findClang } from '../src/compile/compile-object.js';
import { nodeHost } from '../src/host-node.js';
import { fallThroughLoops, functionCount } from './support/fall-through-loops.js';

const fixture = fileURLToPath(new URL('kernel/fixtures/loops.bpf.c', import.meta.url));

it('tells a loop that falls through to its start from one that jumps there', () => {
  const folder = mkdtempSync(`${tmpdir()}/probepipe-test-`);
  try {
    const object = `${folder}/loops.o`;
    execFileSync(findClang(nodeHost()) ?? 'clang', ['-O2', '-target', 'bpf', '-mcpu=v3', '-c', fixture, '-o', object]);
    const bytes = readFileSync(object);
    expect(functionCount(bytes)).toBe(2);
    expect(fallThroughLoops(bytes)).toEqual(['falls_back: 2 falls through to 3']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
