/** Places in a document: JSON pointers → nodes, and how a place is called in messages. */
import type { Span } from '../diagnostics/source.js';
import type { DocumentNode } from './document-node.js';

/** Keys and indices from the root down. */
export type NodePath = readonly string[];

/** RFC 6901. */
export function pathOfPointer(pointer: string): NodePath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export interface NodePlace {
  readonly node: DocumentNode;
  /** Of the key that the node stands behind; the node's own where it stands behind none. */
  readonly keySpan: Span;
}

export function nodeAt(root: DocumentNode, path: NodePath): NodePlace | undefined {
  let place: NodePlace = { node: root, keySpan: { ...root.span, end: root.span.start } };
  for (const part of path) {
    const { node } = place;
    if (node.kind === 'scalar') return undefined;
    if (node.kind === 'sequence') {
      const item = node.items[Number(part)];
      if (item === undefined) return undefined;
      place = { node: item, keySpan: item.span };
    } else {
      const entry = node.entries.find(({ key }) => key === part);
      if (entry === undefined) return undefined;
      place = { node: entry.value, keySpan: entry.keySpan };
    }
  }
  return place;
}

const nouns: Readonly<Record<string, string>> = { params: 'param', maps: 'map', probes: 'probe' };

/** `the probe "connect"`, `the http sink`, `"ttl"`, `item 2 of "attach"`. */
export function placeName(path: NodePath): string {
  const [top, name, kind] = path;
  const last = path.at(-1);
  if (top === undefined || last === undefined) return 'a pipeline';
  if (path.length === 2 && nouns[top] !== undefined) return `the ${nouns[top]} "${name}"`;
  if (top === 'sinks' && path.length === 3) return `the ${kind} sink`;
  // Keys may be numbers there.
  if (path.at(-2) === 'entries') return 'an entry';
  if (!/^\d+$/.test(last)) return `"${last}"`;
  const list = path.slice(0, -1).findLast((part) => !/^\d+$/.test(part)) ?? top;
  return `item ${Number(last) + 1} of "${list}"`;
}
