/** Keys of a map that do not go with its type or with each other. The schema knows each key alone. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { nearest } from '../diagnostics/suggest.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { type MapKind, mapTraits } from './map-kinds.js';
import { child, entriesOf, isTrue, keySpan, scalarOf } from './node-parts.js';

interface Written {
  readonly name: string;
  readonly node: DocumentNode;
  readonly kind: MapKind;
  readonly sink: DiagnosticSink;
}

export function checkMapKeys(
  { key: name, keySpan: nameSpan, value: node }: MappingEntry,
  kind: MapKind,
  sink: DiagnosticSink,
): void {
  const map: Written = { name, node, kind, sink };
  if (node.kind !== 'mapping') return;
  const { form, array, forgets } = mapTraits[kind];
  if (array) refuse(map, 'on_full', `whose entries are all there from the start`);
  if (form === 'keys')
    for (const key of ['every', 'reset', 'top', 'order', 'on_full', 'columns']) refuse(map, key, notShown);
  if (form === 'prefixes')
    for (const key of ['reset', 'on_full']) refuse(map, key, 'whose entries stay as the pipeline gives them');
  if (form === 'sequence')
    for (const key of ['key', 'entries']) refuse(map, key, 'which holds values without keys, in their order');
  const evicts = scalarOf(child(node, 'on_full'))?.value === 'evict';
  if (evicts && form === 'entries' && !forgets) {
    const span = keySpan(node, 'entries');
    if (span !== undefined)
      sink.add('bad-value', `the map "${name}" has "on_full: evict", which may take its entries away`, span, {
        hints: ['leave out "entries" or "on_full"'],
      });
  }
  if (forgets) {
    refuse(map, 'entries', 'which may forget them', `write "type: ${kind.replace('lru_', '')}"`);
    refuseDrop(map);
  }
  checkEntriesPlace(map);
  checkValue(map, nameSpan);
  checkReset(map);
}

const notShown = 'which can be asked for a key, but not shown';

function refuse({ node, kind, sink }: Written, key: string, why: string, ...hints: string[]): void {
  const span = child(node, key)?.span ?? keySpan(node, key);
  if (span === undefined) return;
  sink.add('bad-value', `"${key}" is not for the type ${kind}, ${why}`, span, {
    hints: [`leave out "${key}"`, ...hints],
  });
}

function refuseDrop({ node, kind, sink }: Written): void {
  const onFull = scalarOf(child(node, 'on_full'));
  if (onFull?.value !== 'drop') return;
  sink.add('bad-value', `"on_full: drop" is not for the type ${kind}, which evicts by its nature`, onFull.span, {
    hints: [`leave out "on_full", or write "type: ${kind.slice('lru_'.length)}"`],
  });
}

/** Entries need a key's type, and they would be gone after a reset. */
function checkEntriesPlace({ name, node, kind, sink }: Written): void {
  const { form } = mapTraits[kind];
  const span = keySpan(node, 'entries');
  if (span === undefined) {
    if (form === 'prefixes') {
      const at = keySpan(node, 'type') ?? node.span;
      sink.add('missing-key', `the lpm_trie "${name}" needs "entries": its networks`, at, {
        hints: ['add "entries: { 10.0.0.0/8: internal }"'],
      });
    }
    return;
  }
  if (form === 'sequence') return;
  if (form !== 'prefixes' && isTrue(child(node, 'reset'))) {
    sink.add('bad-value', `the map "${name}" has "reset", which would take its entries away`, span, {
      hints: ['leave out "entries" or "reset"'],
    });
  }
  if (form !== 'prefixes' && !mapTraits[kind].array && child(node, 'key') === undefined) {
    sink.add('missing-key', `the map "${name}" has "entries", which need "key": their type`, span, {
      hints: ['add "key: u16", or another type'],
    });
  }
}

/** Only a set goes without: its value is that a key is there. */
function checkValue({ name, node, kind, sink }: Written, nameSpan: Span): void {
  const keys = entriesOf(node).map(({ key }) => key);
  if (keys.includes('value') || child(node, 'entries')?.kind === 'sequence' || mapTraits[kind].form === 'keys') return;
  // A misspelt key was told of as such.
  if (keys.some((key) => nearest(key, ['value']).length > 0)) return;
  sink.add('missing-key', `the map "${name}" needs "value"`, nameSpan, {
    hints: ['"value" is an aggregation or a type, or a mapping of names to them'],
  });
}

function checkReset({ name, node, kind, sink }: Written): void {
  const reset = keySpan(node, 'reset');
  const every = keySpan(node, 'every');
  if (reset !== undefined && every === undefined) {
    sink.add('missing-key', `the map "${name}" has "reset", which needs "every"`, reset, {
      hints: ['add "every: 1s", or leave out "reset"'],
    });
  }
  if (mapTraits[kind].form === 'sequence' && every !== undefined && !isTrue(child(node, 'reset'))) {
    sink.add(
      'missing-key',
      `the ${kind} "${name}" has "every", which needs "reset: true": the kernel gives its values out only once`,
      every,
      {
        hints: ['add "reset: true"', `without "every" the ${kind} is shown at the end`],
      },
    );
  }
}
