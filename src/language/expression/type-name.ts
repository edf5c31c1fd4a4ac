/**
 * The written names of types: `u16`, `string(64)`, `struct request *`, `user char *`, `unsigned long`. A `*` after `as TYPE` belongs to the type unless
 * a value follows it, so `x as u64 * 3` multiplies and `(x as u32 *)[1]` does not.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { LocatedText } from '../spec.js';
import type { TypeName } from './ast.js';
import { type Token, tokenize } from './lexer.js';

const baseWords = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char']);

export type ParsedType =
  | { readonly type: TypeName; readonly at: number }
  | { readonly expected: string; readonly at: number };

/** Reads a type from `tokens[at]` on. */
export function parseTypeTokens(tokens: readonly Token[], start: number): ParsedType {
  let at = start;
  const peek = (ahead = 0): Token | undefined => tokens[at + ahead];
  const isWord = (text: string): boolean => peek()?.kind === 'word' && peek()?.text === text;
  let user = false;
  let tag: TypeName['tag'] = '';
  for (;;) {
    if (isWord('user')) user = true;
    else if (!isWord('const') && !isWord('volatile')) break;
    at++;
  }
  const tagWord = peek();
  if (tagWord?.kind === 'word' && (tagWord.text === 'struct' || tagWord.text === 'union' || tagWord.text === 'enum')) {
    tag = tagWord.text;
    at++;
  }
  const first = peek();
  if (first?.kind !== 'word') return { expected: `the name of a type should stand here`, at };
  const words = [first.text];
  at++;
  if (tag === '' && baseWords.has(first.text)) {
    for (let word = peek(); word?.kind === 'word' && baseWords.has(word.text); word = peek()) {
      words.push(word.text);
      at++;
    }
  }
  let size: bigint | undefined;
  if (tag === '' && (first.text === 'string' || first.text === 'bytes') && peek()?.text === '(') {
    const digits = peek(1);
    if (digits?.kind !== 'number' || digits.value === undefined || peek(2)?.text !== ')') {
      return { expected: `write ${first.text}(N) with N the most bytes it may hold`, at };
    }
    size = digits.value;
    at += 3;
  }
  let pointers = 0;
  while (peek()?.kind === 'operator' && peek()?.text === '*' && !beginsValue(peek(1))) {
    pointers++;
    at++;
  }
  const from = tokens[start]?.span ?? first.span;
  const to = tokens[at - 1]?.span ?? first.span;
  const span = { source: from.source, start: from.start, end: to.end };
  return { type: { tag, name: words.join(' '), pointers, user, span, ...(size === undefined ? {} : { size }) }, at };
}

/** A whole text that is nothing but a type, as under `key:` and `value:`. */
export function parseTypeName(text: LocatedText, sink: DiagnosticSink): TypeName | undefined {
  const before = sink.diagnostics.length;
  const tokens = tokenize(text, sink);
  if (sink.diagnostics.length > before) return undefined;
  const parsed = parseTypeTokens(tokens, 0);
  if ('expected' in parsed) {
    sink.add('expr-syntax', parsed.expected, tokens[parsed.at]?.span ?? text.span);
    return undefined;
  }
  const rest = tokens[parsed.at];
  if (rest !== undefined && rest.kind !== 'end') {
    sink.add('expr-syntax', `"${rest.text}" does not belong to a type`, rest.span);
    return undefined;
  }
  return parsed.type;
}

function beginsValue(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'number' || token.kind === 'text') return true;
  if (token.kind === 'word') return !['and', 'or', 'in', 'as'].includes(token.text);
  return token.text === '(' || token.text === '-' || token.text === '~';
}
