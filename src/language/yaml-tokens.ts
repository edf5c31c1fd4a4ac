/** What the tokens of a YAML text tell before anything is composed from them: nesting, tags, directives, open quotes. */
import type { CST } from 'yaml';
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';

/** Levels of collections; composing recurses, so that more of them would end in a stack overflow. */
export const deepestNesting = 64;

export interface TokenFindings {
  readonly tooDeep: boolean;
  readonly documentStarts: readonly number[];
  /** Where the text of a quoted scalar without a closing quote ends → where its opening quote stands. */
  readonly unclosedQuotes: ReadonlyMap<number, number>;
}

interface Visit {
  readonly token: CST.Token;
  readonly depth: number;
}

export function checkTokens(tokens: readonly CST.Token[], source: Source, sink: DiagnosticSink): TokenFindings {
  const unclosedQuotes = new Map<number, number>();
  const documentStarts: number[] = [];
  const pending: Visit[] = tokens.map((token) => ({ token, depth: 0 })).reverse();
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const { token, depth } = visit;
    if (depth > deepestNesting) {
      const span = { source, start: token.offset, end: Math.min(token.offset + 1, source.text.length) };
      sink.add('yaml-too-large', `nested deeper than ${deepestNesting} levels`, span);
      return { tooDeep: true, documentStarts, unclosedQuotes };
    }
    if (token.type === 'document') documentStarts.push(token.offset);
    if (token.type === 'single-quoted-scalar' || token.type === 'double-quoted-scalar') {
      const quote = token.source.charAt(0);
      if (token.source.length < 2 || !token.source.endsWith(quote))
        unclosedQuotes.set(token.offset + token.source.length, token.offset);
    }
    if (token.type === 'tag' || token.type === 'directive') refuse(token, source, sink);
    for (const child of childrenOf(token).reverse())
      pending.push({ token: child, depth: isCollection(child) ? depth + 1 : depth });
  }
  return { tooDeep: false, documentStarts, unclosedQuotes };
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
  sink.add('yaml-feature', `"${token.source}" is a YAML tag, which pipelines do not use`, span, { hints });
}
