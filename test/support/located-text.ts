/** Expressions as they stand in a file: not at its beginning, so that a place that forgets where the expression begins is seen. */
import type { Diagnostic } from '../../src/diagnostics/diagnostic.js';
import { type Source, spanText } from '../../src/diagnostics/source.js';
import type { LocatedText } from '../../src/language/spec.js';

const before = 'where: ';

export function located(text: string, name = 'p.yaml'): LocatedText {
  const source: Source = { name, text: `${before}${text}\n` };
  const offsetAt = (index: number): number => before.length + Math.min(index, text.length);
  return { text, span: { source, start: offsetAt(0), end: offsetAt(text.length) }, offsetAt };
}

/** What a diagnostic says, and the exact text that it says it of. */
export interface Told {
  readonly code: string;
  readonly message: string;
  readonly hints: readonly string[];
  readonly at: string | undefined;
}

export function told({ code, message, hints, span }: Diagnostic): Told {
  return { code, message, hints, at: span && spanText(span) };
}
