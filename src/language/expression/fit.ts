/** Whether a value fits where it is to be stored, and conversions between types. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Type } from '../types.js';
import { describeType } from './describe.js';
import type { Typed } from './typed.js';

export interface IntegerShape {
  readonly bits: number;
  readonly signed: boolean;
}

/** How a type behaves in arithmetic; `undefined` where it is no number. */
export function integerShape(type: Type): IntegerShape | undefined {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return { bits: type.bits, signed: type.signed };
    case 'bool':
      return { bits: 1, signed: false };
    default:
      return undefined;
  }
}

export function rangeOf(shape: IntegerShape): { readonly min: bigint; readonly max: bigint } {
  const bits = BigInt(shape.bits);
  return shape.signed
    ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
    : { min: 0n, max: (1n << bits) - 1n };
}

/**
 * The value as one of `target`, or `undefined` after telling why it cannot be stored there without losing something. Equal widths of other sign keep their bits. `where` names the
 * place: `the key "dport"`.
 */
export function fitInto(value: Typed, target: Type, where: string, sink: DiagnosticSink): Typed | undefined {
  const refuse = (hints: readonly string[] = []): undefined => {
    sink.add(
      'type-mismatch',
      `${where} is ${describeType(target)}, but this is ${describeType(value.type)}`,
      value.span,
      { hints },
    );
  };
  const to = integerShape(target);
  const from = integerShape(value.type);
  if (to !== undefined) {
    if (from === undefined) {
      if (value.type.kind === 'pointer' && to.bits === 64)
        return { op: 'convert', operand: value, type: target, span: value.span };
      return refuse(value.type.kind === 'pointer' ? ['an address needs 64 bits: u64'] : []);
    }
    if (value.op === 'constant') {
      const range = rangeOf(to);
      if (value.value < range.min || value.value > range.max) {
        sink.add('value-range', `${value.value} does not fit in ${describeType(target)}, ${where}`, value.span, {
          hints: [`it holds ${range.min} to ${range.max}`],
        });
        return undefined;
      }
      return { ...value, type: target };
    }
    const largest = largestOf(value);
    const fits = largest !== undefined && largest <= rangeOf(to).max;
    if (from.bits > to.bits && target.kind !== 'bool' && !fits) {
      const wider = `${from.signed ? 'i' : 'u'}${from.bits}`;
      return refuse([`declare ${wider}, or cut it with "as ${describeType(target)}"`]);
    }
    return sameType(value.type, target) ? value : { op: 'convert', operand: value, type: target, span: value.span };
  }
  switch (target.kind) {
    case 'string':
      if (value.type.kind === 'comm' && target.max >= 15) return value;
      if (value.type.kind !== 'string') return refuse();
      if (value.type.max > target.max) {
        return refuse([`declare string(${value.type.max}), or read less with str(pointer, ${target.max})`]);
      }
      return value;
    case 'bytes':
      return value.type.kind === 'bytes' && value.type.max <= target.max ? value : refuse();
    case 'comm':
      if (value.type.kind === 'string' && value.type.max <= 15) return value;
      return value.type.kind === 'comm' ? value : refuse();
    case 'pointer':
      return value.type.kind === 'pointer' ? value : refuse();
    default:
      return value.type.kind === target.kind ? value : refuse();
  }
}

export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  const left = integerShape(a);
  const right = integerShape(b);
  if (left !== undefined && right !== undefined) {
    if (a.kind === 'enum' && b.kind === 'enum' && a.name !== b.name) return false;
    if (a.kind === 'int' && b.kind === 'int' && a.meaning !== b.meaning) return false;
    return left.bits === right.bits && left.signed === right.signed;
  }
  switch (a.kind) {
    case 'string':
    case 'bytes':
      return b.kind === a.kind && a.max === b.max;
    case 'pointer':
      return b.kind === 'pointer' && a.space === b.space;
    case 'struct':
      return b.kind === 'struct' && a.id === b.id;
    default:
      return true;
  }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The most that a value without a sign can be, as far as its operators tell: `cpu % 4` is at most 3. */
function largestOf(value: Typed): bigint | undefined {
  if (value.op === 'constant') return value.value < 0n ? undefined : value.value;
  const shape = integerShape(value.type);
  if (shape === undefined || shape.signed) return undefined;
  if (value.op === 'let') return largestOf(value.value);
  const own = rangeOf(shape).max;
  if (value.op === 'convert') {
    const inner = largestOf(value.operand);
    return inner !== undefined && inner < own ? inner : own;
  }
  if (value.op !== 'binary') return own;
  const left = largestOf(value.left);
  const right = largestOf(value.right);
  if (left === undefined || right === undefined) return undefined;
  switch (value.operator) {
    case '%':
      return value.right.op === 'constant' && right > 0n ? right - 1n : left;
    case '&':
      return smaller(left, right);
    case '/':
      return value.right.op === 'constant' && right > 0n ? left / right : left;
    case '>>':
      return value.right.op === 'constant' ? left >> right : left;
    case '+':
      return smaller(left + right, own);
    case '*':
      return smaller(left * right, own);
    default:
      return own;
  }
}
