import { describe, expect, it } from 'vitest';
import { positionAt, type Source, spanText } from '../diagnostics/source.js';
import { parseDocument } from './document.js';
import type { DocumentNode } from './document-node.js';

function source(text: string): Source {
  return { name: 'p.yaml', text };
}

/** Each as `code line:column message`. */
function complaints(text: string): string[] {
  return parseDocument(source(text)).diagnostics.map(({ code, span, message }) => {
    if (span === undefined) throw new Error(`no span: ${message}`);
    const { line, column } = positionAt(span.source, span.start);
    return `${code} ${line}:${column} ${message}`;
  });
}

function plainValue(node: DocumentNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'sequence') return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plainValue(entry.value)]));
}

function parsed(text: string): unknown {
  const { output, diagnostics } = parseDocument(source(text));
  expect(diagnostics).toEqual([]);
  if (output === undefined) throw new Error('no document');
  return plainValue(output);
}

function entryOf(text: string, key: string): DocumentNode {
  const { output } = parseDocument(source(text));
  const entry = output?.kind === 'mapping' ? output.entries.find((each) => each.key === key) : undefined;
  if (entry === undefined) throw new Error(`no ${key}`);
  return entry.value;
}

describe('values', () => {
  it('keeps integers exact, in every base', () => {
    expect(parsed('[18446744073709551615, -9223372036854775808, 0x1F, 0o17, +5]')).toEqual([
      18446744073709551615n,
      -9223372036854775808n,
      31n,
      15n,
      5n,
    ]);
  });

  it('follows the core schema of YAML 1.2', () => {
    expect(parsed('[yes, on, 1_000, 12:30, 0b1, true, null, ~, 1.5, 2001-01-01]')).toEqual([
      'yes',
      'on',
      '1_000',
      '12:30',
      '0b1',
      true,
      null,
      null,
      1.5,
      '2001-01-01',
    ]);
  });

  it('reads a key without a value as null, at its place', () => {
    for (const text of ['a:\nb: 1\n', '{a, b: 1}', '{a: , b: 1}', '? a\n? b\n']) {
      const node = entryOf(text, 'a');
      expect(node).toMatchObject({ kind: 'scalar', value: null, text: '', plain: true });
      expect(node.span.end - node.span.start).toBe(0);
    }
  });

  it('gives plain scalars their source text, whatever their value is', () => {
    const node = entryOf('a: 0x10\n', 'a');
    expect(node).toMatchObject({ value: 16n, text: '0x10', plain: true });
    expect(entryOf("a: '16'", 'a')).toMatchObject({ value: '16', text: '16', plain: false });
  });

  it('marks flow collections, and where everything stands', () => {
    const node = entryOf('a: [1, {b: c}]  # d\n', 'a');
    expect(node).toMatchObject({ kind: 'sequence', flow: true });
    expect(spanText(node.span)).toBe('[1, {b: c}]');
    const block = entryOf('a:\n  - x: 1\n    y: 2\n\n# end\nb: 1\n', 'a');
    expect(block).toMatchObject({ kind: 'sequence', flow: false });
    expect(spanText(block.span)).toBe('- x: 1\n    y: 2');
  });

  it('reads line ends of Windows and a byte-order mark', () => {
    expect(parsed('\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n')).toEqual({ a: 1n, b: 'x\ny\n' });
  });
});

describe('aliases', () => {
  it('stand for what their anchor stands for, the last before them', () => {
    expect(parsed('a: &x [1]\nb: *x\nc: &x 2\nd: *x\n')).toEqual({ a: [1n], b: [1n], c: 2n, d: 2n });
  });

  it('are refused where they expand to too much, without expanding it', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 30; level++) {
      lines.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    }
    expect(complaints(lines.join('\n'))).toEqual([
      'yaml-alias-bomb 5:10 the aliases up to "*a3" expand to more than 10000 values',
    ]);
  });

  it('are refused where they nest too deeply, or inside of themselves', () => {
    const lines = ['a0: &a0 [x]'];
    for (let level = 1; level < 70; level++) lines.push(`a${level}: &a${level} [*a${level - 1}]`);
    expect(complaints(lines.join('\n'))[0]).toBe('yaml-alias-bomb 64:12 the alias "*a62" nests deeper than 64 levels');
    expect(complaints('a: &a [*a]')).toEqual([
      'yaml-alias-bomb 1:8 the alias "*a" stands inside of what it stands for',
    ]);
  });

  it('need an anchor before them', () => {
    expect(complaints('a: *b\nb: &b 1\n')).toEqual(['yaml-syntax 1:4 nothing before this alias has the anchor "&b"']);
  });
});

describe('limits', () => {
  it('bounds bytes, depth, and nodes', () => {
    expect(complaints(`a: ${'ä'.repeat(1 << 19)}`)).toEqual([
      'yaml-too-large 1:1 the file has 1048579 bytes, a pipeline at most 1048576',
    ]);
    expect(parsed(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeDefined();
    expect(complaints('['.repeat(65))).toEqual(['yaml-too-large 1:65 the text nests deeper than 64 levels here']);
    expect(complaints('- '.repeat(500_000))).toEqual([
      'yaml-too-large 1:129 the text nests deeper than 64 levels here',
    ]);
    expect(complaints(`[${'a,'.repeat(10_000)}]`)).toEqual([
      'yaml-too-large 1:20000 the file holds more than 10000 keys and values',
    ]);
  });

  it.each([
    '[',
    '"',
    "'",
    '&a ',
    '*a ',
    '!a ',
    '? ',
    '-\n',
    '#\n',
    ': ',
    '%\n',
    '{a: ',
    '--- a\n',
    ']',
    '|\n',
    'a: b\n',
    '\r',
  ])('gets through a megabyte of %j', (part) => {
    const { diagnostics } = parseDocument(source(part.repeat((1 << 20) / part.length)));
    expect(diagnostics.length).toBeLessThanOrEqual(50);
  });
});

describe('refusals', () => {
  it('tells a duplicate key, and where it stands first', () => {
    const { diagnostics, output } = parseDocument(source('a: 1\nb: 2\n"a": 3\n'));
    expect(output).toBeUndefined();
    expect(diagnostics).toMatchObject([
      {
        code: 'yaml-duplicate-key',
        message: 'the key "a" stands twice',
        span: { start: 10, end: 13 },
        related: [{ message: 'it stands here first', span: { start: 0, end: 1 } }],
      },
    ]);
  });

  it.each([
    ['a: !x y', '1:4 "!x" is a YAML tag, which pipelines do not use'],
    ['a: !!str 5', '1:4 "!!str" is a YAML tag, which pipelines do not use'],
    ['%YAML 1.1\n---\na: 1', '1:1 a YAML directive'],
    ['a: 1\n---\nb: 2', '2:1 a second document in one file'],
    ['a: &a {b: 1}\nc:\n  <<: *a', '3:3 a merge key "<<", which pipelines do not use'],
    ['[a]: 1', '1:1 a key that is not a plain name'],
    ['a: &a x\n*a : 1', '2:1 a key that is not a plain name'],
  ])('refuses the feature in %j', (text, expected) => {
    const { diagnostics } = parseDocument(source(text));
    expect(complaints(text)).toEqual([`yaml-feature ${expected}`]);
    expect(diagnostics[0]?.hints.length).toBeGreaterThan(0);
  });

  it.each(['', '\n\n', '# nothing\n', '---\n', '~\n'])('says that %j holds no pipeline', (text) => {
    expect(complaints(text)).toEqual(['wrong-shape 1:1 the file holds no pipeline']);
  });
});
