/**
 * Text of one expression → tokens with places. Refuses what no token can begin with, unknown units, and numbers beyond 64 bits; it goes on
 * after an error so that several are told at once.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { LocatedText } from '../spec.js';
import { durationUnits, nanoseconds, sizeUnits, unitNames } from '../units.js';
import { strayCharacter } from './familiar-names.js';
import { unescapeText } from './text-literal.js';

export type TokenKind = 'number' | 'text' | 'word' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The word or operator itself; for a text literal its value; for a number its digits. */
  readonly text: string;
  readonly span: Span;
  readonly value?: bigint;
  readonly unit?: 'duration' | 'size';
}

/** Longest first, so that `<<` is not read as `<`. */
const operators = [
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '??',
  '&&',
  '||',
  '->',
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '^',
  '~',
  '<',
  '>',
  '(',
  ')',
  '[',
  ']',
  ',',
  '.',
  '!',
  '?',
  ':',
];

/** What people write out of habit from C, and what the language has for it. */
const habits: Readonly<Record<string, string>> = {
  '&&': 'write "and"',
  '||': 'write "or"',
  '!': 'write "not x", or "!=" for inequality',
  '->': 'write ".": members follow pointers by themselves',
  '?': 'write "if(condition, a, b)"',
  ':': 'write "if(condition, a, b)" for a choice',
};

const maxU64 = (1n << 64n) - 1n;

export function tokenize(source: LocatedText, sink: DiagnosticSink): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  const spanOf = (start: number, end: number): Span => ({
    source: source.span.source,
    start: source.offsetAt(start),
    end: Math.max(source.offsetAt(start), source.offsetAt(end)),
  });
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const afterDot = tokens.at(-1)?.text === '.' && tokens.at(-1)?.kind === 'operator';
    const fraction = afterDot ? null : /^([0-9][0-9_]*)\.([0-9]+)([A-Za-z]*)/.exec(rest);
    if (fraction !== null) {
      const span = spanOf(at, at + fraction[0].length);
      tellFraction(fraction[0], span, sink);
      tokens.push({ kind: 'number', text: fraction[0], span, value: 0n });
      at += fraction[0].length;
      continue;
    }
    const number = /^(0[xX][0-9a-fA-F_]*|0[bB][01_]+|0[oO][0-7_]*|[0-9][0-9_]*)([A-Za-z]*)/.exec(rest);
    if (number !== null) {
      const span = spanOf(at, at + number[0].length);
      tokens.push(numberToken(number[1] ?? '', number[2] ?? '', span, sink));
      at += number[0].length;
      continue;
    }
    const word = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest);
    if (word !== null) {
      tokens.push({ kind: 'word', text: word[0], span: spanOf(at, at + word[0].length) });
      at += word[0].length;
      continue;
    }
    const quoted = /^"(?:[^"\\]|\\.)*"|^'(?:[^'\\]|\\.)*'/s.exec(rest);
    if (quoted !== null) {
      const span = spanOf(at, at + quoted[0].length);
      const value = unescapeText(quoted[0].slice(1, -1));
      if (value === undefined) {
        sink.add('expr-syntax', 'a text literal with an escape that does not exist', span, {
          hints: ['the escapes are \\" \\\' \\\\ \\n \\t \\r \\0 and \\xNN'],
        });
      }
      tokens.push({ kind: 'text', text: value ?? '', span });
      at += quoted[0].length;
      continue;
    }
    const operator = operators.find((each) => rest.startsWith(each));
    if (operator !== undefined) {
      const span = spanOf(at, at + operator.length);
      const habit = habits[operator];
      if (habit === undefined) tokens.push({ kind: 'operator', text: operator, span });
      else {
        sink.add('expr-syntax', `"${operator}" is not an operator of the language`, span, { hints: [habit] });
        tokens.push({ kind: 'operator', text: replacement(operator), span });
      }
      at += operator.length;
      continue;
    }
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    const unclosed = character === '"' || character === "'";
    const end = unclosed ? text.length : at + character.length;
    sink.add(
      'expr-syntax',
      unclosed ? 'a text literal that does not end' : `${JSON.stringify(character)} cannot stand in an expression`,
      spanOf(at, end),
      { hints: unclosed ? [`close it with ${character}`] : strayCharacter(character) },
    );
    at = end;
  }
  tokens.push({ kind: 'end', text: '', span: spanOf(text.length, text.length) });
  return tokens;
}

/** Reads on as if the language's own operator stood there, so that one habit is one error. */
function replacement(operator: string): string {
  if (operator === '&&') return 'and';
  if (operator === '||') return 'or';
  if (operator === '->') return '.';
  return operator;
}

function tellFraction(text: string, span: Span, sink: DiagnosticSink): void {
  const exact = nanoseconds(text);
  const smaller = exact === undefined ? undefined : [...durationUnits].findLast(([, unit]) => exact % unit === 0n);
  sink.add('expr-syntax', `"${text}" is no whole number`, span, {
    hints:
      exact !== undefined && exact > 0n && smaller !== undefined
        ? [`write it in a smaller unit: ${exact / smaller[1]}${smaller[0]}`]
        : ['there are no fractions'],
  });
}

function numberToken(digits: string, suffix: string, span: Span, sink: DiagnosticSink): Token {
  const clean = digits.replaceAll('_', '');
  const empty = /^0[xXbBoO]$/.test(clean);
  if (empty) {
    sink.add('expr-syntax', `"${digits}${suffix}" has no digits`, span);
    return { kind: 'number', text: digits + suffix, span, value: 0n };
  }
  const plain = BigInt(clean.toLowerCase());
  const duration = durationUnits.get(suffix);
  const size = sizeUnits.get(suffix);
  let value = plain;
  let unit: 'duration' | 'size' | undefined;
  if (duration !== undefined) {
    value = plain * duration;
    unit = 'duration';
  } else if (size !== undefined) {
    value = plain * size;
    unit = 'size';
  } else if (suffix !== '') {
    sink.add('expr-syntax', `unknown unit "${suffix}"`, span, {
      hints: [...didYouMean(suffix, unitNames), `the units are ${unitNames.join(' ')}`],
    });
  }
  if (/^0[0-9]/.test(clean)) {
    const decimal = clean.replace(/^0+(?=.)/, '');
    const octal = /^[0-7]+$/.test(decimal) ? `, or 0o${decimal} for an octal number` : '';
    sink.add('expr-syntax', 'a number may not begin with 0', span, { hints: [`write ${decimal}${octal}`] });
  }
  if (value > maxU64) {
    sink.add('value-range', `${digits}${suffix} does not fit in 64 bits`, span, {
      hints: [`the largest number is ${maxU64}`],
    });
    value = maxU64;
  }
  return { kind: 'number', text: digits + suffix, span, value, ...(unit === undefined ? {} : { unit }) };
}
