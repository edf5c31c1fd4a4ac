/** `sinks:` → specs. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { didYouMean, listed } from '../diagnostics/suggest.js';
import { checkRequestOptions } from './check-request-options.js';
import { checkSharedPlaces } from './check-shared-places.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { child, entriesOf, textOf } from './node-parts.js';
import { plainValue } from './plain-value.js';
import { readReferences } from './references.js';
import { selectionKeys } from './schema/sink-kind.js';
import { sinkKinds } from './schema/sinks.js';
import type { Located, LocatedText, MapSpec, ProbeSpec, SinkSpec } from './spec.js';

/** What sinks may name. */
export interface Selectable {
  readonly probes: readonly ProbeSpec[];
  readonly maps: readonly MapSpec[];
  /** Of all probes and maps, those that could not be read included. */
  readonly names: readonly string[];
}

export function readSinks(
  node: DocumentNode | undefined,
  selectable: Selectable,
  whole: Span,
  sink: DiagnosticSink,
): readonly SinkSpec[] {
  if (node === undefined) return [{ kind: { value: 'stdout', span: whole }, name: 'stdout', options: {}, span: whole }];
  const counts = new Map<string, number>();
  const sinks = (node.kind === 'sequence' ? node.items : []).flatMap((item): SinkSpec[] => {
    const [entry] = entriesOf(item);
    const text = textOf(item);
    const kind =
      entry === undefined ? text && { value: text.text, span: text.span } : located(entry.key, entry.keySpan);
    if (kind === undefined || !Object.hasOwn(sinkKinds, kind.value)) return [];
    const count = (counts.get(kind.value) ?? 0) + 1;
    counts.set(kind.value, count);
    const name = count === 1 ? kind.value : `${kind.value}-${count}`;
    return [readSink(kind, name, item.span, entry?.value, selectable, sink)];
  });
  for (const each of sinks) checkRequestOptions(each, sink);
  checkSharedPlaces(sinks, sink);
  return sinks;
}

function readSink(
  kind: Located<string>,
  name: string,
  span: Span,
  node: DocumentNode | undefined,
  selectable: Selectable,
  sink: DiagnosticSink,
): SinkSpec {
  const from = names(child(node, 'from'));
  const fields = names(child(node, 'fields'));
  const where = textOf(child(node, 'where'));
  checkFrom(from ?? [], selectable.names, sink);
  if (!sink.failed) checkFields(fields ?? [], from, selectable, sink);
  const optionTexts = new Map<string, LocatedText>();
  const optionKeys = new Map<string, Span>();
  const given = entriesOf(node).filter(({ key }) => !selectionKeys.includes(key));
  for (const entry of given) collectPlaces('', entry, optionTexts, optionKeys);
  for (const text of optionTexts.values()) readReferences(text, sink);
  return {
    kind,
    name,
    span,
    options: Object.fromEntries(given.map(({ key, value }) => [key, plainValue(value)])),
    ...(optionTexts.size === 0 ? {} : { optionTexts }),
    ...(optionKeys.size === 0 ? {} : { optionKeys }),
    ...(from === undefined ? {} : { from }),
    ...(fields === undefined ? {} : { fields }),
    ...(where === undefined ? {} : { where }),
  };
}

function located<Value>(value: Value, span: Span): Located<Value> {
  return { value, span };
}

function names(node: DocumentNode | undefined): readonly Located<string>[] | undefined {
  if (node?.kind !== 'sequence') return undefined;
  return node.items.flatMap((item) => {
    const text = textOf(item);
    return text === undefined ? [] : [located(text.text, text.span)];
  });
}

function checkFrom(from: readonly Located<string>[], known: readonly string[], sink: DiagnosticSink): void {
  for (const { value, span } of from) {
    if (known.includes(value)) continue;
    sink.add('name-unknown', `there is no probe or map "${value}"`, span, {
      hints: [...didYouMean(value, known), ...listed('there are', known)],
    });
  }
}

/** Columns of maps are known only once their updates are, so a sink that takes maps is not checked here. */
function checkFields(
  fields: readonly Located<string>[],
  from: readonly Located<string>[] | undefined,
  { probes, maps }: Selectable,
  sink: DiagnosticSink,
): void {
  const taken = ({ name }: { name: Located<string> }): boolean =>
    from === undefined || from.some(({ value }) => value === name.value);
  if (maps.some(taken)) return;
  const known = [...new Set(probes.filter(taken).flatMap((probe) => probe.fields.map(({ name }) => name.value)))];
  if (known.length === 0) return;
  for (const { value, span } of fields) {
    if (known.includes(value)) continue;
    sink.add('name-unknown', `no probe of this sink has a field "${value}"`, span, {
      hints: [...didYouMean(value, known), ...listed('the fields are', known)],
    });
  }
}

function collectPlaces(
  before: string,
  { key, keySpan, value }: MappingEntry,
  texts: Map<string, LocatedText>,
  keys: Map<string, Span>,
): void {
  const path = `${before}${key}`;
  keys.set(path, keySpan);
  for (const entry of entriesOf(value)) collectPlaces(`${path}.`, entry, texts, keys);
  if (value.kind === 'sequence')
    for (const [index, item] of value.items.entries()) collectText(`${path}.${index}`, item, texts);
  collectText(path, value, texts);
}

function collectText(path: string, node: DocumentNode, texts: Map<string, LocatedText>): void {
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? textOf(node) : undefined;
  if (text !== undefined) texts.set(path, text);
}
