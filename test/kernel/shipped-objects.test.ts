/**
 * Every shipped pipeline and every example, compiled with each clang that distributions have today and loaded on this machine's kernel. Objects hold no loop that Linux 6.1 refuses. Where a hook is refused, it must be
 * for want of what this kernel does not have.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileObject } from '../../src/compile/compile-object.js';
import { renderDiagnostics } from '../../src/diagnostics/render.js';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { loadAddon } from '../../src/runtime/load-addon.js';
import { loadPipeline } from '../../src/runtime/load-pipeline.js';
import { otherWay } from '../../src/runtime/native-failure.js';
import { fallThroughLoops } from '../support/fall-through-loops.js';
import { isRoot } from '../support/probepipe.js';

const clangs = ['clang-14', 'clang-16', 'clang-19'];
const real = nodeHost();
const { output: addon } = loadAddon();
const root = fileURLToPath(new URL('../../', import.meta.url));

const files = [
  ...readdirSync(`${root}pipelines`)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `pipelines/${name}`),
  ...readdirSync(`${root}examples`).map((name) => `examples/${name}/pipeline.yaml`),
];

/** Hooks of kernel functions, which kernels without kprobes and in lockdown refuse; all else must load everywhere. */
const lacking =
  /^(fentry|fexit|kprobe|kretprobe)\S*: (this kernel does not have it|the kernel does not permit it) \(E\w+\)/;

for (const clang of clangs) {
  const found = real.findProgram(clang) !== undefined;
  describe.skipIf(!isRoot || addon === undefined || !found)(`${clang} (needs it, root and the addon)`, () => {
    const host = { ...real, env: { ...real.env, PROBEPIPE_CLANG: clang, XDG_CACHE_HOME: undefined, HOME: undefined } };
    const tracefs = addon?.tracefsPath();

    it.each(files)('%s', { timeout: 60_000 }, async (file) => {
      const source = { name: file, text: readFileSync(`${root}${file}`, 'utf8') };
      const generated = generateSource(source, host, { sets: [], ...(tracefs === undefined ? {} : { tracefs }) });
      const compiled = await compileObject(generated.output?.c ?? '', source, host);
      expect(renderDiagnostics(compiled.diagnostics, { color: false })).toBe('');
      if (generated.output === undefined || compiled.output === undefined || addon === undefined)
        return expect.fail(renderDiagnostics(generated.diagnostics, { color: false }));
      expect(fallThroughLoops(compiled.output)).toEqual([]);
      const bundle = { manifest: generated.output.manifest, object: compiled.output };
      const { output, diagnostics } = loadPipeline(bundle, addon, source);
      output?.object.close();
      if (output !== undefined) return;
      for (const { code, hints } of diagnostics.filter(({ severity }) => severity === 'error')) {
        expect(code).toBe('hook-unsupported');
        // The last hint is given only where every way is one of a function.
        expect(hints.at(-1)).toBe(otherWay);
        for (const hint of hints.slice(0, -1)) expect(hint).toMatch(lacking);
      }
    });
  });
}
