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

/** Each node as its kind and the text under its span, inner ones after outer ones. */
function places(tree: Expression): string[] {
  const children = (): readonly Expression[] => {
    switch (tree.kind) {
      case 'member':
        return [tree.object];
      case 'index':
        return [tree.object, ...tree.indices];
      case 'call':
        return tree.arguments;
      case 'unary':
        return [tree.operand];
      case 'binary':
        return [tree.left, tree.right];
      case 'in':
        return [tree.value, ...('map' in tree.set ? [tree.set.map] : tree.set.list)];
      case 'cast':
        return [tree.operand];
      default:
        return [];
    }
  };
  return [`${tree.kind}: ${spanText(tree.span)}`, ...children().flatMap(places)];
}

describe('places of nodes', () => {
  it.each([
    ['a + b * 2', ['binary: a + b * 2', 'name: a', 'binary: b * 2', 'name: b', 'number: 2']],
    ['(a + b).c', ['member: (a + b).c', 'binary: (a + b)', 'name: a', 'name: b']],
    ['((a)) * 2', ['binary: ((a)) * 2', 'name: ((a))', 'number: 2']],
    ['f(a, "x")[1]', ['index: f(a, "x")[1]', 'call: f(a, "x")', 'name: a', 'text: "x"', 'number: 1']],
    ['not x in [1, 2]', ['unary: not x in [1, 2]', 'in: x in [1, 2]', 'name: x', 'number: 1', 'number: 2']],
    ['x not in m', ['unary: x not in m', 'in: x not in m', 'name: x', 'name: m']],
    ['-a as user char *', ['cast: -a as user char *', 'unary: -a', 'name: a']],
    [
      'm[a, b].c ?? 10ms',
      [
        'binary: m[a, b].c ?? 10ms',
        'member: m[a, b].c',
        'index: m[a, b]',
        'name: m',
        'name: a',
        'name: b',
        'number: 10ms',
      ],
    ],
    ['true', ['boolean: true']],
  ])('%s', (text, expected) => {
    const { tree } = parsed(text);
    expect(tree && places(tree)).toEqual(expected);
  });

  it('are there for the parts of a node, too', () => {
    const { tree } = parsed('f(a.b >= 1, x as unsigned  int *)');
    const [compared, cast] = tree?.kind === 'call' ? tree.arguments : [];
    expect(tree?.kind === 'call' && spanText(tree.calleeSpan)).toBe('f');
    expect(compared?.kind === 'binary' && spanText(compared.operatorSpan)).toBe('>=');
    expect(compared?.kind === 'binary' && compared.left.kind === 'member' && spanText(compared.left.memberSpan)).toBe(
      'b',
    );
    expect(cast?.kind === 'cast' && spanText(cast.type.span)).toBe('unsigned  int *');
  });
});

describe('mistakes with a hint', () => {
  it.each([
    ['a < b < c', '<', 'comparisons do not chain', ['join two comparisons with "and"']],
    ['a == b in [1]', 'in', 'comparisons do not chain', ['join two comparisons with "and"']],
    ['a == b not in m', 'not', 'comparisons do not chain', ['join two comparisons with "and"']],
    ['a in m not in n', 'not', 'comparisons do not chain', ['join two comparisons with "and"']],
    ['x not "in" [1]', 'not', '"not" does not belong here', ['an operator is missing before it']],
    ['x as struct task.pid', '.', '"." does not belong here', ['put the cast in parentheses: (x as TYPE).member']],
    ['x as u32 *[1]', '[', '"[" does not belong here', ['put the cast in parentheses: (x as TYPE)[index]']],
    ['a.b(1)', '(', '"(" does not belong here', ['only functions are called, and by their name: str(x)']],
    [
      'a, b',
      ',',
      '"," does not belong here',
      ['a comma only separates the arguments of a function and the parts of a key'],
    ],
    ['&a', '&', 'a value should stand here, found "&"', ['members follow pointers by themselves: leave it out']],
    ['a]', ']', '"]" does not belong here', ['there is no "[" that it closes']],
    ['a "b"', '"b"', '"b" does not belong here', ['an operator is missing before it']],
  ])('%s', (text, at, message, hints) => {
    const { tree, sink } = parsed(text);
    expect(tree).toBeUndefined();
    expect(sink.diagnostics.map((each) => [each.span && spanText(each.span), each.message, each.hints])).toEqual([
      [at, message, hints],
    ]);
  });
});

describe('bounds', () => {
  it('are of the nesting, not of the length: what stands side by side is free', () => {
    const { tree, sink } = parsed(Array.from({ length: 150 }, (_, index) => `a.b.c.d == ${index}`).join(' or '));
    expect(sink.diagnostics).toEqual([]);
    expect(tree?.kind).toBe('binary');
    expect(parsed(`x in [${Array.from({ length: 4000 }, (_, index) => index % 10).join()}]`).sink.diagnostics).toEqual(
      [],
    );
    expect(parsed(`f(${Array.from({ length: 300 }, () => '(a.b)').join()})`).sink.diagnostics).toEqual([]);
  });

  it.each([
    ['operators', `1${'+1'.repeat(5000)}`],
    ['members', `a${'.b'.repeat(5000)}`],
    ['casts', `a${' as u8'.repeat(2000)}`],
    ['indices', `a${'[0]'.repeat(4000)}`],
    ['memberships', `a${' in m in m'.repeat(1000)}`],
  ])('are kept by %s in a row', (_, text) => {
    const { tree, sink } = parsed(text);
    expect(tree).toBeUndefined();
    expect(sink.diagnostics).toHaveLength(1);
  });
});
