/**
 * Pipelines of the right shape whose names, types, hooks or expressions are wrong, with the whole text of what is said of them, against small and always equal types. (Shapes stand in `ok/` and `err/`.)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../src/diagnostics/render.js';
import type { Source } from '../src/diagnostics/source.js';
import { positionAt } from '../src/diagnostics/source.js';
import { nodeHost } from '../src/host-node.js';
import { generateSource } from '../src/pipeline.js';
import { smallKernelBtf } from './support/small-kernel.js';

const folder = (name: string): string => fileURLToPath(new URL(`${name}/`, import.meta.url));
const names = (name: string): string[] =>
  readdirSync(folder(name))
    .filter((each) => each.endsWith('.yaml'))
    .sort();
const types = '/types/of/a/small/kernel';
const btf = Buffer.from(smallKernelBtf());
const real = nodeHost();
const host = {
  ...real,
  readFile: (path: string) => (path === types ? btf : real.readFile(path)),
  readPart: (path: string, offset: number, length: number) =>
    path === types ? btf.subarray(offset, offset + length) : real.readFile(path).subarray(offset, offset + length),
  stat: (path: string) =>
    path === types
      ? ({ size: btf.length, modifiedMs: 0, uid: 0, mode: 0o600, kind: 'file' } as const)
      : real.stat(path),
};

function lintText(source: Source): ReturnType<typeof generateSource>['diagnostics'] {
  return generateSource(source, host, { sets: [], btfFile: types }).diagnostics;
}

describe('checked pipelines', () => {
  it.each(names('checked'))('%s gets its errors', async (name) => {
    const source = { name, text: readFileSync(folder('checked') + name, 'utf8') };
    const diagnostics = lintText(source);
    expect(diagnostics.some((each) => each.severity === 'error')).toBe(name !== 'everything.yaml');
    for (const { span } of diagnostics) {
      if (span?.source !== source) continue;
      expect(positionAt(source, span.start).line).toBeGreaterThan(0);
      expect(span.end).toBeLessThanOrEqual(source.text.length);
    }
    await expect(renderDiagnostics(diagnostics, { color: false })).toMatchFileSnapshot(
      folder('checked') + name.replace('.yaml', '.out'),
    );
  });
});
