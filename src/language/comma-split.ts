/**
 * In `[a: str(p, 64)]` and `{ a: min(x, y) }` YAML takes the comma for its own and cuts the expression in two. Here the
 * pieces are put together again, so that it is told once and what follows reads on as meant.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import type { DocumentNode, MappingEntry, MappingNode, ScalarNode, SequenceNode } from './document-node.js';

/** The same node where nothing was cut. */
export function mendCommaSplits(node: DocumentNode, sink: DiagnosticSink): DocumentNode {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'sequence') {
    const items = node.flow ? mendItems(node, sink) : node.items;
    return { ...node, items: items.map((item) => mendCommaSplits(item, sink)) };
  }
  const entries = node.flow ? mendEntries(node, sink) : node.entries;
  return { ...node, entries: entries.map((entry) => ({ ...entry, value: mendCommaSplits(entry.value, sink) })) };
}

function mendItems({ items }: SequenceNode, sink: DiagnosticSink): readonly DocumentNode[] {
  const mended: DocumentNode[] = [];
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (item === undefined) break;
    // `a: str(p` in a flow list is a mapping of one entry.
    const entry = item.kind === 'mapping' && item.entries.length === 1 ? item.entries[0] : undefined;
    const cut = plainScalar(entry === undefined ? item : entry.value);
    const last = cut && endOfCut(cut, items, index, (each) => plainScalar(each));
    if (cut === undefined || last === undefined) {
      mended.push(item);
      continue;
    }
    const whole = joined(cut, last.node);
    const span: Span = { ...item.span, end: last.node.span.end };
    tell(span, entry?.key, whole, '- ', sink);
    mended.push(
      entry === undefined ? whole : { kind: 'mapping', flow: true, span, entries: [{ ...entry, value: whole }] },
    );
    index = last.index;
  }
  return mended;
}

function mendEntries({ entries }: MappingNode, sink: DiagnosticSink): readonly MappingEntry[] {
  const mended: MappingEntry[] = [];
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index];
    if (entry === undefined) break;
    const cut = plainScalar(entry.value);
    const last = cut && endOfCut(cut, entries, index, keyAlone);
    if (cut === undefined || last === undefined) {
      mended.push(entry);
      continue;
    }
    const whole = joined(cut, last.node);
    tell({ ...entry.keySpan, end: last.node.span.end }, entry.key, whole, '', sink);
    mended.push({ ...entry, value: whole });
    index = last.index;
  }
  return mended;
}

function plainScalar(node: DocumentNode): ScalarNode | undefined {
  return node.kind === 'scalar' && node.plain && node.value !== null ? node : undefined;
}

/** `y)` in a flow mapping is a key without a value. */
function keyAlone({ key, keySpan, value }: MappingEntry): ScalarNode | undefined {
  if (value.kind !== 'scalar' || value.value !== null) return undefined;
  return { kind: 'scalar', value: key, text: key, plain: true, span: keySpan, offsetAt: (at) => keySpan.start + at };
}

/** Where the parentheses that `first` leaves open are closed; `undefined` where it leaves none open, or they never are. */
function endOfCut<Part>(
  first: ScalarNode,
  parts: readonly Part[],
  from: number,
  scalarOf: (part: Part) => ScalarNode | undefined,
): { readonly node: ScalarNode; readonly index: number } | undefined {
  let open = openParentheses(first.text);
  if (open <= 0) return undefined;
  for (let index = from + 1; index < parts.length; index++) {
    const part = parts[index];
    const node = part === undefined ? undefined : scalarOf(part);
    if (node === undefined) return undefined;
    open += openParentheses(node.text);
    if (open === 0) return { node, index };
    if (open < 0) return undefined;
  }
  return undefined;
}

function openParentheses(text: string): number {
  let open = 0;
  for (const character of text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs, '')) {
    if (character === '(') open++;
    if (character === ')') open--;
  }
  return open;
}

function joined(first: ScalarNode, last: ScalarNode): ScalarNode {
  const span: Span = { ...first.span, end: last.span.end };
  // The source from one end to the other, with the commas and spaces that YAML took away.
  const text = span.source.text.slice(span.start, span.end);
  return { kind: 'scalar', value: text, text, plain: true, span, offsetAt: (index) => span.start + index };
}

function tell(span: Span, key: string | undefined, whole: ScalarNode, dash: string, sink: DiagnosticSink): void {
  const text = whole.text.replace(/\s+/g, ' ');
  const name = key === undefined ? '' : `${key}: `;
  sink.add('expr-comma-split', `YAML splits "${name}${text}" at its comma`, span, {
    hints: [`give it a line of its own, where commas do not split: "${dash}${name}${text}"`],
  });
}
