import { describe, expect, it } from 'vitest';
import { putHex, putI32, putI64, putU32, putU64 } from './digit-bytes.js';

const out = new Uint8Array(64);
const view = new DataView(out.buffer);

function written(end: number): string {
  return Buffer.from(out.subarray(0, end)).toString('latin1');
}

/** Every power of ten and of two and their neighbours: where the number of digits or the way of dividing changes. */
function edges(bits: number): bigint[] {
  const limit = 1n << BigInt(bits);
  const found = new Set<bigint>([0n, limit - 1n]);
  const around = (value: bigint) => {
    for (const near of [value - 1n, value, value + 1n]) if (near >= 0n && near < limit) found.add(near);
  };
  for (let power = 1n; power < limit; power *= 10n) {
    around(power);
    around(power * 3n + 7n);
  }
  for (let power = 1n; power < limit; power *= 2n) around(power);
  return [...found];
}

const low = (value: bigint) => Number(BigInt.asUintN(32, value));
const high = (value: bigint) => Number(BigInt.asUintN(32, value >> 32n));

describe('digits', () => {
  it('are exact for 32 bits', () => {
    for (const value of edges(32)) expect(written(putU32(view, 0, Number(value)))).toBe(String(value));
    for (const value of edges(32).map((each) => BigInt.asIntN(32, each)))
      expect(written(putI32(view, 0, Number(value)))).toBe(String(value));
  });

  it('are exact for 64 bits', () => {
    for (const value of edges(64)) {
      expect(written(putU64(view, 0, low(value), high(value)))).toBe(String(value));
      expect(written(putI64(view, 0, low(value), high(value)))).toBe(String(BigInt.asIntN(64, value)));
      expect(written(putHex(out, 0, low(value), high(value)))).toBe(`0x${value.toString(16)}`);
    }
  });
});
