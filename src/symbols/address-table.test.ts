import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressTableBuilder } from './address-table.js';

function tableOf(symbols: readonly (readonly [start: number, size: number, rank?: number])[]) {
  const builder = new AddressTableBuilder();
  symbols.forEach(([start, size, rank = 0], name) => {
    builder.add(start, size, name, rank);
  });
  return builder.build();
}

describe('AddressTable', () => {
  it('finds the function that holds an address', () => {
    const table = tableOf([
      [300, 10],
      [100, 50],
      [200, 0],
    ]);
    expect(table.find(99)).toBeUndefined();
    expect(table.find(100)).toEqual({ name: 1, start: 100 });
    expect(table.find(149)).toEqual({ name: 1, start: 100 });
    expect(table.find(150)).toBeUndefined();
    expect(table.find(299)).toEqual({ name: 2, start: 200 });
    expect(table.find(310)).toBeUndefined();
  });

  it('prefers the function to the label inside of it, and the inner function to the outer one', () => {
    const table = tableOf([
      [100, 100],
      [120, 0],
      [150, 10],
    ]);
    expect(table.find(130)).toEqual({ name: 0, start: 100 });
    expect(table.find(155)).toEqual({ name: 2, start: 150 });
    expect(table.find(170)).toEqual({ name: 0, start: 100 });
  });

  it('keeps the best of several names of one place', () => {
    const table = tableOf([
      [100, 10, 2],
      [100, 10, 1],
      [100, 10, 1],
    ]);
    expect(table.find(105)?.name).toBe(1);
    expect(table.count).toBe(1);
  });

  it('orders any addresses, also those too far apart to be sorted as one number', () => {
    const symbols = fc.array(fc.tuple(fc.maxSafeNat(), fc.nat(1000)), { maxLength: 60 });
    fc.assert(
      fc.property(symbols, fc.nat(59), (list, index) => {
        const table = tableOf(list.map(([start, size]) => [start, size + 1]));
        const [start] = list[index % Math.max(list.length, 1)] ?? [0];
        const found = table.find(start);
        expect(found?.start).toBe(list.length === 0 ? undefined : start);
      }),
    );
  });
});
