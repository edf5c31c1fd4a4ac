/** `pair:` → spec: two hooks that begin and end one thing. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode } from './document-node.js';
import { child, present, textOf, wholeNumber } from './node-parts.js';
import { readAlternatives } from './read-attach.js';
import { readDuration } from './read-maps.js';
import type { LocatedText, PairSpec } from './spec.js';

/** `undefined` where it lacks what the schema told of. */
export function readPair(node: DocumentNode, sink: DiagnosticSink): PairSpec | undefined {
  const start = readAlternatives(child(node, 'start'), sink);
  const end = readAlternatives(child(node, 'end'), sink);
  const keyNode = child(node, 'key');
  const whereNode = child(node, 'where');
  const startKey = keyParts(keyNode?.kind === 'mapping' ? child(keyNode, 'start') : keyNode);
  const endKey = keyParts(keyNode?.kind === 'mapping' ? child(keyNode, 'end') : keyNode);
  if (startKey.length === 0 || endKey.length === 0) return undefined;
  return {
    start,
    end,
    key: { start: startKey, end: endKey },
    where: present({ start: textOf(child(whereNode, 'start')), end: textOf(child(whereNode, 'end')) }),
    span: node.span,
    ...present({ ttl: readDuration(child(node, 'ttl')), maxEntries: wholeNumber(child(node, 'max_entries')) }),
  };
}

/** One expression, or a list of them. */
function keyParts(node: DocumentNode | undefined): readonly LocatedText[] {
  const parts = node?.kind === 'sequence' ? node.items : node === undefined ? [] : [node];
  return parts.flatMap((part) => textOf(part) ?? []);
}
