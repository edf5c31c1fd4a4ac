import { describe, expect, it } from 'vitest';
import { positionAt } from '../diagnostics/source.js';
import { parseDocument } from './document.js';

/** Each as `line:column message`; everything here is a syntax error. */
function complaints(text: string): string[] {
  return parseDocument({ name: 'p.yaml', text }).diagnostics.map(({ code, span, message }) => {
    expect(code).toBe('yaml-syntax');
    if (span === undefined) throw new Error(`no span: ${message}`);
    const { line, column } = positionAt(span.source, span.start);
    return `${line}:${column} ${message}`;
  });
}

describe('YAML mistakes', () => {
  it.each([
    ['name: x\nprobes:\n\ta: 1\n', '3:1 a tab stands where the indentation must be spaces'],
    ['name: "abc\nb: [c\nd: e\n', '1:7 the quote " is never closed'],
    ["a: 'it''\nb: 1\n", "1:4 the quote ' is never closed"],
    ['a: "x\\"\n', '1:4 the quote " is never closed'],
    ["a: 'it's'\n", '1:8 "s\'" stands behind the end of a value'],
    ['a: "b" c\n', '1:8 "c" stands behind the end of a value'],
    ['a: "\\q"\n', '1:5 "\\q" is not an escape that YAML has'],
    ['foo:bar\nx: 1\n', '1:1 a space is missing after the colon of "foo:"'],
    ['x: 1\nfoo\ny: 2\n', '2:1 "foo" has no colon after it'],
    ['a: b: c\n', '1:5 a second ": " in one line'],
    ['where: x ? y : z\n', '1:14 a second ": " in one line'],
    ['a: 1\n b: 2\n', '2:2 this line is indented deeper than the keys of its mapping'],
    ['a:\n  b: 1\n c: 2\n', '3:2 this line is indented differently from the keys of its mapping'],
    ['a:\n  - b\n c: 1\n', '3:2 this line is indented differently from the keys of its mapping'],
    ['a:\n  - b\n - c\n', '3:2 an item of a list stands where a key belongs'],
    ['a:\n  - b\n  c: d\n', '3:3 this line is indented differently from the keys of its mapping'],
    ['a: - b\n', '1:4 a list cannot begin on the same line as its key'],
    ['a:\n  - b\n- c\n', '3:1 an item of a list stands where a key belongs'],
    ['a: [1, 2\nb: 3\n', '1:4 the "[" is never closed, or its lines are indented too little'],
    ['a: {b: [1, 2}\nc: 1\n', '1:8 the "[" is never closed, or its lines are indented too little'],
    ['a: }\n', '1:4 "}" cannot stand here'],
    ['a: [b, , c]\n', '1:8 an item is missing before this comma'],
    ['a: ["b" "c"]\n', '1:9 a comma is missing between two items'],
    ['a: @x\n', '1:4 a value without quotes cannot begin with "@"'],
    ['a: `x`\n', '1:4 a value without quotes cannot begin with "`"'],
    ['a: |2x\n  b\n', '1:6 only an indentation digit and "-" or "+" may follow "|" or ">"'],
    ['"x\ny": 1\n', '1:1 a key goes over several lines'],
    [': x\n', '1:1 the key before this colon is missing'],
    ['a: |\nb\n', '2:1 "b" has no colon after it'],
  ])('%j', (text, expected) => {
    expect(complaints(text)).toEqual([expected]);
  });

  it('tells several at once, each line once', () => {
    expect(complaints('a: [1\nb: "x" "y" "z"\nc: @d\ne\nf: 1\n')).toEqual([
      '1:4 the "[" is never closed, or its lines are indented too little',
      '2:8 ""y"" stands behind the end of a value',
      '3:4 a value without quotes cannot begin with "@"',
      '4:1 "e" has no colon after it',
    ]);
  });

  it('tells a bracket inside of a flow list once, and says where it may stand', () => {
    const { diagnostics } = parseDocument({ name: 'p', text: 'p:\n  f: [a, b: m[1]]\n  g: 1\nq: 2\n' });
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.hints.join()).toContain('on a line of its own');
  });

  it('stops at ten', () => {
    expect(complaints('a: @\n'.repeat(100))).toHaveLength(10);
  });
});
