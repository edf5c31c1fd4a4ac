/**
 * Every shipped pipeline and every example, compiled with each clang that distributions have today and loaded on this machine's kernel. Objects hold no loop that Linux 6.1 refuses. Where a hook is refused, it must be
 * for want of what this kernel does not have.
 */
import { describe, expect, it } from 'vitest';
import { compileObject } from '../../src/compile/compile-object.js';
import { renderDiagnostics } from '../../src/diagnostics/render.js';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { loadAddon } from '../../src/runtime/load-addon.js';
import { fallThroughLoops } from '../support/fall-through-loops.js';
import { matrixCell } from '../support/matrix-cell.js';
import { isRoot } from '../support/probepipe.js';
import { clangs, shippedFiles, shippedSets, shippedSource } from '../support/shipped-files.js';

const real = nodeHost();
const { output: addon } = loadAddon();
for (const clang of clangs) {
  const found = real.findProgram(clang) !== undefined;
  describe.skipIf(!isRoot || addon === undefined || !found)(`${clang} (needs it, root and the addon)`, () => {
    const host = { ...real, env: { ...real.env, PROBEPIPE_CLANG: clang, XDG_CACHE_HOME: undefined, HOME: undefined } };
    const tracefs = addon?.tracefsPath();

    it.each(shippedFiles)('%s', { timeout: 60_000 }, async (file) => {
      const source = shippedSource(file);
      const generated = generateSource(source, host, {
        sets: shippedSets(file),
        ...(tracefs === undefined ? {} : { tracefs }),
      });
      const compiled = await compileObject(generated.output?.c ?? '', source, host);
      expect(renderDiagnostics(compiled.diagnostics, { color: false })).toBe('');
      if (generated.output === undefined || compiled.output === undefined || addon === undefined)
        return expect.fail(renderDiagnostics(generated.diagnostics, { color: false }));
      expect(fallThroughLoops(compiled.output)).toEqual([]);
      const bundle = { manifest: generated.output.manifest, object: compiled.output };
      const cell = matrixCell(bundle, addon, source);
      expect(cell.verdict === 'refused' ? cell.reason : '').toBe('');
    });
  });
}
