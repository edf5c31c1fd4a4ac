/**
 * Operators. Arithmetic is done in 64 bits, signed when an operand is; constants take the other side's sign. Comparing a signed with an unsigned 64-bit value is an
 * error, since neither reading of the bits is right.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { IntType, Type } from '../types.js';
import * as types from '../types.js';
import type { Binary, Unary } from './ast.js';
import { comparison } from './comparison.js';
import { describeType } from './describe.js';
import { integerShape } from './fit.js';
import { isStack } from './stacks.js';
import type { Typed } from './typed.js';

type Arithmetic = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';

export function unary(expression: Unary, operand: Typed, sink: DiagnosticSink): Typed | undefined {
  const { operator, span } = expression;
  if (operator === 'not') {
    const condition = asCondition(operand, sink);
    return condition && { op: 'unary', operator, operand: condition, type: types.bool, span };
  }
  if (integerShape(operand.type) === undefined) {
    sink.add('type-mismatch', `"${operator}" takes a number, but this is ${describeType(operand.type)}`, operand.span);
    return undefined;
  }
  if (operand.op === 'constant') {
    if (operator === '~') return { op: 'constant', value: BigInt.asUintN(64, ~operand.value), type: types.u64, span };
    return constant(-operand.value, operand.type, span, sink);
  }
  const meaning = operand.type.kind === 'int' && operator === '-' ? operand.type.meaning : undefined;
  const type = operator === '-' ? types.i64 : types.u64;
  return { op: 'unary', operator, operand, type: meaning === undefined ? type : { ...type, meaning }, span };
}

/** A value used as a condition: numbers and pointers are true unless zero. */
export function asCondition(value: Typed, sink: DiagnosticSink): Typed | undefined {
  if (value.type.kind === 'bool') return value;
  if (integerShape(value.type) !== undefined || value.type.kind === 'pointer') {
    if (value.op === 'constant') return { ...value, value: value.value === 0n ? 0n : 1n, type: types.bool };
    return { op: 'convert', operand: value, type: types.bool, span: value.span };
  }
  sink.add('type-mismatch', `a condition should stand here, but this is ${describeType(value.type)}`, value.span, {
    hints: isStack(value.type) ? ['stacks are shown and counted by, not asked about'] : ['compare it with something'],
  });
  return undefined;
}

export function binary(expression: Binary, left: Typed, right: Typed, sink: DiagnosticSink): Typed | undefined {
  const { operator, span } = expression;
  switch (operator) {
    case 'and':
    case 'or': {
      const a = asCondition(left, sink);
      const b = asCondition(right, sink);
      return a && b && { op: 'binary', operator, left: a, right: b, type: types.bool, span };
    }
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(expression, operator, left, right, sink);
    case '??':
      sink.add('type-mismatch', '"??" gives a value for a missing map entry, so a map stands on its left', left.span, {
        hints: ['write map[key] ?? 0'],
      });
      return undefined;
    default:
      return arithmetic(expression, operator, left, right, sink);
  }
}

function arithmetic(
  expression: Binary,
  operator: Arithmetic,
  left: Typed,
  right: Typed,
  sink: DiagnosticSink,
): Typed | undefined {
  const { span } = expression;
  const a = integerShape(left.type);
  const b = integerShape(right.type);
  if (a === undefined || b === undefined) {
    // An address moved by bytes is an address of nothing in particular.
    if (left.type.kind === 'pointer' && b !== undefined && (operator === '+' || operator === '-')) {
      const type: Type = { kind: 'pointer', space: left.type.space, target: types.voidType };
      return { op: 'binary', operator, left, right, type, span };
    }
    const wrong = a === undefined ? left : right;
    sink.add('type-mismatch', `"${operator}" takes numbers, but this is ${describeType(wrong.type)}`, wrong.span, {
      hints: wrong.type.kind === 'pointer' ? ['read what it points at, or say "as u64" for the address itself'] : [],
    });
    return undefined;
  }
  if ((operator === '<<' || operator === '>>') && right.op === 'constant' && (right.value < 0n || right.value > 63n)) {
    sink.add('value-range', `a shift is by 0 to 63 bits, not by ${right.value}`, right.span);
    return undefined;
  }
  if (left.op === 'constant' && right.op === 'constant') {
    return constant(fold(operator, left.value, right.value), resultType(operator, left, right), span, sink);
  }
  return { op: 'binary', operator, left, right, type: resultType(operator, left, right), span };
}

function resultType(operator: Arithmetic, left: Typed, right: Typed): IntType {
  const signedOperand = (side: Typed): boolean =>
    integerShape(side.type)?.signed === true && !(side.op === 'constant' && side.value >= 0n);
  const shift = operator === '<<' || operator === '>>';
  const signed = signedOperand(left) || (!shift && signedOperand(right));
  const type = signed ? types.i64 : types.u64;
  const meaningOf = (side: Typed): IntType['meaning'] => (side.type.kind === 'int' ? side.type.meaning : undefined);
  const a = meaningOf(left);
  const b = meaningOf(right);
  const meaning = meaningOfTimes(operator, a, b);
  return meaning === undefined ? type : { ...type, meaning };
}

/** A duration scaled or added is a duration; one over another, or times another, is a plain number; a timestamp moved is a timestamp, and less another a duration. */
function meaningOfTimes(
  operator: Arithmetic,
  a: IntType['meaning'],
  b: IntType['meaning'],
): 'duration' | 'timestamp' | undefined {
  const [timeA, timeB] = [a === 'timestamp', b === 'timestamp'];
  const [spanA, spanB] = [a === 'duration', b === 'duration'];
  switch (operator) {
    case '+':
      if (timeA || timeB) return timeA && timeB ? undefined : 'timestamp';
      return spanA || spanB ? 'duration' : undefined;
    case '-':
      if (timeA) return timeB ? 'duration' : 'timestamp';
      return !timeB && (spanA || spanB) ? 'duration' : undefined;
    case '*':
      return spanA !== spanB && !timeA && !timeB ? 'duration' : undefined;
    case '/':
      return spanA && !spanB ? 'duration' : undefined;
    case '%':
      return spanA || (timeA && spanB) ? 'duration' : undefined;
    default:
      return undefined;
  }
}

function fold(operator: Arithmetic, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? 0n : a / b;
    case '%':
      return b === 0n ? a : a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
  }
}

function constant(value: bigint, type: Type, span: Typed['span'], sink: DiagnosticSink): Typed | undefined {
  if (value < -(1n << 63n) || value >= 1n << 64n) {
    sink.add('value-range', `${value} does not fit in 64 bits`, span);
    return undefined;
  }
  const meaning = type.kind === 'int' ? type.meaning : undefined;
  const plain = value < 0n ? types.i64 : types.u64;
  return { op: 'constant', value, type: meaning === undefined ? plain : { ...plain, meaning }, span };
}
