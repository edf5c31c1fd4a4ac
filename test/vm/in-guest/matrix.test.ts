/** The verifier of this kernel before every shipped pipeline, as each clang compiled it: all in one process, since starting probepipe takes as long here as a hundred loads. */
import { appendFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeHost } from '../../../src/host-node.js';
import { generateSource } from '../../../src/pipeline.js';
import { loadAddon } from '../../../src/runtime/load-addon.js';
import { matrixCell } from '../../support/matrix-cell.js';
import { shippedFiles, shippedSets, shippedSource } from '../../support/shipped-files.js';
import { bundleOf, type MatrixBundle, matrixBundles } from '../matrix-bundles.js';

const release = process.env.PROBEPIPE_GUEST_RELEASE ?? '';
const clangs = (process.env.PROBEPIPE_GUEST_CLANGS ?? '').split(' ');

it.each(clangs)('loads every shipped pipeline as %s compiled it', { timeout: 900_000 }, async (clang) => {
  const { output: addon } = loadAddon();
  if (addon === undefined) return expect.fail('the addon is not built');
  const bundles = matrixBundles(release, clang);
  if (bundles.length === 0) return expect.fail(`the host has no ${clang} (scripts/setup --test installs it)`);
  for (const file of shippedFiles.filter((each) => !bundles.some((bundle) => bundle.file === each)))
    bundles.push(await bundleHere(file, clang));
  const cells = bundles.map((bundle) => {
    const cell = matrixCell(bundle, addon, shippedSource(bundle.file));
    return { file: bundle.file, clang, release, ...cell };
  });
  appendFileSync('/run/guest/results/matrix.jsonl', cells.map((cell) => `${JSON.stringify(cell)}\n`).join(''));
  expect(cells.filter(({ verdict }) => verdict !== 'loads')).toEqual([]);
});

/** What the host could not generate without this kernel's tracefs. */
async function bundleHere(file: string, clang: string): Promise<MatrixBundle> {
  const host = nodeHost();
  const source = shippedSource(file);
  return { file, ...(await bundleOf(generateSource(source, host, { sets: shippedSets(file) }), source, host, clang)) };
}
