/**
 * `ok/*.yaml` give no diagnostic. Of `err/*.yaml` the whole rendering is in the `.out` beside: after a wanted change,
 * `npx vitest run test/corpus.test.ts -u`, and read the difference. `shape-*` are refused by the published schema, too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../src/diagnostics/diagnostic.js';
import { renderDiagnostics } from '../src/diagnostics/render.js';
import type { Source } from '../src/diagnostics/source.js';
import { parseDocument } from '../src/language/document.js';
import { plainValue } from '../src/language/plain-value.js';
import { readPipeline } from '../src/language/read-pipeline.js';

function lintText(source: Source): readonly Diagnostic[] {
  return readPipeline(source, []).diagnostics;
}

function corpus(folder: 'ok' | 'err'): readonly Source[] {
  const path = new URL(`${folder}/`, import.meta.url);
  return readdirSync(path)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name, text: readFileSync(new URL(name, path), 'utf8') }));
}

const published: object = JSON.parse(readFileSync(new URL('../schema/pipeline.schema.json', import.meta.url), 'utf8'));
/** As an editor would: with the schema alone, and nothing of ours. */
const validate = new Ajv({ strict: false }).compile(published);

function fitsSchema(source: Source): boolean {
  const { output } = parseDocument(source);
  if (output === undefined) throw new Error(`${source.name} is not YAML`);
  return validate(plainValue(output));
}

describe('what is right', () => {
  it.each(corpus('ok'))('$name', (source) => {
    expect(renderDiagnostics(lintText(source), { color: false })).toBe('');
    expect(fitsSchema(source)).toBe(true);
  });
});

describe('what is wrong', () => {
  it.each(corpus('err'))('$name', async (source) => {
    const diagnostics = lintText(source);
    expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
    for (const { span } of diagnostics) expect(span?.source).toBe(source);
    const name = source.name.replace('.yaml', '.out');
    await expect(renderDiagnostics(diagnostics, { color: false })).toMatchFileSnapshot(`err/${name}`);
    if (source.name.startsWith('shape-')) expect(fitsSchema(source)).toBe(false);
  });
});
