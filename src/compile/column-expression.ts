/** Typed values over a map's row → what computes them when the map is shown. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Typed } from '../language/expression/typed.js';
import type { ColumnExpression } from './manifest.js';

/** Where something is computed in user space, for messages. */
export interface ComputedPlace {
  readonly what: string;
  readonly when: string;
}

const ofColumns: ComputedPlace = { what: 'a column', when: 'a column is computed when the map is shown' };

/** `parts`: what the names of keys and values stand for, as `saved` nodes have them. `undefined` after a diagnostic. */
export function columnExpression(
  node: Typed,
  parts: ReadonlyMap<string, ColumnExpression>,
  sink: DiagnosticSink,
  place: ComputedPlace = ofColumns,
): ColumnExpression | undefined {
  const inner = (each: Typed): ColumnExpression | undefined => columnExpression(each, parts, sink, place);
  switch (node.op) {
    case 'saved':
      return parts.get(node.name);
    case 'let':
      return inner(node.value);
    case 'constant':
      return { op: 'const', value: node.type.kind === 'bool' ? node.value !== 0n : { integer: String(node.value) } };
    case 'text':
      return { op: 'const', value: node.value };
    case 'convert': {
      const operand = inner(node.operand);
      const { type } = node;
      if (operand === undefined) return undefined;
      if (type.kind === 'bool') return { op: 'binary', operator: '!=', left: operand, right: zero };
      if (type.kind !== 'int') break;
      return { op: 'call', function: `${type.signed ? 'i' : 'u'}${type.bits}`, arguments: [operand] };
    }
    case 'unary': {
      const operand = inner(node.operand);
      return operand && { op: 'unary', operator: node.operator, operand };
    }
    case 'binary': {
      const [left, right] = [inner(node.left), inner(node.right)];
      return left && right && { op: 'binary', operator: node.operator, left, right };
    }
    case 'choice': {
      const [condition, whenTrue, whenFalse] = [inner(node.condition), inner(node.whenTrue), inner(node.whenFalse)];
      return condition && whenTrue && whenFalse && { op: 'if', condition, whenTrue, whenFalse };
    }
    case 'textTest': {
      const [text, wanted] = [inner(node.text), inner(node.wanted)];
      if (text === undefined || wanted === undefined) return undefined;
      if (node.test === 'equal') return { op: 'binary', operator: '==', left: text, right: wanted };
      return { op: 'call', function: 'starts_with', arguments: [text, wanted] };
    }
    case 'call':
    case 'userCall': {
      const values = node.arguments.map(inner);
      const known = values.filter((each) => each !== undefined);
      return known.length < values.length ? undefined : { op: 'call', function: node.function, arguments: known };
    }
    default:
      break;
  }
  sink.add('stage', `this is known only in a probe, and ${place.when}`, node.span, {
    hints: [`${place.what} is computed from ${[...parts.keys()].join(', ')}`],
  });
  return undefined;
}

const zero: ColumnExpression = { op: 'const', value: { integer: '0' } };
