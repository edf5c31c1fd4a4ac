/** `${NAME}`, `${NAME:-default}`, `${file:PATH}` and the escape `$${` in the text of an option. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { piece } from './node-parts.js';
import type { LocatedText } from './spec.js';

export type TextPart =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback?: string; readonly at: LocatedText }
  | { readonly kind: 'file'; readonly path: string; readonly at: LocatedText };

const opening = /\$?\$\{/g;

/** Goes on after a reference that cannot be read, which stands for nothing. */
export function readReferences(text: LocatedText, sink: DiagnosticSink): readonly TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.text.matchAll(opening)) {
    if (match.index < from) continue;
    if (match.index > from) parts.push({ kind: 'plain', text: text.text.slice(from, match.index) });
    if (match[0] === '$${') {
      parts.push({ kind: 'plain', text: '${' });
      from = match.index + match[0].length;
      continue;
    }
    const end = text.text.indexOf('}', match.index);
    if (end < 0) {
      sink.add('bad-value', 'a "${" without a "}"', piece(text, match.index, text.text.length).span, {
        hints: ['write "${NAME}" for a variable of the environment, "$${" for the characters themselves'],
      });
      return parts;
    }
    const read = reference(text.text.slice(match.index + 2, end), piece(text, match.index, end + 1), sink);
    if (read !== undefined) parts.push(read);
    from = end + 1;
  }
  if (from < text.text.length) parts.push({ kind: 'plain', text: text.text.slice(from) });
  return parts;
}

function reference(inner: string, at: LocatedText, sink: DiagnosticSink): TextPart | undefined {
  const file = /^file:(.+)$/s.exec(inner)?.[1];
  if (file !== undefined) return { kind: 'file', path: file, at };
  const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inner);
  if (variable !== null) {
    const fallback = variable[2];
    return { kind: 'variable', name: variable[1] ?? '', at, ...(fallback === undefined ? {} : { fallback }) };
  }
  sink.add('bad-value', `"\${${inner}}" is no reference`, at.span, {
    hints: ['write "${NAME}", "${NAME:-default}" or "${file:PATH}"; "$${" stands for the characters themselves'],
  });
  return undefined;
}
