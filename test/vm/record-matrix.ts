/** The verifier matrix: every shipped pipeline, by each clang, on each kernel: recorded into docs/internals/kernel-matrix.json, of which scripts/generate-docs makes the page. */

import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { expect, it } from 'vitest';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { loadAddon } from '../../src/runtime/load-addon.js';
import { type MatrixCell, matrixCell } from '../support/matrix-cell.js';
import { clangs, shippedFiles, shippedSets, shippedSource } from '../support/shipped-files.js';
import { checkout } from './guest.js';
import { runInnerTests } from './inner-tests.js';
import { bundleOf } from './matrix-bundles.js';

type Row = { readonly file: string; readonly clang: string; readonly release: string } & MatrixCell;

it('records every cell', async () => {
  const rows: Row[] = [];
  for (const series of ['6.1', '6.12'] as const) {
    const run = await runInnerTests(series, 'in-guest/matrix', clangs);
    if (run.kind !== 'ran') return expect.fail(run.reason);
    const lines = (run.guest.results.get('matrix.jsonl') ?? '').trimEnd().split('\n');
    rows.push(...lines.map((line): Row => JSON.parse(line)));
  }
  rows.push(...(await here()));
  const cells = rows.map(({ file, clang, release: kernel, verdict }) =>
    [file, clang, kernel.replace(/(-[a-z]|\+).*$/, ''), verdict].join(' '),
  );
  writeFileSync(`${checkout}/docs/internals/kernel-matrix.json`, `${JSON.stringify(cells.sort(), undefined, 2)}\n`);
  expect(rows.filter(({ verdict }) => verdict === 'refused')).toEqual([]);
});

async function here(): Promise<Row[]> {
  const { output: addon } = loadAddon();
  if (addon === undefined) throw new Error('the addon is not built');
  const host = nodeHost();
  const rows: Row[] = [];
  const tracefs = addon.tracefsPath();
  for (const clang of clangs)
    for (const file of shippedFiles) {
      const source = shippedSource(file);
      const generated = generateSource(source, host, {
        sets: shippedSets(file),
        ...(tracefs === undefined ? {} : { tracefs }),
      });
      const bundle = await bundleOf(generated, source, host, clang);
      rows.push({ file, clang, release: release(), ...matrixCell(bundle, addon, source) });
    }
  return rows;
}
