/** A scalar of the YAML library → ours, with the way from its text back to its source. */
import type { Scalar } from 'yaml';
import type { Source } from '../diagnostics/source.js';
import type { ScalarNode } from './document-node.js';
import { type ScalarStyle, scalarOffsets } from './scalar-offsets.js';

/** Without a scalar (`key` alone in a flow mapping): null, standing at `end`. */
export function scalarNode(scalar: Scalar | undefined, source: Source, end: number): ScalarNode {
  const style = styleOf(scalar);
  const range = scalar?.range ?? [end, end];
  const start = Math.min(range[0], source.text.length);
  const stop = Math.min(
    Math.max(start, style === 'block' ? withoutBlanks(source.text, start, range[1]) : range[1]),
    source.text.length,
  );
  const value = scalarValue(scalar?.value);
  const text = style === 'plain' ? (scalar?.source ?? '') : String(value);
  const [from, to] = contentRange(scalar, style, start, stop);
  let offsets: readonly number[] | undefined;
  return {
    kind: 'scalar',
    value,
    text,
    plain: style === 'plain',
    span: { source, start, end: stop },
    offsetAt(index) {
      const at = Math.max(0, Math.min(index, text.length));
      // Nearly every scalar stands in its source as it is.
      if (to - from === text.length && source.text.startsWith(text, from)) return from + at;
      offsets ??= scalarOffsets(text, style, source.text, from, to);
      return offsets[at] ?? to;
    },
  };
}

/** What the core schema, with exact integers, can give; anything else would be a tag's, and tags were refused. */
function scalarValue(value: unknown): ScalarNode['value'] {
  switch (typeof value) {
    case 'string':
    case 'bigint':
    case 'number':
    case 'boolean':
      return value;
    default:
      return null;
  }
}

function styleOf(scalar: Scalar | undefined): ScalarStyle {
  switch (scalar?.type) {
    case 'QUOTE_SINGLE':
      return 'single';
    case 'QUOTE_DOUBLE':
      return 'double';
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return 'block';
    default:
      return 'plain';
  }
}

/** Inside of the quotes; below a block scalar's header and its comment. */
function contentRange(scalar: Scalar | undefined, style: ScalarStyle, start: number, stop: number): [number, number] {
  if (style === 'single' || style === 'double') return [start + 1, Math.max(start + 1, stop - 1)];
  const token = scalar?.srcToken;
  if (style !== 'block' || token?.type !== 'block-scalar') return [start, stop];
  const header = token.props.reduce((length, each) => length + ('source' in each ? each.source.length : 0), 0);
  const from = start + header;
  return [from, Math.max(from, from + token.source.length)];
}

/** A block scalar reaches up to the next token: empty lines, which mostly mean nothing, are no part of what is marked. */
function withoutBlanks(text: string, start: number, end: number): number {
  let stop = end;
  while (stop > start && /\s/.test(text.charAt(stop - 1))) stop--;
  return stop;
}
