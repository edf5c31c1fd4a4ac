/** `entries:` of a map → its keys and values as written, with their places. What they mean the map's types decide later. */
import type { DocumentNode, MappingEntry } from './document-node.js';
import { entriesOf, keyText, textOf } from './node-parts.js';
import type { EntrySpec, EntryValue } from './spec.js';

/** A list holds keys alone; a mapping holds values by key. Other shapes the schema refuses. */
export function readEntries(node: DocumentNode | undefined): readonly EntrySpec[] | undefined {
  if (node?.kind === 'sequence') return node.items.flatMap(listed);
  if (node?.kind === 'mapping') return node.entries.map(keyed);
  return undefined;
}

function listed(item: DocumentNode): readonly EntrySpec[] {
  if (item.kind === 'sequence') {
    const parts = item.items.flatMap((part) => textOf(part) ?? []);
    return parts.length < item.items.length ? [] : [{ key: parts, span: item.span }];
  }
  const text = textOf(item);
  return text === undefined ? [] : [{ key: text, span: text.span }];
}

function keyed(entry: MappingEntry): EntrySpec {
  const key = keyText(entry);
  const value = valueIn(entry.value);
  return { key, span: key.span, ...(value === undefined ? {} : { value }) };
}

function valueIn(node: DocumentNode): EntryValue | undefined {
  const single = textOf(node);
  if (single !== undefined) return { single };
  if (node.kind !== 'mapping') return undefined;
  const members = entriesOf(node).flatMap((entry) => {
    const text = textOf(entry.value);
    return text === undefined ? [] : [{ name: { value: entry.key, span: entry.keySpan }, text }];
  });
  return { members };
}
