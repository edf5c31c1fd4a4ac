/** The order in which diagnostics are told. */
import type { Diagnostic } from './diagnostic.js';

/** Those without a place first, then by source (in the order they came), line and column; exact duplicates once. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const sources = new Map<string, number>();
  const told = new Map<string, Diagnostic>();
  for (const each of diagnostics) {
    const name = each.span?.source.name;
    if (name !== undefined && !sources.has(name)) sources.set(name, sources.size);
    const key = identity(each);
    if (!told.has(key)) told.set(key, each);
  }
  const rank = ({ span }: Diagnostic) => (span === undefined ? -1 : (sources.get(span.source.name) ?? 0));
  return [...told.values()].sort(
    (a, b) =>
      rank(a) - rank(b) || (a.span?.start ?? 0) - (b.span?.start ?? 0) || (a.span?.end ?? 0) - (b.span?.end ?? 0),
  );
}

function identity({ code, severity, message, span, hints, related, detail }: Diagnostic): string {
  const places = [span, ...related.map((each) => each.span)].map((each) => [each?.source.name, each?.start, each?.end]);
  return JSON.stringify([code, severity, message, hints, related.map((each) => each.message), places, detail]);
}
