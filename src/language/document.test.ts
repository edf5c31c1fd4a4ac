import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { positionAt, spanText } from '../diagnostics/source.js';
import { parseDocument } from './document.js';
import type { DocumentNode, ScalarNode } from './document-node.js';

const parse = (text: string) => parseDocument({ name: 'p.yaml', text });

/** `code line:column message` */
function said(text: string): string[] {
  return parse(text).diagnostics.map(({ code, span, message }: Diagnostic) => {
    const place = span && positionAt(span.source, span.start);
    return `${code} ${place?.line}:${place?.column} ${message}`;
  });
}

function read(text: string): DocumentNode {
  const { output, diagnostics } = parse(text);
  expect(diagnostics).toEqual([]);
  if (output === undefined) throw new Error('no document');
  return output;
}

function at(node: DocumentNode, ...path: (string | number)[]): DocumentNode {
  const [step, ...rest] = path;
  if (step === undefined) return node;
  const next =
    node.kind === 'mapping'
      ? node.entries.find(({ key }) => key === step)?.value
      : node.kind === 'sequence' && typeof step === 'number'
        ? node.items[step]
        : undefined;
  if (next === undefined) throw new Error(`nothing at ${step}`);
  return at(next, ...rest);
}

function scalar(node: DocumentNode): ScalarNode {
  if (node.kind !== 'scalar') throw new Error(`a ${node.kind}`);
  return node;
}

function scalarsOf(node: DocumentNode): ScalarNode[] {
  if (node.kind === 'scalar') return [node];
  return node.kind === 'sequence'
    ? node.items.flatMap(scalarsOf)
    : node.entries.flatMap(({ value }) => scalarsOf(value));
}

describe('values', () => {
  it.each<[string, ScalarNode['value']]>([
    ['18446744073709551615', 18446744073709551615n],
    ['0x1F', 31n],
    ['-3', -3n],
    ['1.5', 1.5],
    ['true', true],
    ['yes', 'yes'],
    ['on', 'on'],
    ['~', null],
    ['', null],
    ['"12"', '12'],
    ['2001-01-01', '2001-01-01'],
    ['args.a == "x"', 'args.a == "x"'],
  ])('%s', (text, value) => {
    expect(scalar(at(read(`a: ${text}\n`), 'a')).value).toEqual(value);
  });

  it('keeps the text of a plain scalar that is no string', () => {
    expect(scalar(at(read('a: 0x1F\n'), 'a')).text).toBe('0x1F');
  });

  it('takes numbers and words as keys', () => {
    const root = read('1: a\nyes: b\n"c d": e\n');
    expect(root.kind === 'mapping' && root.entries.map(({ key }) => key)).toEqual(['1', 'yes', 'c d']);
  });

  it('repeats what an alias stands for', () => {
    const root = read('a: &x { b: 1 }\nc: *x\n');
    expect(scalar(at(root, 'c', 'b')).value).toBe(1n);
    expect(spanText(at(root, 'c', 'b').span)).toBe('1');
  });

  it('ends a block collection at its last character', () => {
    expect(spanText(at(read('a:\n  b: 1\n  c: 2   # no\n\n\nd: 3\n'), 'a').span)).toBe('b: 1\n  c: 2');
  });
});

describe('the place of each character of a text', () => {
  const cases: [string, string][] = [
    ['plain', 'a: one two\n'],
    ['plain over lines', 'a: one two\n   three\n\n   four\nb: x\n'],
    ['single', "a: 'one ''two'' three'\n"],
    ['single over lines', "a: 'one\n   two\n\n   three'\n"],
    ['double', 'a: "one\\ttwo \\u0041 \\U0001F600 \\x41 \\" end"\n'],
    ['double over lines', 'a: "one  \n   two\n\n   three \\\n   four"\n'],
    ['literal', 'a: |\n  one\n    two\n\n  three\n'],
    ['literal, kept', 'a: |+\n  one\n\n\nb: 1\n'],
    ['literal, stripped', 'a: |-\n  one\n  two\n'],
    ['folded', 'a: >\n  one\n  two\n\n  three\n    more\n  four\n'],
    ['folded with a comment', 'a: >- # why\n  one\n  two\n'],
    ['indented by digit', 'a: |2\n    one\n   two\n'],
    ['CRLF', 'a: |\r\n  one\r\n  two\r\nb: x y\r\n'],
    ['flow', 'a: [one two, "three" , \'four\']\n'],
    ['beyond the BMP', 'a: one 😀 two 漢字\n'],
  ];
  it.each(cases)('%s', (_, text) => {
    for (const node of scalarsOf(read(text))) {
      let last = -1;
      for (let index = 0; index < node.text.length; index++) {
        const offset = node.offsetAt(index);
        expect(offset).toBeGreaterThanOrEqual(last);
        last = offset;
        const character = node.text.charAt(index);
        if (/\s/.test(character) || text.charAt(offset) === '\\') continue;
        expect(`${index} ${text.charAt(offset)}`).toBe(`${index} ${character}`);
      }
      expect(node.offsetAt(node.text.length)).toBeGreaterThanOrEqual(last);
      expect(node.offsetAt(node.text.length)).toBeLessThanOrEqual(text.length);
    }
  });

  it('holds for any words in any style', () => {
    const word = fc.stringMatching(/^[a-z(),.]{1,5}$/).filter((each) => !/^[,]|[,]$/.test(each));
    const lines = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    const style = fc.constantFrom('|', '>', '|-', '>-', '>+', 'plain', '"', "'");
    fc.assert(
      fc.property(lines, style, fc.boolean(), (words, how, crlf) => {
        const body = words.map((line) => `  ${line.join('  ')}`).join('\n');
        const yaml = /^[|>]/.test(how)
          ? `a: ${how}\n${body}\nb: 1\n`
          : `a:\n  ${how === 'plain' ? '' : how}${body.trim()}${how === 'plain' ? '' : how}\nb: 1\n`;
        const text = crlf ? yaml.replaceAll('\n', '\r\n') : yaml;
        const { output } = parse(text);
        if (output === undefined) return;
        const node = scalar(at(output, 'a'));
        for (let index = 0; index < node.text.length; index++)
          if (!/\s/.test(node.text.charAt(index)))
            expect(text.charAt(node.offsetAt(index))).toBe(node.text.charAt(index));
      }),
    );
  });
});

describe('refused', () => {
  it('a key twice, with the first one’s place', () => {
    const [duplicate] = parse('a: 1\nb: 2\na: 3\n').diagnostics;
    expect(duplicate).toMatchObject({
      code: 'yaml-duplicate-key',
      span: { start: 10 },
      related: [{ span: { start: 0 } }],
    });
  });

  it('several mistakes at once', () => {
    expect(said('a: {b: 1, b: 2}\nc: {<<: x}\nd: !foo x\ne: *none\n')).toEqual([
      'yaml-feature 3:4 "!foo" is a YAML tag, which pipelines do not use',
    ]);
    expect(said('a: {b: 1, b: 2}\nc: {<<: x}\ne: *none\n')).toEqual([
      'yaml-duplicate-key 1:11 the key "b" stands twice in one mapping',
      'yaml-feature 2:5 "<<" merges mappings, which pipelines do not use',
      'yaml-feature 3:4 there is no anchor "&none" before this alias',
    ]);
  });

  it.each([
    ['a: 1\n---\nb: 2\n', 'yaml-feature 2:1 a second document in one file'],
    ['%YAML 1.1\n---\na: 1\n', 'yaml-feature 1:1 a YAML directive'],
    ['? [a]\n: 1\n', 'yaml-feature 1:3 a list or a mapping cannot be a key'],
    ['a: &x [*x]\n', 'yaml-alias-bomb 1:8 the alias "*x" stands inside of what it repeats'],
    ['', 'wrong-shape 1:1 the file holds no pipeline'],
    ['# nothing\n', 'wrong-shape 1:1 the file holds no pipeline'],
    ['a: [1, 2\nb: 3\n', 'yaml-syntax 2:1 a "[" is never closed, or its lines are indented too little'],
    ['a: "x\nb: 1\n', 'yaml-syntax 1:4 the quote " is never closed'],
    ['a:\n\tb: 1\n', 'yaml-syntax 2:1 a tab stands where the indentation must be spaces'],
    ['a: b: c\n', 'yaml-syntax 1:4 a second ": " in one line'],
    ['a:\n  b: 1\n c: 2\n', 'yaml-syntax 3:1 this line is indented differently from the keys of its mapping'],
  ])('%j', (text, expected) => {
    expect(said(text)[0]).toBe(expected);
  });

  it('files that are too large, too deep, or grow by aliases', () => {
    expect(said(`a: ${'x'.repeat(1 << 20)}`)[0]).toMatch(/^yaml-too-large 1:1 the file has 1048579 bytes/);
    expect(said('['.repeat(100_000))[0]).toMatch(/^yaml-too-large 1:65 nested deeper than 64 levels/);
    expect(said(`${'- '.repeat(300)}a`)[0]).toMatch(/^yaml-too-large/);
    const lines = ['a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]'];
    for (let level = 1; level < 12; level++)
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    expect(said(lines.join('\n'))).toEqual([expect.stringMatching(/^yaml-alias-bomb 5:/)]);
    const deep = ['a0: &a0 [1]'];
    for (let level = 1; level < 100; level++) deep.push(`a${level}: &a${level} [*a${level - 1}]`);
    expect(said(deep.join('\n'))[0]).toMatch(/^yaml-alias-bomb .*deeper than 64/);
  });
});

describe('whatever the text is', () => {
  it('never throws, and every remark has a place inside of the text', () => {
    const pieces = fc.constantFrom(
      ...[
        'a',
        ':',
        ' ',
        '\n',
        '- ',
        '"',
        "'",
        '[',
        ']',
        '{',
        '}',
        ',',
        '|',
        '>',
        '#',
        '&x ',
        '*x',
        '!t ',
        '? ',
        '\t',
        '%',
        '---\n',
        '<<',
        '\r\n',
        '\\',
        '\u0000',
        '\ud800',
        '\ufeff',
        '😀',
      ],
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 60 }).map((each) => each.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (given) => {
        const { diagnostics, output } = parse(given);
        expect(output !== undefined || diagnostics.length > 0).toBe(true);
        for (const { span } of diagnostics) {
          expect(span).toBeDefined();
          expect(span?.end).toBeLessThanOrEqual(given.length);
          expect(span?.start).toBeLessThanOrEqual(span?.end ?? -1);
        }
        for (const node of output === undefined ? [] : scalarsOf(output)) {
          for (let index = 0; index <= node.text.length; index++)
            expect(node.offsetAt(index)).toBeLessThanOrEqual(given.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
