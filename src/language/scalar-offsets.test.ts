import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source } from '../diagnostics/source.js';
import { parseDocument } from './document.js';
import type { DocumentNode, ScalarNode } from './document-node.js';

function scalars(node: DocumentNode): ScalarNode[] {
  if (node.kind === 'scalar') return [node];
  return node.kind === 'sequence' ? node.items.flatMap(scalars) : node.entries.flatMap((entry) => scalars(entry.value));
}

function scalarIn(text: string): { source: Source; scalar: ScalarNode } {
  const source = { name: 'p.yaml', text };
  const { output, diagnostics } = parseDocument(source);
  expect(diagnostics).toEqual([]);
  const scalar = output && scalars(output)[0];
  if (scalar === undefined) throw new Error('no scalar');
  return { source, scalar };
}

/** Where `part` of the scalar's text stands, as the source from there. */
function sourceAt(text: string, part: string): string {
  const { source, scalar } = scalarIn(text);
  const index = scalar.text.indexOf(part);
  expect(index).toBeGreaterThanOrEqual(0);
  return source.text.slice(scalar.offsetAt(index), scalar.offsetAt(index + part.length));
}

describe('offsetAt', () => {
  it.each([
    ['a: pid == 1 and uid == 0\n', 'uid', 'uid'],
    ['a: pid == 1\n   and uid == 0\n', 'uid', 'uid'],
    ['a: pid == 1\n\n\n   and uid == 0\n', 'uid', 'uid'],
    ['a: pid == 1\n   and uid == 0\n', '1 and', '1\n   and'],
    ["a: 'comm == ''x'' and pid'\n", 'pid', 'pid'],
    ["a: 'comm == ''x'' and pid'\n", "'x'", "''x''"],
    ["a: 'b\n\n    c d'\n", 'c d', 'c d'],
    ['a: "comm == \\"x\\" and pid"\n', 'pid', 'pid'],
    ['a: "\\u0041\\x42\\U0001F600c"\n', 'c', 'c'],
    ['a: "\\u0041\\x42\\U0001F600c"\n', 'AB', '\\u0041\\x42'],
    ['a: "\\U0001F600"\n', '😀', '\\U0001F600'],
    ['a: "b  \\\n   c\n   d\n\n   e"\n', 'c', 'c'],
    ['a: "b  \\\n   c\n   d\n\n   e"\n', 'd', 'd'],
    ['a: "b  \\\n   c\n   d\n\n   e"\n', 'e', 'e'],
    ['a: |\n  pid == 1\n    and uid\n  or x\n', 'uid', 'uid'],
    ['a: |\n  pid == 1\n    and uid\n  or x\n', '  and', '  and'],
    ['a: |  # why\n  pid\n', 'pid', 'pid'],
    ['a: |2-\n    pid\n', '  pid', '  pid'],
    ['a: >-\n  pid == 1\n  and uid\n\n  or x\n', 'or x', 'or x'],
    ['a: >-\n  pid == 1\n  and uid\n\n  or x\n', 'and', 'and'],
    ['a: >\n\n  pid\n    more\n\n  x\n', '  more', '  more'],
    ['a: |\r\n  b\r\n  c\r\n', 'c', 'c'],
    ['a: "b\r\n  c"\r\n', 'c', 'c'],
    ['a: >+\n  b\n  c\n\n\nd: 1\n', 'c', 'c'],
  ])('in %j finds %j', (text, part, expected) => {
    expect(sourceAt(text, part)).toBe(expected);
  });

  it('ends at the closing quote, the end of a plain scalar, or of a block', () => {
    for (const [text, end] of [
      ['a: bc # d\n', 5],
      ['a: "bc"\n', 6],
      ["a: 'bc'\n", 6],
      ['a: |-\n  bc\n\n', 10],
      ['a: "\\x41"\n', 8],
      ['a:\n', 2],
    ] as const) {
      const { scalar } = scalarIn(text);
      expect([text, scalar.offsetAt(scalar.text.length)]).toEqual([text, end]);
    }
  });

  it('takes linear time', () => {
    const { scalar } = scalarIn(`a: |+\n  x\n${'\n'.repeat(900_000)}`);
    expect(scalar.offsetAt(scalar.text.length)).toBeGreaterThan(900_000);
  });
});

const word = fc.constantFrom('a', 'pid', '==', '"', "'", '\\', '日本', '😀', 'é', '(x)', ' ', '  ', '\t', '#', ':');
const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(''));
const content = fc.array(fc.oneof(line, fc.constant('')), { minLength: 1, maxLength: 6 });

/** Ascending, inside of the span, and at every character that no escape wrote the character itself. */
function checkOffsets(source: Source, scalar: ScalarNode, escapes: boolean): void {
  let previous = scalar.span.start;
  for (let index = 0; index <= scalar.text.length; index++) {
    const offset = scalar.offsetAt(index);
    expect(offset).toBeGreaterThanOrEqual(previous);
    expect(offset).toBeLessThanOrEqual(source.text.length);
    previous = offset;
    const character = scalar.text.charAt(index);
    if (index < scalar.text.length && !/\s/.test(character) && !(escapes && source.text.charAt(offset) === '\\'))
      expect([index, source.text.charAt(offset)]).toEqual([index, character]);
  }
}

describe('offsetAt of any text', () => {
  it.each([
    ['literal', (lines: string[]) => `a: |\n  x${lines.map((each) => `${each}\n  `).join('')}\nb: 1\n`],
    ['folded', (lines: string[]) => `a: >\n  x${lines.map((each) => `${each}\n  `).join('')}\nb: 1\n`],
    ['kept', (lines: string[]) => `- - >1+\n   ${lines.map((each) => `${each}\r\n   `).join('')}\n`],
    ['single-quoted', (lines: string[]) => `- '${lines.join('\n  ').replaceAll("'", "''")}'\n`],
    ['double-quoted', (lines: string[]) => `- "${lines.join('\n  ').replace(/["\\]/g, '\\$&')}"\n`],
    ['JSON', (lines: string[]) => `- ${JSON.stringify(lines.join('\n'))}\n`],
    ['plain', (lines: string[]) => `- x${lines.join('\n  y')}\n`],
  ])('holds for %s scalars', (_style, write) => {
    fc.assert(
      fc.property(content, (lines) => {
        const source = { name: 'p.yaml', text: write(lines) };
        const { output } = parseDocument(source);
        if (output === undefined) return;
        for (const scalar of scalars(output)) checkOffsets(source, scalar, source.text.startsWith('- "'));
      }),
      { numRuns: 300 },
    );
  });
});
