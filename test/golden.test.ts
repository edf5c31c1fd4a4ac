/** The C of pipelines that between them use every template, against small and always equal types, compared with what was generated before; and clang takes it without a warning. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileObject } from '../src/compile/compile-object.js';
import { renderDiagnostics } from '../src/diagnostics/render.js';
import type { Host } from '../src/host.js';
import { nodeHost } from '../src/host-node.js';
import { generateSource } from '../src/pipeline.js';
import { smallKernelBtf } from './support/small-kernel.js';

const folder = fileURLToPath(new URL('golden/', import.meta.url));
const types = '/types/of/a/small/kernel';

/** The real host, with one file more, and no cache. */
function hostWithTypes(): Host {
  const real = nodeHost();
  const btf = Buffer.from(smallKernelBtf());
  return {
    ...real,
    env: { ...real.env, XDG_CACHE_HOME: undefined, HOME: undefined },
    readFile: (path) => (path === types ? btf : real.readFile(path)),
    readPart: (path, offset, length) =>
      path === types ? btf.subarray(offset, offset + length) : real.readFile(path).subarray(offset, offset + length),
    stat: (path) =>
      path === types ? { size: btf.length, modifiedMs: 0, uid: 0, mode: 0o600, kind: 'file' } : real.stat(path),
  };
}

describe('golden programs', () => {
  const host = hostWithTypes();
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
    });
  }
});
