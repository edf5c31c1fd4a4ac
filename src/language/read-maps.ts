/** `maps:` → specs. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { checkName, type NameOf } from './names.js';
import { child, choiceOf, entriesOf, isTrue, keySpan, present, scalarOf, textOf, wholeNumber } from './node-parts.js';
import type { Located, LocatedText, MapKind, MapSpec, NamedType } from './spec.js';
import { nanoseconds } from './units.js';

const kinds: readonly MapKind[] = ['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash', 'array', 'percpu_array'];

/** Node's timers take no more than 2^31 ms. */
const longestEvery = 24n * 24n * 3_600_000_000_000n;
const shortestEvery = 1_000_000n;

export function readMaps(node: DocumentNode | undefined, sink: DiagnosticSink): readonly MapSpec[] {
  return entriesOf(node).flatMap((entry) => readMap(entry, sink) ?? []);
}

function readMap(entry: MappingEntry, sink: DiagnosticSink): MapSpec | undefined {
  const { key: name, keySpan: nameSpan, value: node } = entry;
  const named = checkName(name, 'map', nameSpan, sink);
  const type = choiceOf(child(node, 'type'), kinds) ?? { value: 'hash', span: nameSpan };
  const key = typeOrTypes(child(node, 'key'), 'key', sink);
  const value = typeOrTypes(child(node, 'value'), 'value', sink);
  const every = readDuration(child(node, 'every'));
  const onFull = choiceOf(child(node, 'on_full'), ['drop', 'evict']);
  checkEvery(every, sink);
  const resetSpan = keySpan(node, 'reset');
  if (resetSpan !== undefined && child(node, 'every') === undefined) {
    sink.add('missing-key', `the map "${name}" has "reset", which needs "every"`, resetSpan, {
      hints: ['add "every: 1s", or leave out "reset"'],
    });
  }
  if (onFull !== undefined && type.value.endsWith('array')) {
    sink.add(
      'bad-value',
      `"on_full" is not for the type ${type.value}, whose entries are all there from the start`,
      onFull.span,
      {
        hints: ['leave out "on_full"'],
      },
    );
  }
  if (onFull?.value === 'drop' && type.value.startsWith('lru_')) {
    sink.add(
      'bad-value',
      `"on_full: drop" is not for the type ${type.value}, which evicts by its nature`,
      onFull.span,
      {
        hints: [`leave out "on_full", or write "type: ${type.value.slice('lru_'.length)}"`],
      },
    );
  }
  if (!named || value === undefined) return undefined;
  return {
    name: { value: name, span: nameSpan },
    type,
    value,
    reset: isTrue(child(node, 'reset')),
    ...present({
      key,
      every,
      onFull,
      maxEntries: wholeNumber(child(node, 'max_entries')),
      top: wholeNumber(child(node, 'top')),
      order: choiceOf(child(node, 'order'), ['asc', 'desc']),
    }),
  };
}

export function readDuration(node: DocumentNode | undefined): Located<bigint> | undefined {
  const scalar = scalarOf(node);
  const value = scalar && nanoseconds(scalar.text);
  return scalar === undefined || value === undefined ? undefined : { value, span: scalar.span };
}

function checkEvery(every: Located<bigint> | undefined, sink: DiagnosticSink): void {
  if (every === undefined || (every.value >= shortestEvery && every.value <= longestEvery)) return;
  sink.add('bad-value', '"every" must be from 1ms to 24d', every.span);
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
