/** The YAML library's nodes → ours: aliases resolved within limits, duplicate keys and merge keys refused. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Source, Span } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { scalarNode } from './scalar-node.js';
import { deepestNesting } from './yaml-tokens.js';

/** Nodes of a document, with every alias counted as all that it stands for. */
export const mostNodes = 10_000;

/** A node, and what counts against the limits wherever an alias repeats it. */
interface Read {
  readonly node: DocumentNode;
  readonly count: number;
  readonly height: number;
}

/** Nothing where a limit was passed; other mistakes are told and the rest is read. */
export function readNode(document: Document, source: Source, sink: DiagnosticSink): DocumentNode | undefined {
  return new DocumentReader(source, sink).read(document.contents, 0, 0)?.node;
}

class DocumentReader {
  private readonly anchors = new Map<string, Read | 'open' | 'failed'>();
  private total = 0;

  constructor(
    private readonly source: Source,
    private readonly sink: DiagnosticSink,
  ) {}

  /** `missing` is where a value that was left out would stand. */
  read(node: unknown, depth: number, missing: number): Read | undefined {
    if (isAlias(node)) return this.readAlias(node, depth);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, 'open');
    const read = this.readContent(node, depth, missing);
    if (anchor !== undefined) this.anchors.set(anchor, read ?? 'failed');
    return read;
  }

  private readContent(node: unknown, depth: number, missing: number): Read | undefined {
    if (!this.take(1, this.spanOf(node, missing))) return undefined;
    if (isMap(node)) return this.readMapping(node, depth);
    if (isSeq(node)) return this.readSequence(node, depth);
    return { node: scalarNode(isScalar(node) ? node : undefined, this.source, missing), count: 1, height: 0 };
  }

  private readAlias(alias: Alias, depth: number): Read | undefined {
    const span = this.spanOf(alias, 0);
    const read = this.anchors.get(alias.source);
    if (read === undefined) {
      this.sink.add('yaml-feature', `there is no anchor "&${alias.source}" before this alias`, span, {
        hints: [
          ...didYouMean(alias.source, this.anchors.keys()),
          'a value that begins with "*" needs quotes if it is no alias',
        ],
      });
      return undefined;
    }
    if (read === 'open') {
      this.sink.add('yaml-alias-bomb', `the alias "*${alias.source}" stands inside of what it repeats`, span);
      return undefined;
    }
    if (read === 'failed' || !this.take(read.count, span)) return undefined;
    if (depth + read.height <= deepestNesting) return read;
    this.sink.add('yaml-alias-bomb', `with this alias, the file is nested deeper than ${deepestNesting} levels`, span);
    return undefined;
  }

  private readMapping(map: YAMLMap, depth: number): Read {
    const entries: MappingEntry[] = [];
    const places = new Map<string, Span>();
    const span = this.spanOf(map, 0);
    let count = 1;
    let height = 0;
    for (const pair of map.items) {
      const key = this.readKey(pair, span.start);
      const value = this.read(pair.value, depth + 1, key?.span.end ?? span.end);
      if (key === undefined || value === undefined) continue;
      const first = places.get(key.text);
      if (first !== undefined) {
        this.sink.add('yaml-duplicate-key', `the key "${key.text}" stands twice in one mapping`, key.span, {
          hints: ['remove one of them'],
          related: [{ message: `"${key.text}" stands here first`, span: first }],
        });
        continue;
      }
      places.set(key.text, key.span);
      entries.push({ key: key.text, keySpan: key.span, value: value.node });
      count += value.count + 1;
      height = Math.max(height, value.height + 1);
    }
    return { node: { kind: 'mapping', entries, flow: map.flow === true, span }, count, height };
  }

  private readSequence(sequence: YAMLSeq, depth: number): Read {
    const items: DocumentNode[] = [];
    const span = this.spanOf(sequence, 0);
    let count = 1;
    let height = 0;
    for (const item of sequence.items) {
      const read = this.read(item, depth + 1, span.start);
      if (read === undefined) continue;
      items.push(read.node);
      count += read.count;
      height = Math.max(height, read.height + 1);
    }
    return { node: { kind: 'sequence', items, flow: sequence.flow === true, span }, count, height };
  }

  private readKey({ key }: Pair, missing: number): { text: string; span: Span } | undefined {
    const span = this.spanOf(key, missing);
    if (!isScalar(key)) {
      const what = isAlias(key) ? 'an alias' : key === null ? 'nothing' : 'a list or a mapping';
      this.sink.add('yaml-feature', `${what} cannot be a key`, span, { hints: ['a key is a text'] });
      return undefined;
    }
    const { text, plain } = scalarNode(key, this.source, span.start);
    if (plain && text === '<<') {
      this.sink.add('yaml-feature', '"<<" merges mappings, which pipelines do not use', span, {
        hints: ['write the keys out, or use an alias for a whole value'],
      });
      return undefined;
    }
    if (plain && text === '') {
      this.sink.add('yaml-feature', 'a ":" without a key before it', span, { hints: ['a key is a text'] });
      return undefined;
    }
    return this.take(1, span) ? { text, span } : undefined;
  }

  /** Counts nodes; tells of too many once. */
  private take(count: number, span: Span): boolean {
    const before = this.total;
    this.total += count;
    if (this.total <= mostNodes) return true;
    if (before <= mostNodes) {
      const aliases = count > 1;
      this.sink.add(
        aliases ? 'yaml-alias-bomb' : 'yaml-too-large',
        `${aliases ? 'with what its aliases stand for, ' : ''}the file holds more than ${mostNodes} values`,
        span,
      );
    }
    return false;
  }

  private spanOf(node: unknown, missing: number): Span {
    const located = isScalar(node) || isAlias(node) || isMap(node) || isSeq(node);
    const [start, end] = (located ? node.range : undefined) ?? [missing, missing];
    const { source } = this;
    // The parser's block collections reach to the next key, comments included.
    const last = isMap(node) || isSeq(node) ? lastOf(node) : undefined;
    if (last !== undefined) return { source, start, end: Math.max(start, this.spanOf(last, start).end) };
    return { source, start, end: start + source.text.slice(start, end).trimEnd().length };
  }
}

/** What a block collection ends with. */
function lastOf(node: YAMLMap | YAMLSeq): unknown {
  if (node.flow) return undefined;
  const item = node.items.at(-1);
  return isPair(item) ? (item.value ?? item.key) : item;
}
