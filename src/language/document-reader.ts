/** The YAML library's nodes → ours: aliases resolved within limits, duplicate keys and merge keys refused. */
import { type Alias, type Document, isAlias, isMap, isPair, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Source, Span } from '../diagnostics/source.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { scalarNode } from './scalar-node.js';
import { shortened } from './yaml-message.js';
import { deepestNesting } from './yaml-tokens.js';

/** Nodes of a document, with keys, and with every alias counted as all that it stands for. */
const mostNodes = 10_000;

/** A node, and what counts against the limits wherever an alias repeats it. */
interface Read {
  readonly node: DocumentNode;
  readonly count: number;
  /** Levels of collections in it. */
  readonly height: number;
}

type Key = Pick<MappingEntry, 'key' | 'keySpan'>;

/** Nothing where an alias could not be resolved, which was then reported. */
export function readNode(document: Document, source: Source, sink: DiagnosticSink): DocumentNode | undefined {
  return new DocumentReader(source, sink).read(document.contents, 0, 0)?.node;
}

/** An alias gives the very node of its anchor: nothing is copied, so that the limits bound the readers, not memory. */
class DocumentReader {
  private readonly anchors = new Map<string, Read | 'open'>();
  private total = 0;
  private overflowed = false;

  constructor(
    private readonly source: Source,
    private readonly sink: DiagnosticSink,
  ) {}

  /** `end` is where a value that was left out would stand, `depth` the collections around it. */
  read(node: unknown, end: number, depth: number): Read | undefined {
    if (isAlias(node)) return this.readAlias(node, depth);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, 'open');
    const read = this.readContent(node, end, depth);
    if (anchor !== undefined && read !== undefined) this.anchors.set(anchor, read);
    return read;
  }

  private readContent(node: unknown, end: number, depth: number): Read | undefined {
    this.total++;
    if (this.total > mostNodes && !this.overflowed) {
      this.overflowed = true;
      this.sink.add('yaml-too-large', `the file holds more than ${mostNodes} keys and values`, this.placeOf(node, end));
    }
    if (isMap(node)) return this.readMapping(node, depth + 1);
    if (isSeq(node)) return this.readSequence(node, depth + 1);
    return { node: scalarNode(isScalar(node) ? node : undefined, this.source, end), count: 1, height: 0 };
  }

  private readMapping(map: YAMLMap, depth: number): Read {
    const entries: MappingEntry[] = [];
    const seen = new Map<string, Span>();
    let count = 1;
    let height = 0;
    for (const pair of map.items) {
      const key = this.readKey(pair.key, map.range?.[0] ?? 0);
      const value = this.read(pair.value, key?.keySpan.end ?? map.range?.[1] ?? 0, depth);
      if (key === undefined || value === undefined) continue;
      const first = seen.get(key.key);
      if (first === undefined) seen.set(key.key, key.keySpan);
      else {
        const related = [{ message: 'it stands here first', span: first }];
        const hints = ['remove one of the two, or give it another name'];
        this.sink.add('yaml-duplicate-key', `the key "${shortened(key.key)}" stands twice`, key.keySpan, {
          hints,
          related,
        });
      }
      entries.push({ ...key, value: value.node });
      count += 1 + value.count;
      height = Math.max(height, value.height);
    }
    const node = { kind: 'mapping', entries, flow: map.flow === true, span: this.spanOf(map) } as const;
    return { node, count, height: height + 1 };
  }

  private readSequence(sequence: YAMLSeq, depth: number): Read {
    const items: DocumentNode[] = [];
    let count = 1;
    let height = 0;
    for (const item of sequence.items) {
      const read = this.read(item, sequence.range?.[1] ?? 0, depth);
      if (read === undefined) continue;
      items.push(read.node);
      count += read.count;
      height = Math.max(height, read.height);
    }
    const node = { kind: 'sequence', items, flow: sequence.flow === true, span: this.spanOf(sequence) } as const;
    return { node, count, height: height + 1 };
  }

  private readKey(key: unknown, start: number): Key | undefined {
    this.total++;
    if (!isScalar(key) || key.anchor !== undefined) {
      const span =
        isMap(key) || isSeq(key) || isAlias(key) || isScalar(key) ? this.spanOf(key) : this.span(start, start);
      this.sink.add('yaml-feature', 'a key that is not a plain name', span, {
        hints: ['keys are names: put quotes around one that begins with "*", "&", "[" or "{"'],
      });
      return undefined;
    }
    const node = scalarNode(key, this.source, start);
    if (node.text === '' && node.plain) {
      this.sink.add('yaml-syntax', 'the key before this colon is missing', node.span, {
        hints: ['put quotes around a value that begins with ":"'],
      });
      return undefined;
    }
    if (node.text === '<<' && node.plain) {
      const hints = ['write out the keys that it would merge in'];
      this.sink.add('yaml-feature', 'a merge key "<<", which pipelines do not use', node.span, { hints });
      return undefined;
    }
    return { key: node.text, keySpan: node.span };
  }

  private readAlias(alias: Alias, depth: number): Read | undefined {
    const span = this.spanOf(alias);
    const target = this.anchors.get(alias.source);
    if (target === undefined) {
      this.sink.add('yaml-syntax', `nothing before this alias has the anchor "&${shortened(alias.source)}"`, span, {
        hints: ['put quotes around a value that begins with "*"'],
      });
      return undefined;
    }
    if (target === 'open') {
      this.sink.add(
        'yaml-alias-bomb',
        `the alias "*${shortened(alias.source)}" stands inside of what it stands for`,
        span,
      );
      return undefined;
    }
    this.total += target.count;
    if (this.total > mostNodes && !this.overflowed) {
      this.overflowed = true;
      const message = `the aliases up to "*${shortened(alias.source)}" expand to more than ${mostNodes} values`;
      this.sink.add('yaml-alias-bomb', message, span, { hints: ['write out what is needed'] });
    }
    if (depth + target.height > deepestNesting) {
      const message = `the alias "*${shortened(alias.source)}" nests deeper than ${deepestNesting} levels`;
      this.sink.add('yaml-alias-bomb', message, span);
      return undefined;
    }
    return target;
  }

  private placeOf(node: unknown, end: number): Span {
    return isMap(node) || isSeq(node) || isScalar(node) ? this.spanOf(node) : this.span(end, end);
  }

  private spanOf(node: unknown): Span {
    if (!isScalar(node) && !isAlias(node) && !isMap(node) && !isSeq(node)) return this.span(0, 0);
    const [start, end] = node.range ?? [0, 0];
    // The parser's block collections reach to the next key, comments included.
    const last = isMap(node) || isSeq(node) ? lastOf(node) : undefined;
    if (last !== undefined) return this.span(start, this.spanOf(last).end);
    let stop = end;
    while (stop > start && /\s/.test(this.source.text.charAt(stop - 1))) stop--;
    return this.span(start, stop);
  }

  private span(start: number, end: number): Span {
    const length = this.source.text.length;
    const from = Math.min(start, length);
    return { source: this.source, start: from, end: Math.max(from, Math.min(end, length)) };
  }
}

/** What a block collection ends with. */
function lastOf(node: YAMLMap | YAMLSeq): unknown {
  if (node.flow) return undefined;
  const item = node.items.at(-1);
  return isPair(item) ? (item.value ?? item.key) : item;
}
