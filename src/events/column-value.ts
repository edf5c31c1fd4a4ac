/**
 * Columns of a map: their expressions over a row → closures that give the value. Integers are exact (BigInt); `/` gives a decimal unless it comes
 * out even, and 0 where it divides by 0. What has nothing to show (the minimum of nothing) makes nothing of what is computed from it.
 */
import type { ColumnExpression, Presentation, ValuePart } from '../compile/manifest.js';
import { presented, presentedText } from './aggregate-text.js';
import { userFunctions } from './functions.js';
import type { MapRow, RowValue } from './map-snapshot.js';
import { cell, exact, type UserValue } from './user-value.js';

/** A number is a decimal, a bigint an integer. */
export type Computed = bigint | number | string | boolean | null;
export type Compute = (row: Pick<MapRow, 'keys' | 'values'>) => Computed;

export function compute(expression: ColumnExpression): Compute {
  switch (expression.op) {
    case 'key': {
      const { key } = expression;
      return (row) => given(row.keys[key]);
    }
    case 'value': {
      const { value, part } = expression;
      return (row) => partOf(row.values[value], part);
    }
    case 'const': {
      const { value } = expression;
      const constant = typeof value === 'object' ? BigInt(value.integer) : value;
      return () => constant;
    }
    case 'unary': {
      const operand = compute(expression.operand);
      const { operator } = expression;
      return (row) => unary(operator, operand(row));
    }
    case 'binary':
      return binary(expression.operator, compute(expression.left), compute(expression.right));
    case 'if': {
      const [condition, yes, no] = [expression.condition, expression.whenTrue, expression.whenFalse].map(compute);
      return (row) => (condition && truth(condition(row)) ? (yes?.(row) ?? null) : (no?.(row) ?? null));
    }
    case 'call': {
      const values = expression.arguments.map(compute);
      const apply = named(expression.function);
      return (row) => apply(values.map((each) => each(row)));
    }
  }
}

/** As machine formats have it. */
export function columnValue(value: Computed, as: Presentation | undefined, clockOffset: bigint): UserValue {
  if (typeof value === 'bigint') return presented(value, as, clockOffset);
  return typeof value === 'number' && as !== undefined ? presented(whole(value), as, clockOffset) : value;
}

export function columnText(value: Computed, as: Presentation | undefined, clockOffset: bigint): string {
  if (value === null) return '-';
  if (typeof value === 'bigint') return presentedText(value, as, clockOffset);
  if (typeof value !== 'number') return cell(value);
  return as === undefined ? decimalText(value) : presentedText(whole(value), as, clockOffset);
}

/** Four digits, or all of the whole part. */
function decimalText(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
}

/** Integers of decoded values are numbers as long as they are exact; the frames of a stack are one text. */
function given(value: UserValue | undefined): Computed {
  if (typeof value === 'number') return BigInt(value);
  return typeof value === 'object' && value !== null ? value.join(';') : (value ?? null);
}

function partOf(value: RowValue | undefined, part: ValuePart): Computed {
  if (value === undefined) return null;
  switch (value.kind) {
    case 'plain':
      return given(value.value);
    case 'integer':
      return value.value;
    case 'histogram':
      if (part === 'count') return value.count;
      if (value.sum === undefined) return null;
      if (part === 'sum') return value.sum;
      return value.count === 0n ? null : quotient(value.sum, value.count);
    case 'average':
    case 'stats':
      if (part === 'avg') return value.count === 0n ? null : quotient(value.sum, value.count);
      if (part === 'count' || part === 'sum') return value[part];
      return value.kind === 'stats' && (part === 'min' || part === 'max') ? value[part] : null;
  }
}

function unary(operator: '-' | '~' | 'not', value: Computed): Computed {
  if (operator === 'not') return value === null ? null : !truth(value);
  if (typeof value === 'number') return operator === '-' ? -value : ~whole(value);
  if (typeof value !== 'bigint') return value === null ? null : unary(operator, integer(value));
  return operator === '-' ? -value : ~value;
}

function binary(operator: string, left: Compute, right: Compute): Compute {
  if (operator === 'and') return (row) => truth(left(row)) && truth(right(row));
  if (operator === 'or') return (row) => truth(left(row)) || truth(right(row));
  return (row) => {
    const [a, b] = [left(row), right(row)];
    if (a === null || b === null) return null;
    if (typeof a === 'string' || typeof b === 'string') return operator === '==' ? a === b : a !== b;
    const [x, y] = [number(a), number(b)];
    switch (operator) {
      case '==':
        return !(x < y || x > y);
      case '!=':
        return x < y || x > y;
      case '<':
        return x < y;
      case '<=':
        return x <= y;
      case '>':
        return x > y;
      case '>=':
        return x >= y;
      default:
        return arithmetic(operator, x, y);
    }
  };
}

function arithmetic(operator: string, a: bigint | number, b: bigint | number): Computed {
  if (operator === '/') return quotient(a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return ofIntegers(operator, a, b);
  const [x, y] = [Number(a), Number(b)];
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '%':
      return y === 0 ? x : x % y;
    default:
      return ofIntegers(operator, whole(x), whole(y));
  }
}

function ofIntegers(operator: string, a: bigint, b: bigint): Computed {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '%':
      return b === 0n ? a : a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return BigInt.asIntN(64, a << (b & 63n));
    case '>>':
      return a >> (b & 63n);
    default:
      throw new Error(`no column has the operator ${operator}`);
  }
}

function quotient(a: bigint | number, b: bigint | number): bigint | number {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n) return 0n;
    return a % b === 0n ? a / b : Number(a) / Number(b);
  }
  return Number(b) === 0 ? 0n : Number(a) / Number(b);
}

function named(name: string): (values: readonly Computed[]) => Computed {
  const width = /^([iu])(8|16|32|64)$/.exec(name);
  if (width !== null) {
    const cut = width[1] === 'i' ? BigInt.asIntN : BigInt.asUintN;
    // What is wide enough for anything leaves decimals as they are.
    return ([value = null]) =>
      value === null || (typeof value === 'number' && width[2] === '64')
        ? value
        : cut(Number(width[2]), integer(value));
  }
  switch (name) {
    case 'min':
    case 'max':
      return ([a = null, b = null]) => {
        if (a === null || b === null) return null;
        return number(a) < number(b) === (name === 'min') ? a : b;
      };
    case 'abs':
      return ([value = null]) => (value === null || number(value) >= 0 ? value : unary('-', value));
    case 'log2':
      return ([value = null]) => (value === null ? null : BigInt(Math.max(0, integer(value).toString(2).length - 1)));
    case 'starts_with':
      return ([text, beginning]) => String(text).startsWith(String(beginning));
    default: {
      const found = userFunctions.get(name);
      if (found === undefined) throw new Error(`no column calls ${name}()`);
      return (values) => given(found.call(...values.map((each) => (typeof each === 'bigint' ? exact(each) : each))));
    }
  }
}

const truth = (value: Computed): boolean => value !== null && value !== false && value !== 0n && value !== 0;
const number = (value: Exclude<Computed, null>): bigint | number =>
  typeof value === 'bigint' || typeof value === 'number' ? value : integer(value);
const whole = (value: number): bigint => (Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);

function integer(value: Exclude<Computed, null>): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' ? whole(value) : BigInt(value === true);
}
