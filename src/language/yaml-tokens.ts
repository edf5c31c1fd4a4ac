/** Text → YAML tokens, and what they tell before anything is composed from them: tags, directives, open quotes. */
import { type CST, Lexer, Parser } from 'yaml';
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { SyntaxErrors } from './syntax-errors.js';
import { shortened } from './yaml-message.js';

/** Levels of collections; composing recurses, so that more of them would end in a stack overflow. */
export const deepestNesting = 64;

/** Some hostile texts of only such tokens take the parser quadratic time: with this many, about a second. */
const mostTokens = 100_000;

/** Nothing for a text that is over the limits, which was then reported. */
export function readTokens(source: Source, sink: DiagnosticSink): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    count++;
    // The stack holds the document, the collections and a scalar that are being read.
    const depth = parser.stack.length <= deepestNesting ? 0 : parser.stack.filter(isCollection).length;
    if (count <= mostTokens && depth <= deepestNesting) continue;
    const message =
      depth > deepestNesting
        ? `the text nests deeper than ${deepestNesting} levels here`
        : `the file goes on past here, with more than ${mostTokens} YAML tokens`;
    const end = Math.min(parser.offset, source.text.length);
    sink.add('yaml-too-large', message, { source, start: Math.max(0, end - 1), end });
    return undefined;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

export interface TokenFindings {
  readonly documentStarts: readonly number[];
  /** Where the first quote stands that is never closed: all behind it is inside of it. */
  readonly unclosedQuote?: number;
}

/** Unclosed quotes and brackets go to `errors`, at where they open; all else to `sink`. */
export function checkTokens(
  tokens: readonly CST.Token[],
  source: Source,
  sink: DiagnosticSink,
  errors: SyntaxErrors,
): TokenFindings {
  const documentStarts: number[] = [];
  const unclosedBrackets: CST.FlowCollection[] = [];
  let unclosedQuote: CST.FlowScalar | undefined;
  const pending = tokens.toReversed();
  for (let token = pending.pop(); token !== undefined; token = pending.pop()) {
    if (token.type === 'document') documentStarts.push(token.offset);
    else if (token.type === 'tag' || token.type === 'directive') refuse(token, source, sink);
    else if (token.type === 'flow-collection' && token.end[0]?.source !== closing(token)) unclosedBrackets.push(token);
    else if (isUnclosed(token)) unclosedQuote ??= token;
    for (const child of childrenOf(token).reverse()) pending.push(child);
  }
  if (unclosedQuote !== undefined) addUnclosedQuote(unclosedQuote, errors);
  // All behind an open quote is inside of it, so that brackets are open because of it.
  else for (const token of unclosedBrackets.reverse()) addUnclosedBracket(token, errors);
  return { documentStarts, ...(unclosedQuote === undefined ? {} : { unclosedQuote: unclosedQuote.offset }) };
}

/** The lexer ends such a token at the end of the text, where there may happen to be an escaped or a doubled quote. */
function isUnclosed(token: CST.Token): token is CST.FlowScalar {
  const quoted = token.type === 'single-quoted-scalar' || token.type === 'double-quoted-scalar';
  if (!quoted) return false;
  const inner = token.source.slice(1);
  if (token.type === 'single-quoted-scalar') return trailing(inner, "'") % 2 === 0;
  return !inner.endsWith('"') || trailing(inner.slice(0, -1), '\\') % 2 === 1;
}

function trailing(text: string, character: string): number {
  let count = 0;
  while (text.charAt(text.length - 1 - count) === character) count++;
  return count;
}

function addUnclosedQuote(token: CST.FlowScalar, errors: SyntaxErrors): void {
  const quote = token.source.charAt(0);
  const end = token.offset + (/^.*/.exec(token.source)?.[0].length ?? 1);
  errors.add(
    `the quote ${quote} is never closed`,
    [`write the closing ${quote} at the end of the value`],
    token.offset,
    end,
  );
}

function closing(token: CST.FlowCollection): string {
  return token.start.source === '{' ? '}' : ']';
}

function addUnclosedBracket(token: CST.FlowCollection, errors: SyntaxErrors): void {
  const message = `the "${token.start.source}" is never closed, or its lines are indented too little`;
  const hints = [`write the closing "${closing(token)}", and indent every line up to it deeper than the key`];
  errors.add(message, hints, token.offset, token.offset + 1);
}

function isCollection(token: CST.Token): boolean {
  return token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';
}

function childrenOf(token: CST.Token): CST.Token[] {
  switch (token.type) {
    case 'document':
      return [...token.start, ...(token.value === undefined ? [] : [token.value]), ...(token.end ?? [])];
    case 'block-map':
    case 'block-seq':
    case 'flow-collection':
      return token.items.flatMap((item) => [
        ...item.start,
        ...(item.key ? [item.key] : []),
        ...(item.sep ?? []),
        ...(item.value === undefined ? [] : [item.value]),
      ]);
    case 'block-scalar':
      return [...token.props];
    default:
      return [];
  }
}

function refuse(token: CST.SourceToken | CST.Directive, source: Source, sink: DiagnosticSink): void {
  const span = { source, start: token.offset, end: token.offset + token.source.length };
  if (token.type === 'directive') {
    sink.add('yaml-feature', 'a YAML directive', span, { hints: ['remove the line that begins with "%"'] });
    return;
  }
  const hints = [
    token.source.startsWith('!!')
      ? 'remove it: put quotes around a value that is to be a string'
      : 'write "not" instead of "!", or put quotes around a value that begins with "!"',
  ];
  sink.add('yaml-feature', `"${shortened(token.source)}" is a YAML tag, which pipelines do not use`, span, { hints });
}
