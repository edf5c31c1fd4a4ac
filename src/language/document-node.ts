/**
 * A YAML document as the pipeline's reader sees it: three kinds of nodes, every one with its place, no anchors, no
 * aliases, no tags left. Every scalar knows where each character of its text stands in the source, so that an error
 * inside an expression points at the very character.
 */
import type { Span } from '../diagnostics/source.js';

export type DocumentNode = ScalarNode | MappingNode | SequenceNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | bigint | number | boolean | null;
  /** The scalar as text, as the user means it: for plain scalars the source text, for quoted and block ones their content. */
  readonly text: string;
  /** Whether it was written without quotes. */
  readonly plain: boolean;
  readonly span: Span;
  /** Source offset of the character at `index` of `text`; `index` may be text.length. */
  offsetAt(index: number): number;
}

export interface MappingNode {
  readonly kind: 'mapping';
  readonly entries: readonly MappingEntry[];
  readonly flow: boolean;
  readonly span: Span;
}

export interface MappingEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: DocumentNode;
}

export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: readonly DocumentNode[];
  readonly flow: boolean;
  readonly span: Span;
}
