import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import { spanText } from '../../diagnostics/source.js';
import type { LocatedText } from '../spec.js';
import type { Expression, TypeName } from './ast.js';
import { parseExpression } from './parser.js';

function located(text: string): LocatedText {
  const source = { name: 'test', text };
  return { text, span: { source, start: 0, end: text.length }, offsetAt: (index) => Math.min(index, text.length) };
}

function parsed(text: string): { tree: Expression | undefined; sink: DiagnosticSink } {
  const sink = new DiagnosticSink();
  return { tree: parseExpression(located(text), sink), sink };
}

const typeText = (type: TypeName): string =>
  `${type.user ? 'user ' : ''}${type.tag === '' ? '' : `${type.tag} `}${type.name}${type.size === undefined ? '' : `(${type.size})`}${'*'.repeat(type.pointers)}`;

/** The tree with all of its parentheses. */
function shape(tree: Expression): string {
  switch (tree.kind) {
    case 'number':
      return `${tree.value}${tree.unit === 'duration' ? 'ns' : tree.unit === 'size' ? 'B' : ''}`;
    case 'text':
      return JSON.stringify(tree.value);
    case 'boolean':
      return String(tree.value);
    case 'name':
      return tree.name;
    case 'member':
      return `${shape(tree.object)}.${tree.member}`;
    case 'index':
      return `${shape(tree.object)}[${tree.indices.map(shape).join(', ')}]`;
    case 'call':
      return `${tree.callee}(${tree.arguments.map(shape).join(', ')})`;
    case 'unary':
      return `(${tree.operator} ${shape(tree.operand)})`;
    case 'binary':
      return `(${shape(tree.left)} ${tree.operator} ${shape(tree.right)})`;
    case 'in':
      return `(${shape(tree.value)} in ${'map' in tree.set ? shape(tree.set.map) : `[${tree.set.list.map(shape).join(', ')}]`})`;
    case 'cast':
      return `(${shape(tree.operand)} as ${typeText(tree.type)})`;
  }
}

describe('expressions', () => {
  it.each([
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['(1 + 2) * 3', '((1 + 2) * 3)'],
    ['10 - 4 - 3', '((10 - 4) - 3)'],
    ['a & 1 == 1', '((a & 1) == 1)'],
    ['a | b ^ c & d', '(a | (b ^ (c & d)))'],
    ['1 << 2 + 3', '(1 << (2 + 3))'],
    ['not a and b or c', '(((not a) and b) or c)'],
    ['not a == b', '(not (a == b))'],
    ['a or b and c', '(a or (b and c))'],
    ['-a as u32', '((- a) as u32)'],
    ['a * b as u64', '(a * (b as u64))'],
    ['x as u64 * 3', '((x as u64) * 3)'],
    ['(x as u32 *)[1]', '(x as u32*)[1]'],
    ['x as struct request', '(x as struct request)'],
    ['(x as user char **)[0]', '(x as user char**)[0]'],
    ['x as unsigned long long', '(x as unsigned long long)'],
    ['-~a.b[1].c', '(- (~ a.b[1].c))'],
    ['args.0', 'args.0'],
    ['m[a, b + 1].c', 'm[a, (b + 1)].c'],
    ['m[k] ?? 0', '(m[k] ?? 0)'],
    ['x in [1, 2]', '(x in [1, 2])'],
    ['x not in m', '(not (x in m))'],
    ['f()', 'f()'],
    ['if(a, b, c)', 'if(a, b, c)'],
    ['1_000', '1000'],
    ['0xFF + 0b11 + 0o17', '((255 + 3) + 15)'],
    ['10ms + 1s', '(10000000ns + 1000000000ns)'],
    ['4KiB', '4096B'],
    ['18446744073709551615', '18446744073709551615'],
    [String.raw`"a\"b\x41\n"`, String.raw`"a\"bA\n"`],
    ["'it'", '"it"'],
    ['true and false', '(true and false)'],
    ['"not" == comm', '("not" == comm)'],
  ])('%s is %s', (text, expected) => {
    const { tree, sink } = parsed(text);
    expect(sink.diagnostics).toEqual([]);
    expect(tree && shape(tree)).toBe(expected);
  });

  it.each([
    ['', '', 'the expression ends where a value should stand'],
    ['1 +', '', 'the expression ends where a value should stand'],
    ['a == b == c', '==', 'comparisons do not chain'],
    ['a b', 'b', '"b" does not belong here'],
    ['(a', '', 'expected ")"'],
    ['a)', ')', '")" does not belong here'],
    ['a && b', '&&', '"&&" is not an operator'],
    ['a->b', '->', '"->" is not an operator'],
    ['*a', '*', 'a value should stand here'],
    ['a = 3', '=', '"=" cannot stand in an expression'],
    ['10mss', '10mss', 'unknown unit "mss"'],
    ['010', '010', 'a number may not begin with 0'],
    ['18446744073709551616', '18446744073709551616', 'does not fit in 64 bits'],
    ['"abc', '"abc', 'a text literal that does not end'],
    [String.raw`"\q"`, String.raw`"\q"`, 'an escape that does not exist'],
    ['a.', '', "a member's name should stand"],
    ['m[]', ']', 'an index should stand'],
    ['x as', '', 'the name of a type should stand here'],
    ['x as string(y)', '(', 'write string(N)'],
  ])('%s is refused at "%s"', (text, at, message) => {
    const { tree, sink } = parsed(text);
    expect(tree).toBeUndefined();
    expect(sink.diagnostics).toHaveLength(1);
    const [first] = sink.diagnostics;
    expect(first?.message).toContain(message);
    expect(first?.span && spanText(first.span)).toBe(at);
  });

  it('bounds depth and length', () => {
    expect(parsed(`${'('.repeat(5000)}1${')'.repeat(5000)}`).sink.diagnostics[0]?.message).toContain(
      'may nest 100 deep',
    );
    expect(parsed(`${'-'.repeat(5000)}1`).tree).toBeUndefined();
    expect(parsed(`1${'+1'.repeat(10_000)}`).sink.diagnostics[0]?.message).toContain('may hold 16384 characters');
    expect(parsed(`a${'.b'.repeat(5000)}`).tree).toBeUndefined();
  });

  it('never throws, and points inside of the text, whatever the text is', () => {
    const pieces = fc.constantFrom(
      'a',
      '.',
      '(',
      ')',
      '[',
      ']',
      ',',
      '1',
      '0x',
      '10ms',
      '"x"',
      "'",
      'not',
      'and',
      'in',
      'as',
      'struct',
      '*',
      '-',
      '~',
      '==',
      '<',
      '??',
      '&&',
      ' ',
      '\\',
      '\u{1f600}',
      '\0',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 40 }).map((each) => each.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { tree, sink } = parsed(text);
        expect(tree === undefined).toBe(sink.failed);
        for (const { span } of sink.diagnostics) {
          expect(span).toBeDefined();
          expect(span?.start).toBeGreaterThanOrEqual(0);
          expect(span?.end).toBeLessThanOrEqual(text.length);
          expect(span?.start).toBeLessThanOrEqual(span?.end ?? 0);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
