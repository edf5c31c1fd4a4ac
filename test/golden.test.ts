/** The C of pipelines that between them use every template, against small and always equal types, compared with what was generated before; and clang takes it without a warning. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileObject } from '../src/compile/compile-object.js';
import { renderDiagnostics } from '../src/diagnostics/render.js';
import type { Host } from '../src/host.js';
import { nodeHost } from '../src/host-node.js';
import { generateSource } from '../src/pipeline.js';
import { fallThroughLoops } from './support/fall-through-loops.js';
import { smallKernelBtf } from './support/small-kernel.js';
import { linkedAt, usdtBinary } from './support/usdt-binary.js';

const folder = fileURLToPath(new URL('golden/', import.meta.url));
const types = '/types/of/a/small/kernel';

/** Probes whose arguments are in every kind of place. */
const binary = usdtBinary({
  notes: [
    {
      provider: 'sample',
      name: 'request',
      place: linkedAt + 0x100,
      semaphore: linkedAt + 0x900,
      operands: '-4@%edi 8@-16(%rbp) 4@$4096',
    },
    { provider: 'sample', name: 'places', place: linkedAt + 0x200, operands: '-4@%eax 1@%ah 4@8(%rdx,%rcx,4)' },
    { provider: 'sample', name: 'places', place: linkedAt + 0x300, operands: '-8@$-5000000000 1@$7 -4@(%rsp)' },
  ],
});

/** The real host, with two files more, and no cache. */
function hostWithFiles(): Host {
  const real = nodeHost();
  const files = new Map([
    [types, Buffer.from(smallKernelBtf())],
    ['/a/binary/with/probes', Buffer.from(binary)],
  ]);
  return {
    ...real,
    env: { ...real.env, XDG_CACHE_HOME: undefined, HOME: undefined },
    readFile: (path) => files.get(path) ?? real.readFile(path),
    readPart: (path, offset, length) => (files.get(path) ?? real.readFile(path)).subarray(offset, offset + length),
    stat: (path) => {
      const size = files.get(path)?.length;
      return size === undefined ? real.stat(path) : { size, modifiedMs: 0, uid: 0, mode: 0o600, kind: 'file' };
    },
    realPath: (path) => (files.has(path) ? path : real.realPath(path)),
  };
}

describe('golden programs', () => {
  const host = hostWithFiles();
  for (const name of readdirSync(folder)) {
    const path = `${folder}${name}/pipeline.yaml`;
    const source = { name: 'pipeline.yaml', text: readFileSync(path, 'utf8') };
    const generated = generateSource(source, host, { sets: [], btfFile: types });

    it(`${name}: is accepted`, () => {
      const errors = generated.diagnostics.filter((each) => each.severity === 'error');
      expect(renderDiagnostics(errors, { color: false })).toBe('');
    });

    it(`${name}: becomes the C that it became before`, async () => {
      await expect(generated.output?.plain.c).toMatchFileSnapshot(`${folder}${name}/program.bpf.c`);
    });

    it(`${name}: becomes the same C again`, () => {
      expect(generateSource(source, host, { sets: [], btfFile: types }).output?.c).toBe(generated.output?.c);
    });

    it(`${name}: compiles without a warning`, async () => {
      const compiled = await compileObject(generated.output?.c ?? '', source, host);
      expect(compiled.diagnostics.map((each) => each.detail)).toEqual([]);
      expect(compiled.output?.byteLength).toBeGreaterThan(1000);
      expect(fallThroughLoops(compiled.output ?? new Uint8Array(0))).toEqual([]);
    });
  }
});
