/** `maps:` → specs. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { type MapKind, mapKinds, mapTraits } from './map-kinds.js';
import { checkMapKeys } from './map-refusals.js';
import { checkName, type NameOf } from './names.js';
import { child, choiceOf, entriesOf, isTrue, keySpan, present, scalarOf, textOf, wholeNumber } from './node-parts.js';
import { readNamed } from './read-attach.js';
import { readEntries } from './read-entries.js';
import type { EntrySpec, Located, LocatedText, MapSpec, NamedType } from './spec.js';
import { nanoseconds } from './units.js';

/** Node's timers take no more than 2^31 ms. */
const longestEvery = 24n * 24n * 3_600_000_000_000n;
const shortestEvery = 1_000_000n;

export function readMaps(node: DocumentNode | undefined, sink: DiagnosticSink): readonly MapSpec[] {
  return entriesOf(node).flatMap((entry) => readMap(entry, sink) ?? []);
}

function readMap(entry: MappingEntry, sink: DiagnosticSink): MapSpec | undefined {
  const { key: name, keySpan: nameSpan, value: node } = entry;
  const named = checkName(name, 'map', nameSpan, sink);
  const type = choiceOf(child(node, 'type'), mapKinds) ?? { value: 'hash', span: nameSpan };
  const key = typeOrTypes(child(node, 'key'), 'key', sink);
  const every = readEvery(child(node, 'every'), sink);
  const onFull = choiceOf(child(node, 'on_full'), ['drop', 'evict']);
  checkMapKeys(entry, type.value, sink);
  const entriesNode = child(node, 'entries');
  const list = readEntries(entriesNode);
  const value = typeOrTypes(child(node, 'value'), 'value', sink) ?? setValue(type.value, list, nameSpan);
  if (!named || value === undefined) return undefined;
  return {
    name: { value: name, span: nameSpan },
    type,
    value,
    reset: isTrue(child(node, 'reset')),
    show: scalarOf(child(node, 'show'))?.value !== false,
    columns: entriesOf(child(node, 'columns')).flatMap((column) => readNamed(column, 'column', sink)),
    ...present({
      key,
      every,
      onFull,
      maxEntries: wholeNumber(child(node, 'max_entries')),
      top: wholeNumber(child(node, 'top')),
      ...readOrder(child(node, 'order')),
      entries: list && entriesNode && { list, span: keySpan(node, 'entries') ?? entriesNode.span },
    }),
  };
}

/** `desc`, `hits`, `hits asc`. The schema refuses what is written otherwise. */
function readOrder(node: DocumentNode | undefined): {
  order?: Located<'asc' | 'desc'> | undefined;
  orderBy?: Located<string> | undefined;
} {
  const scalar = scalarOf(node);
  const words = scalar?.text.trim().split(/ +/) ?? [];
  const [first = '', second] = words;
  if (scalar === undefined) return {};
  const { span } = scalar;
  if (first === 'asc' || first === 'desc') return { order: { value: first, span } };
  return { order: { value: second === 'asc' ? 'asc' : 'desc', span }, orderBy: { value: first, span } };
}

/** A set holds that a key is there. */
function setValue(
  kind: MapKind,
  list: readonly EntrySpec[] | undefined,
  span: Span,
): { readonly single: LocatedText } | undefined {
  const isSet = mapTraits[kind].form === 'keys' || list?.every(({ value }) => value === undefined) === true;
  return isSet ? { single: { text: 'bool', span, offsetAt: () => span.start } } : undefined;
}

export function readDuration(node: DocumentNode | undefined): Located<bigint> | undefined {
  const scalar = scalarOf(node);
  const value = scalar && nanoseconds(scalar.text);
  return scalar === undefined || value === undefined ? undefined : { value, span: scalar.span };
}

/** How often something is shown or taken again. */
export function readEvery(node: DocumentNode | undefined, sink: DiagnosticSink): Located<bigint> | undefined {
  const every = readDuration(node);
  // The schema has told of zero.
  if (every !== undefined && every.value > 0n && (every.value < shortestEvery || every.value > longestEvery)) {
    sink.add('bad-value', '"every" must be from 1ms to 24d', every.span);
  }
  return every;
}

function typeOrTypes(
  node: DocumentNode | undefined,
  of: NameOf & ('key' | 'value'),
  sink: DiagnosticSink,
): { readonly single: LocatedText } | { readonly members: readonly NamedType[] } | undefined {
  const single = textOf(node);
  if (single !== undefined) return { single };
  if (node?.kind !== 'mapping') return undefined;
  const members = node.entries.flatMap((entry): NamedType[] => {
    const type = textOf(entry.value);
    const named = checkName(entry.key, of, entry.keySpan, sink);
    return named && type !== undefined ? [{ name: { value: entry.key, span: entry.keySpan }, type }] : [];
  });
  return { members };
}
