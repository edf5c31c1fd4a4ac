/** The YAML library's nodes → ours: aliases resolved within limits, duplicate keys and merge keys refused. */
import { type Document, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { DocumentNode, ScalarNode } from './document-node.js';
import { scalarNode } from './scalar-node.js';

/** Nodes of a document with every alias counted as all that it stands for. */
const _mostNodes = 10_000;

/** A node, and what counts against the limits wherever an alias repeats it. */
interface Read<Node extends DocumentNode = DocumentNode> {
  readonly node: Node;
  readonly count: number;
  readonly height: number;
}

export function readNode(document: Document, source: Source, sink: DiagnosticSink): DocumentNode | undefined {
  return new DocumentReader(source, sink).read(document.contents, 0)?.node;
}

class DocumentReader {
  private readonly anchors = new Map<string, Read | 'open'>();

  constructor(
    private readonly source: Source,
    readonly _sink: DiagnosticSink,
  ) {}

  /** `end` is where a value that was left out would stand. */
  read(node: unknown, end: number): Read | undefined {
    if (isAlias(node)) return this.readAlias(node);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, 'open');
    const read = this.readContent(node, end);
    if (anchor !== undefined && read !== undefined) this.anchors.set(anchor, read);
    return read;
  }

  private readContent(node: unknown, end: number): Read | undefined {
    if (isMap(node)) return this.readMapping(node);
    if (isSeq(node)) return this.readSequence(node);
    this.total++;
    return { node: this.scalar(node, end), count: 1, height: 0 };
  }

  private scalar(node: unknown, end: number): ScalarNode {
    return scalarNode(isScalar(node) ? node : undefined, this.source, end);
  }
}
