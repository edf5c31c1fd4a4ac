/** The YAML library's scalars → ours, with the way from each character of the text back to the source. */
import { type CST, Scalar } from 'yaml';
import type { Source } from '../diagnostics/source.js';
import type { ScalarNode } from './document-node.js';
import { type ScalarStyle, scalarOffsets } from './scalar-offsets.js';

/** `missing`: where a value that was left out would stand. */
export function scalarNode(scalar: Scalar | undefined, source: Source, missing: number): ScalarNode {
  const [start, end] = scalar?.range ?? [missing, missing];
  const value = valueOf(scalar?.value);
  const style = styleOf(scalar);
  const text = typeof value === 'string' ? value : (scalar?.source ?? '');
  let offsets: readonly number[] | undefined;
  return {
    kind: 'scalar',
    value,
    text,
    plain: style === 'plain',
    span: { source, start, end: Math.max(start, end) },
    offsetAt(index) {
      // Most scalars are never asked.
      offsets ??= scalarOffsets(text, style, source.text, ...contentOf(scalar, style, start, end));
      return offsets[Math.max(0, Math.min(index, text.length))] ?? start;
    },
  };
}

function valueOf(value: unknown): ScalarNode['value'] {
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
    case Scalar.QUOTE_DOUBLE:
      return 'double';
    case Scalar.QUOTE_SINGLE:
      return 'single';
    case Scalar.BLOCK_LITERAL:
    case Scalar.BLOCK_FOLDED:
      return 'block';
    default:
      return 'plain';
  }
}

/** Inside of the quotes, or below the header of a block scalar. */
function contentOf(scalar: Scalar | undefined, style: ScalarStyle, start: number, end: number): [number, number] {
  if (style === 'single' || style === 'double') return [start + 1, Math.max(start + 1, end - 1)];
  const token = scalar?.srcToken;
  if (style === 'plain' || token?.type !== 'block-scalar') return [start, end];
  const last: CST.Token | undefined = token.props.at(-1);
  const from = last !== undefined && 'source' in last ? last.offset + last.source.length : start;
  return [from, Math.max(from, end)];
}
