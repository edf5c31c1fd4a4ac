/**
 * Mutated pipelines: no crash, no hang, no error without a place; what lints clean, clang must compile and the verifier take. More of them, or others, by hand:
 * PROBEPIPE_RANDOM_RUNS=20000 PROBEPIPE_RANDOM_SEED=7 npx vitest run --project kernel test/kernel/mutated-pipelines.test.ts
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileObject } from '../../src/compile/compile-object.js';
import type { Manifest } from '../../src/compile/manifest.js';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.js';
import type { Source } from '../../src/diagnostics/source.js';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { loadAddon } from '../../src/runtime/load-addon.js';
import { loadPipeline } from '../../src/runtime/load-pipeline.js';
import { withAllPrograms } from '../support/all-programs.js';
import { fallThroughLoops } from '../support/fall-through-loops.js';
import { mutatedPipelines } from '../support/mutated-pipelines.js';
import { isRoot } from '../support/probepipe.js';

const runs = Number(process.env.PROBEPIPE_RANDOM_RUNS ?? 600);
const seed = Number(process.env.PROBEPIPE_RANDOM_SEED ?? 1);

const root = fileURLToPath(new URL('../../', import.meta.url));
const texts = ['pipelines', 'examples', 'test/ok', 'test/golden'].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8')),
);

const real = nodeHost();
const host = { ...real, env: { ...real.env, XDG_CACHE_HOME: undefined, HOME: undefined } };
const { output: addon } = loadAddon();

/** What is larger is compiled and not loaded: the kernel would take the memory from all who work on this machine. */
const largestMaps = 256 * 1024 * 1024;

const mapBytes = ({ maps }: Manifest): number =>
  maps.reduce((sum, { maxEntries, keySize, valueSize }) => sum + maxEntries * (keySize + 2 * valueSize + 128), 0);

type Outcome = 'refused' | 'built' | { readonly defect: string };

async function outcomeOf(text: string, tracefs: string | undefined): Promise<Outcome> {
  const source = { name: 'mutated.yaml', text };
  const generated = generateSource(source, host, { sets: [], ...(tracefs === undefined ? {} : { tracefs }) });
  const placeless = generated.diagnostics.filter((each) => !hasPlace(each, source));
  if (placeless.length > 0) return { defect: `no place: ${placeless.map(({ message }) => message).join('; ')}` };
  if (generated.diagnostics.some(({ severity }) => severity === 'error')) return 'refused';
  if (generated.output === undefined) return { defect: 'neither a program nor an error' };
  const { c, manifest } = generated.output;
  const compiled = await compileObject(c, source, host);
  if (compiled.output === undefined) return { defect: told(compiled.diagnostics, (log) => log.slice(0, 1500)) };
  const loops = fallThroughLoops(compiled.output);
  if (loops.length > 0) return { defect: `Linux 6.1 refuses its loops: ${loops.join(', ')}` };
  if (addon === undefined || mapBytes(manifest) > largestMaps) return 'built';
  const loaded = loadPipeline({ manifest: withAllPrograms(manifest), object: compiled.output }, addon, source);
  loaded.output?.object.close();
  const refused = loaded.diagnostics.filter(({ severity }) => severity === 'error');
  // Hooks that this kernel lacks, and values of params that a run would be given.
  const wrong = refused.filter(({ code }) => code !== 'hook-unsupported' && code !== 'param-missing');
  return wrong.length === 0 ? 'built' : { defect: told(wrong, (log) => log.slice(-3000)) };
}

function hasPlace({ severity, span }: Diagnostic, source: Source): boolean {
  if (severity !== 'error') return true;
  return (
    span !== undefined &&
    span.source === source &&
    span.start >= 0 &&
    span.start <= span.end &&
    span.end <= source.text.length
  );
}

function told(diagnostics: readonly Diagnostic[], part: (log: string) => string): string {
  return diagnostics.map(({ code, message, detail = '' }) => `${code}: ${message}\n${part(detail)}`).join('\n');
}

describe.skipIf(!isRoot || addon === undefined)('mutated pipelines (needs root and the addon)', () => {
  it(`${runs} of them are told what is wrong, or load`, { timeout: 900_000 }, async () => {
    const tracefs = addon?.tracefsPath();
    const defects: string[] = [];
    let built = 0;
    for (const text of fc.sample(mutatedPipelines(texts), { numRuns: runs, seed })) {
      const outcome = await outcomeOf(text, tracefs).catch((error: unknown) => ({
        defect: String(error instanceof Error ? error.stack : error),
      }));
      if (outcome === 'built') built++;
      else if (outcome !== 'refused') defects.push(`${text}\n${outcome.defect}`);
    }
    expect(defects.slice(0, 3)).toEqual([]);
    // Else it is only the checker that is tested.
    expect(built).toBeGreaterThan(runs / 10);
  });
});
