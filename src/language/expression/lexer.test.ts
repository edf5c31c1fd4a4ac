import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { located, told } from '../../../test/support/located-text.js';
import { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import { spanText } from '../../diagnostics/source.js';
import { tokenize } from './lexer.js';

function lex(text: string) {
  const sink = new DiagnosticSink();
  const tokens = tokenize(located(text), sink);
  return { tokens, problems: sink.diagnostics.map(told) };
}

describe('numbers', () => {
  it.each([
    ['0', 0n],
    ['42', 42n],
    ['1_000_000', 1_000_000n],
    ['0xff', 255n],
    ['0XFF', 255n],
    ['0xdead_beef', 0xdeadbeefn],
    ['0b1010', 10n],
    ['0B11', 3n],
    ['0o755', 0o755n],
    ['18446744073709551615', (1n << 64n) - 1n],
    ['0xffffffffffffffff', (1n << 64n) - 1n],
  ])('%s', (text, value) => {
    const { tokens, problems } = lex(text);
    expect(problems).toEqual([]);
    expect(tokens.map((each) => [each.kind, each.value])).toEqual([
      ['number', value],
      ['end', undefined],
    ]);
  });

  it.each([
    ['5ns', 5n, 'duration'],
    ['5us', 5_000n, 'duration'],
    ['10ms', 10_000_000n, 'duration'],
    ['2s', 2_000_000_000n, 'duration'],
    ['3m', 180_000_000_000n, 'duration'],
    ['1h', 3_600_000_000_000n, 'duration'],
    ['1d', 86_400_000_000_000n, 'duration'],
    ['7B', 7n, 'size'],
    ['0B', 0n, 'size'],
    ['4KiB', 4096n, 'size'],
    ['1MiB', 1_048_576n, 'size'],
    ['1GiB', 1_073_741_824n, 'size'],
    ['1TiB', 1_099_511_627_776n, 'size'],
    ['1kB', 1000n, 'size'],
    ['1MB', 1_000_000n, 'size'],
    ['1GB', 1_000_000_000n, 'size'],
    ['0x10ms', 16_000_000n, 'duration'],
  ])('%s has its unit', (text, value, unit) => {
    const { tokens, problems } = lex(text);
    expect(problems).toEqual([]);
    expect(tokens[0]).toMatchObject({ value, unit });
  });

  const units = 'the units are ns us ms s m h d B KiB MiB GiB TiB kB MB GB';
  it.each([
    ['1 + 5mS', 'expr-syntax', 'unknown unit "mS"', '5mS', ['did you mean "ms", "ns" or "us"?', units]],
    ['5constructor', 'expr-syntax', 'unknown unit "constructor"', '5constructor', [units]],
    ['5toString', 'expr-syntax', 'unknown unit "toString"', '5toString', [units]],
    ['5kib', 'expr-syntax', 'unknown unit "kib"', '5kib', ['did you mean "KiB", "MiB" or "GiB"?', units]],
    ['0755', 'expr-syntax', 'a number may not begin with 0', '0755', ['write 755, or 0o755 for an octal number']],
    ['0899', 'expr-syntax', 'a number may not begin with 0', '0899', ['write 899']],
    ['0x', 'expr-syntax', '"0x" has no digits', '0x', []],
    ['0x_', 'expr-syntax', '"0x_" has no digits', '0x_', []],
    [
      '18446744073709551616',
      'value-range',
      '18446744073709551616 does not fit in 64 bits',
      '18446744073709551616',
      ['the largest number is 18446744073709551615'],
    ],
    [
      '300000d',
      'value-range',
      '300000d does not fit in 64 bits',
      '300000d',
      ['the largest number is 18446744073709551615'],
    ],
    ['1.5s', 'expr-syntax', '"1.5s" is no whole number', '1.5s', ['write it in a smaller unit: 1500ms']],
    ['0.25', 'expr-syntax', '"0.25" is no whole number', '0.25', ['there are no fractions']],
  ])('%s is refused', (text, code, message, at, hints) => {
    expect(lex(text).problems).toEqual([{ code, message, hints, at }]);
  });

  it('takes no long time for many digits', () => {
    expect(lex('9'.repeat(16_000)).problems.map((each) => each.code)).toEqual(['value-range']);
  });

  it('keeps the numbers of positional members apart', () => {
    const { tokens, problems } = lex('args.0.pid');
    expect(problems).toEqual([]);
    expect(tokens.map((each) => each.text)).toEqual(['args', '.', '0', '.', 'pid', '']);
  });
});

describe('texts', () => {
  it.each([
    ['"abc"', 'abc'],
    ["'abc'", 'abc'],
    ['""', ''],
    ['"it\'s"', "it's"],
    [String.raw`"a\"b"`, 'a"b'],
    [String.raw`'a\'b'`, "a'b"],
    [String.raw`"\\\n\t\r\0\x41"`, '\\\n\t\r\0A'],
    ['"ü€😀"', 'ü€😀'],
    ['"and"', 'and'],
  ])('%s', (text, value) => {
    const { tokens, problems } = lex(text);
    expect(problems).toEqual([]);
    expect(tokens[0]).toMatchObject({ kind: 'text', text: value });
  });

  const escapes = [String.raw`the escapes are \" \' \\ \n \t \r \0 and \xNN`];
  it.each([
    ['x == "a\\q"', 'a text literal with an escape that does not exist', '"a\\q"', escapes],
    ['"\\x4"', 'a text literal with an escape that does not exist', '"\\x4"', escapes],
    ['"\\xg0"', 'a text literal with an escape that does not exist', '"\\xg0"', escapes],
    ['x == "abc', 'a text literal that does not end', '"abc', ['close it with "']],
    ["'abc\\'", 'a text literal that does not end', "'abc\\'", ["close it with '"]],
    ['"', 'a text literal that does not end', '"', ['close it with "']],
  ])('%s is refused', (text, message, at, hints) => {
    expect(lex(text).problems).toEqual([{ code: 'expr-syntax', message, hints, at }]);
  });
});

describe('operators', () => {
  it('takes the longest', () => {
    const { tokens, problems } = lex('a<<b<=c<d??e!=f>>g>=h==i');
    expect(problems).toEqual([]);
    expect(tokens.filter((each) => each.kind === 'operator').map((each) => each.text)).toEqual(
      '<< <= < ?? != >> >= =='.split(' '),
    );
  });

  it.each([
    ['a && b', '&&', ['write "and"']],
    ['a || b', '||', ['write "or"']],
    ['!a', '!', ['write "not x", or "!=" for inequality']],
    ['a->b', '->', ['write ".": members follow pointers by themselves']],
  ])('%s is told of once, with what the language has for it', (text, operator, hints) => {
    expect(lex(text).problems).toEqual([
      { code: 'expr-syntax', message: `"${operator}" is not an operator of the language`, hints, at: operator },
    ]);
  });

  it('tells of both halves of a ? b : c', () => {
    expect(lex('a ? b : c').problems.map(({ at, hints }) => [at, hints])).toEqual([
      ['?', ['write "if(condition, a, b)"']],
      [':', ['write "if(condition, a, b)" for a choice']],
    ]);
  });

  it.each([
    ['a = b', '"=" cannot stand in an expression', '=', ['write "==" to compare']],
    [
      'a $ b',
      '"$" cannot stand in an expression',
      '$',
      [
        'what a run sets is a param, declared under "params:" and written param.NAME; a value with a name stands under "let:"',
      ],
    ],
    [
      'a; b',
      '";" cannot stand in an expression',
      ';',
      ['every expression stands by itself: a list item, or a value of a key'],
    ],
    ['😀', '"😀" cannot stand in an expression', '😀', []],
    ['a # b', '"#" cannot stand in an expression', '#', []],
    ['{a}', '"{" cannot stand in an expression', '{', []],
  ])('%s has a character that belongs to nothing', (text, message, at, hints) => {
    expect(lex(text).problems[0]).toEqual({ code: 'expr-syntax', message, hints, at });
  });

  it('goes on after an error', () => {
    expect(lex('a && $ || 5qq').problems.map((each) => each.at)).toEqual(['&&', '$', '||', '5qq']);
  });
});

describe('places', () => {
  it('gives each token the text that it stands for', () => {
    const text = 'args.x  ==\t"a b"\n and 0x1F >= 10ms';
    expect(lex(text).tokens.map((each) => spanText(each.span))).toEqual([
      'args',
      '.',
      'x',
      '==',
      '"a b"',
      'and',
      '0x1F',
      '>=',
      '10ms',
      '',
    ]);
  });

  it('lie inside of any text, which never throws and never hangs', () => {
    const soup = fc.array(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('"', "'", '\\', '0x', '0', '1.', '9e9', '??', '->', '#', '\u0000', '\ud800'),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(soup, (parts) => {
        const text = parts.join('');
        const source = located(text);
        const sink = new DiagnosticSink();
        const tokens = tokenize(source, sink);
        let last = source.span.start;
        for (const { span } of [...tokens, ...sink.diagnostics]) {
          expect(span?.start).toBeGreaterThanOrEqual(source.span.start);
          expect(span?.end).toBeLessThanOrEqual(source.span.end);
          expect(span?.end).toBeGreaterThanOrEqual(span?.start ?? 0);
        }
        for (const { span } of tokens) {
          expect(span.start).toBeGreaterThanOrEqual(last);
          last = span.end;
        }
        expect(tokens.at(-1)?.kind).toBe('end');
      }),
    );
  });
});
