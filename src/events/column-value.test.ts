import { describe, expect, it } from 'vitest';
import type { ColumnExpression } from '../compile/manifest.js';
import { type Computed, columnText, columnValue, compute } from './column-value.js';
import type { RowValue } from './map-snapshot.js';

const integer = (value: bigint): ColumnExpression => ({ op: 'const', value: { integer: String(value) } });
const row = {
  keys: [7, 'name', 9_007_199_254_740_993n],
  values: [
    { kind: 'integer', value: 3n },
    { kind: 'average', sum: 10n, count: 4n },
    { kind: 'stats', count: 0n, sum: 0n, min: null, max: null },
    { kind: 'plain', value: true, text: 'true' },
  ] satisfies RowValue[],
};
const valueIn = (expression: ColumnExpression): Computed => compute(expression)(row);
const binary = (left: ColumnExpression, operator: string, right: ColumnExpression): Computed =>
  valueIn({ op: 'binary', operator, left, right });
const call = (name: string, ...given: ColumnExpression[]): Computed =>
  valueIn({ op: 'call', function: name, arguments: given });
const key = (index: number): ColumnExpression => ({ op: 'key', key: index });
const hits: ColumnExpression = { op: 'value', value: 0, part: 'value' };
const average: ColumnExpression = { op: 'value', value: 1, part: 'avg' };
const nothing: ColumnExpression = { op: 'value', value: 2, part: 'min' };

describe('columns', () => {
  it('divides into decimals, into integers where it comes out even, and by 0 to 0', () => {
    expect(binary(hits, '/', integer(4n))).toBe(0.75);
    expect(binary(integer(12n), '/', hits)).toBe(4n);
    expect(binary(hits, '/', integer(0n))).toBe(0n);
    expect(binary(average, '/', integer(0n))).toBe(0n);
    expect(binary(integer(7n), '%', integer(0n))).toBe(7n);
    expect(binary(average, '%', integer(0n))).toBe(2.5);
  });

  it('is exact in integers of any size', () => {
    expect(binary(key(2), '*', key(2))).toBe(9_007_199_254_740_993n ** 2n);
    expect(binary(key(2), '-', integer(1n))).toBe(9_007_199_254_740_992n);
    expect(binary(integer(1n), '<<', integer(62n))).toBe(1n << 62n);
  });

  it('mixes integers and decimals', () => {
    expect(binary(average, '+', hits)).toBe(5.5);
    expect(binary(average, '<', hits)).toBe(true);
    expect(binary(average, '*', integer(2n))).toBe(5);
    expect(binary({ op: 'value', value: 1, part: 'sum' }, '==', integer(10n))).toBe(true);
    expect(call('max', average, hits)).toBe(3n);
    expect(call('min', average, hits)).toBe(2.5);
    expect(call('abs', { op: 'unary', operator: '-', operand: average })).toBe(2.5);
    expect(call('u8', integer(257n))).toBe(1n);
    expect(call('log2', integer(1025n))).toBe(10n);
  });

  it('has texts and truths', () => {
    expect(binary(key(1), '==', { op: 'const', value: 'name' })).toBe(true);
    expect(call('starts_with', key(1), { op: 'const', value: 'na' })).toBe(true);
    expect(binary({ op: 'value', value: 3, part: 'value' }, 'and', hits)).toBe(true);
    expect(valueIn({ op: 'if', condition: integer(0n), whenTrue: hits, whenFalse: key(1) })).toBe('name');
    expect(valueIn({ op: 'unary', operator: 'not', operand: integer(0n) })).toBe(true);
    expect(call('errno', integer(2n))).toBe('ENOENT');
  });

  it('makes nothing of nothing', () => {
    expect(binary(nothing, '+', hits)).toBeNull();
    expect(call('min', nothing, hits)).toBeNull();
    expect(valueIn({ op: 'value', value: 2, part: 'avg' })).toBeNull();
    expect(columnText(null, undefined, 0n)).toBe('-');
  });

  it('shows times in their units, and whole nanoseconds to machines', () => {
    expect(columnText(1_234_567n, 'duration', 0n)).toBe('1.23ms');
    expect(columnText(0.123456, undefined, 0n)).toBe('0.1235');
    expect(columnText(12_345.678, undefined, 0n)).toBe('12346');
    expect(columnText('a\u001b', undefined, 0n)).not.toContain('\u001b');
    expect(columnValue(2.9, 'duration', 0n)).toBe(2);
    expect(columnValue(0.5, undefined, 0n)).toBe(0.5);
  });
});
