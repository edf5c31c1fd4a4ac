/** A document's node as the plain JSON value that a schema speaks of. */
import type { DocumentNode } from './document-node.js';

export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** Integers beyond 2^53 lose precision: enough to hold against a schema's bounds, not to compute with. */
export function plainValue(node: DocumentNode): PlainValue {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'bigint' ? Number(node.value) : node.value;
    case 'sequence':
      return node.items.map(plainValue);
    case 'mapping':
      // Not by assignment: "__proto__" is a key like any other.
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
  }
}
