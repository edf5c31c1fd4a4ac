/**
 * Random pipelines: what the checker accepts, clang must compile without a warning, and the verifier must take, Linux 6.1's loops included. More of them, or others, by hand:
 * PROBEPIPE_RANDOM_RUNS=20000 PROBEPIPE_RANDOM_SEED=7 npx vitest run --project kernel test/kernel/random-pipelines.test.ts
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileObject } from '../../src/compile/compile-object.js';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.js';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { loadAddon } from '../../src/runtime/load-addon.js';
import { loadPipeline } from '../../src/runtime/load-pipeline.js';
import { withAllPrograms } from '../support/all-programs.js';
import { fallThroughLoops } from '../support/fall-through-loops.js';
import { isRoot } from '../support/probepipe.js';
import { randomHooks, randomPipelines } from '../support/random-pipelines.js';

const runs = Number(process.env.PROBEPIPE_RANDOM_RUNS ?? 400);
const seed = Number(process.env.PROBEPIPE_RANDOM_SEED ?? 1);
/** In each pipeline; every probe is a random pipeline of its own but for the name. */
const probes = 5;
const atOnce = 2;

const real = nodeHost();
const host = { ...real, env: { ...real.env, XDG_CACHE_HOME: undefined, HOME: undefined } };
const { output: addon } = loadAddon();

interface Outcome {
  readonly yaml: string;
  /** What its author is told; such a pipeline is not built. */
  readonly refused: readonly string[];
  /** Why it cannot be built, or loaded: a defect. */
  readonly failed?: string;
}

async function build(yaml: string, tracefs: string | undefined): Promise<Outcome> {
  const source = { name: 'random.yaml', text: yaml };
  const generated = generateSource(source, host, { sets: [], ...(tracefs === undefined ? {} : { tracefs }) });
  const refused = generated.diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (generated.output === undefined || addon === undefined) return { yaml, refused };
  const compiled = await compileObject(generated.output.c, source, host);
  if (compiled.output === undefined)
    return { yaml, refused, failed: told(compiled.diagnostics, (log) => log.slice(0, 1500)) };
  const loops = fallThroughLoops(compiled.output);
  if (loops.length > 0) return { yaml, refused, failed: `Linux 6.1 refuses its loops: ${loops.join(', ')}` };
  const bundle = { manifest: withAllPrograms(generated.output.manifest), object: compiled.output };
  const { output, diagnostics } = loadPipeline(bundle, addon, source);
  output?.object.close();
  return output === undefined
    ? { yaml, refused, failed: told(diagnostics, (log) => log.slice(-3000)) }
    : { yaml, refused };
}

function told(diagnostics: readonly Diagnostic[], part: (log: string) => string): string {
  return diagnostics.map(({ message, detail = '' }) => `${message}\n${part(detail)}`).join('\n');
}

describe.skipIf(!isRoot || addon === undefined)('random pipelines (needs root and the addon)', () => {
  it(`${runs * probes} probes in ${runs} pipelines compile and load`, { timeout: 900_000 }, async () => {
    const tracefs = addon?.tracefsPath();
    const texts = fc.sample(randomPipelines(randomHooks(tracefs), probes), { numRuns: runs, seed });
    const outcomes: Outcome[] = [];
    const queue = [...texts];
    const work = async (): Promise<void> => {
      for (let yaml = queue.shift(); yaml !== undefined; yaml = queue.shift())
        outcomes.push(await build(yaml, tracefs));
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    const failed = outcomes.filter((each) => each.failed !== undefined);
    expect(failed.slice(0, 3).map((each) => `${each.yaml}\n${each.failed}`)).toEqual([]);
    // The generator knows the language's rules but for how large its constants become.
    const refused = outcomes
      .flatMap((each) => each.refused)
      .filter((each) => !each.endsWith(' does not fit in 64 bits'));
    expect([...new Set(refused)].slice(0, 10)).toEqual([]);
  });
});
