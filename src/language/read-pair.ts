/** `pair:` → spec: two hooks that begin and end one thing. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode } from './document-node.js';
import { child, present, textOf, wholeNumber } from './node-parts.js';
import { readAlternatives } from './read-attach.js';
import { readDuration } from './read-maps.js';
import type { PairSpec } from './spec.js';

/** `undefined` where it lacks what the schema told of. */
export function readPair(node: DocumentNode, sink: DiagnosticSink): PairSpec | undefined {
  const start = readAlternatives(child(node, 'start'), sink);
  const end = readAlternatives(child(node, 'end'), sink);
  const keyNode = child(node, 'key');
  const whereNode = child(node, 'where');
  const startKey = textOf(keyNode) ?? textOf(child(keyNode, 'start'));
  const endKey = textOf(keyNode) ?? textOf(child(keyNode, 'end'));
  if (startKey === undefined || endKey === undefined) return undefined;
  return {
    start,
    end,
    key: { start: startKey, end: endKey },
    where: present({ start: textOf(child(whereNode, 'start')), end: textOf(child(whereNode, 'end')) }),
    span: node.span,
    ...present({ ttl: readDuration(child(node, 'ttl')), maxEntries: wholeNumber(child(node, 'max_entries')) }),
  };
}
