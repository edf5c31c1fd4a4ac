/** Whatever is done to a pipeline, reading it ends, throws nothing, and says where. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPipeline } from './read-pipeline.js';

const folder = new URL('../../test/ok/', import.meta.url);
const valid = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
/** What the language gives a meaning to, and what JavaScript does. */
const words = [
  ...new Set(valid.flatMap((text) => text.split(/[^A-Za-z_]+/))),
  ...[
    'constructor',
    '__proto__',
    'toString',
    'null',
    '~',
    '[]',
    '{}',
    '""',
    '0',
    '-1',
    '1e400',
    '99999999999999999999',
  ],
  ...['(', ')', ',', ': ', '${', '}', '[', ']', '- ', '&a', '*a', '\n', '#', "'", '.nan', '1constructor'],
];

function check(text: string): void {
  const { output, diagnostics } = readPipeline({ name: 'fuzz.yaml', text }, [{ name: 'port', value: '1' }]);
  expect(output === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  for (const { span, related } of diagnostics) {
    for (const each of [span, ...related.map((other) => other.span)]) {
      if (each === undefined) throw new Error('a diagnostic without a place');
      expect(each.start).toBeGreaterThanOrEqual(0);
      expect(each.end).toBeGreaterThanOrEqual(each.start);
      expect(each.end).toBeLessThanOrEqual(each.source.text.length);
    }
  }
}

describe('a pipeline', { timeout: 60_000 }, () => {
  it('with words put in the place of others', () => {
    const edits = fc.array(fc.record({ at: fc.nat(), word: fc.constantFrom(...words) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.constantFrom(...valid), edits, (text, changes) => {
        const parts = text.split(/([A-Za-z_]+)/);
        for (const { at, word } of changes) parts[at % parts.length] = word;
        check(parts.join(''));
      }),
      { numRuns: 1000 },
    );
  });

  it('with lines left out, doubled or indented anew', () => {
    const edit = fc.record({ at: fc.nat(), how: fc.constantFrom('drop', 'double', 'indent', 'outdent') });
    fc.assert(
      fc.property(fc.constantFrom(...valid), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
        const lines = text.split('\n');
        for (const { at, how } of edits) {
          const index = at % lines.length;
          const line = lines[index] ?? '';
          const anew = { drop: [], double: [line, line], indent: [`  ${line}`], outdent: [line.replace(/^ {2}/, '')] };
          lines.splice(index, 1, ...anew[how]);
        }
        check(lines.join('\n'));
      }),
      { numRuns: 500 },
    );
  });

  it('with any value in any place', () => {
    const place = fc.constantFrom(
      ...['name', 'params', 'params.p', 'params.p.type', 'maps', 'maps.m', 'maps.m.key', 'maps.m.every', 'probes'],
      ...['probes.p', 'probes.p.attach', 'probes.p.pair', 'probes.p.let', 'probes.p.update', 'probes.p.fields'],
      ...['sinks', 'probes.p.pair.start', 'probes.p.pair.key', 'sinks.http', 'sinks.http.headers'],
    );
    fc.assert(
      fc.property(place, fc.jsonValue({ maxDepth: 4 }), (path, value) => {
        const root = path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        // A list of one mapping is what sinks are.
        check(
          JSON.stringify(root)
            .replace('"sinks":{"http"', '"sinks":[{"http"')
            .replace(/\}$/, path.startsWith('sinks.') ? ']}' : '}'),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('with much of everything', () => {
    const many = (line: (index: number) => string) =>
      Array.from({ length: 2000 }, (_, index) => line(index)).join('\n');
    check(`params:\n${many((index) => `  p${index}: { typ: u8 }`)}`);
    check(`probes:\n${many((index) => `  p${index}: { atach: "a:b" }`)}`);
    check(`probes:\n  p:\n    attach: a:b\n    fields:\n${many(() => '    - time')}`);
    check(`probes:\n  p:\n    attach: a:b\n    fields: [${'f(a, '.repeat(2000)}]`);
    check(
      `probes:\n  p: { attach: "a:b", fields: [time] }\nsinks:\n${many((index) => `  - stdout: { from: [q${index}] }`)}`,
    );
  });
});
