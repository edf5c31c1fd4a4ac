/**
 * Integers as ASCII digits straight into a byte buffer. Every function writes at `at` and returns where it ended; it may
 * scribble over up to three bytes past that, so buffers keep `slack` bytes of room at their end. `out` and `view` are
 * the same bytes: single bytes go through one, four at a time through the other.
 */

/** Bytes that a writer may touch beyond what it counts. */
export const slack = 16;

/** "0000" … "9999", each as the little-endian word of its four characters. */
const fourDigits = new Uint32Array(10_000);
for (let n = 0; n < 10_000; n++) {
  const tens = ((n / 10) | 0) % 10;
  const hundreds = ((n / 100) | 0) % 10;
  fourDigits[n] = (0x30303030 + ((n / 1000) | 0) + (hundreds << 8) + (tens << 16) + (n % 10) * 0x1000000) >>> 0;
}

/** `n` below 10,000. */
function putShort(view: DataView, at: number, n: number): number {
  const word = fourDigits[n] ?? 0;
  if (n >= 1000) {
    view.setUint32(at, word, true);
    return at + 4;
  }
  if (n >= 100) {
    view.setUint32(at, word >>> 8, true);
    return at + 3;
  }
  if (n >= 10) {
    view.setUint32(at, word >>> 16, true);
    return at + 2;
  }
  view.setUint8(at, 48 + n);
  return at + 1;
}

/** Exactly eight digits, zeros in front. */
function putEight(view: DataView, at: number, n: number): number {
  const high = (n / 10_000) | 0;
  view.setUint32(at, fourDigits[high] ?? 0, true);
  view.setUint32(at + 4, fourDigits[n - high * 10_000] ?? 0, true);
  return at + 8;
}

/** Exactly nine digits: the nanoseconds of a time. */
export function putNanoseconds(view: DataView, at: number, n: number): number {
  const first = (n / 100_000_000) | 0;
  view.setUint8(at, 48 + first);
  return putEight(view, at + 1, n - first * 100_000_000);
}

export function putU32(view: DataView, at: number, n: number): number {
  if (n < 10_000) return putShort(view, at, n);
  if (n < 100_000_000) {
    const high = (n / 10_000) | 0;
    const end = putShort(view, at, high);
    view.setUint32(end, fourDigits[n - high * 10_000] ?? 0, true);
    return end + 4;
  }
  const high = (n / 100_000_000) | 0;
  return putEight(view, putShort(view, at, high), n - high * 100_000_000);
}

export function putI32(view: DataView, at: number, n: number): number {
  if (n >= 0) return putU32(view, at, n);
  view.setUint8(at, 0x2d);
  return putU32(view, at + 1, -n);
}

/** The unsigned 64-bit integer `high` × 2^32 + `low`, exactly. */
export function putU64(view: DataView, at: number, low: number, high: number): number {
  if (high === 0) return putU32(view, at, low);
  if (high < 0x200000) {
    // Below 2^53: a double holds it, and its top part fits 32 bits.
    const n = high * 4294967296 + low;
    const top = Math.floor(n / 100_000_000);
    return putEight(view, putU32(view, at, top), n - top * 100_000_000);
  }
  return putWide(view, at, low, high);
}

/** Long division by 10^8 in 16-bit limbs: no step exceeds 2^53. */
function putWide(view: DataView, at: number, low: number, high: number): number {
  let limb3 = high >>> 16;
  let limb2 = high & 0xffff;
  let limb1 = low >>> 16;
  let limb0 = low & 0xffff;
  let lowest = 0;
  let middle = 0;
  for (let round = 0; round < 2; round++) {
    let rest = limb3;
    limb3 = Math.floor(rest / 100_000_000);
    rest = (rest - limb3 * 100_000_000) * 65536 + limb2;
    limb2 = Math.floor(rest / 100_000_000);
    rest = (rest - limb2 * 100_000_000) * 65536 + limb1;
    limb1 = Math.floor(rest / 100_000_000);
    rest = (rest - limb1 * 100_000_000) * 65536 + limb0;
    limb0 = Math.floor(rest / 100_000_000);
    rest -= limb0 * 100_000_000;
    if (round === 0) lowest = rest;
    else middle = rest;
  }
  const top = limb1 * 65536 + limb0;
  const end = top === 0 ? putU32(view, at, middle) : putEight(view, putU32(view, at, top), middle);
  return putEight(view, end, lowest);
}

/** Two's complement. */
export function putI64(view: DataView, at: number, low: number, high: number): number {
  if (high < 0x80000000) return putU64(view, at, low, high);
  view.setUint8(at, 0x2d);
  const negatedLow = -low >>> 0;
  return putU64(view, at + 1, negatedLow, low === 0 ? -high >>> 0 : ~high >>> 0);
}

const hexDigits = new Uint8Array(16);
for (let n = 0; n < 16; n++) hexDigits[n] = n < 10 ? 48 + n : 87 + n;

/** Lower-case hexadecimal digits after `0x`, without leading zeros. */
export function putHex(out: Uint8Array, at: number, low: number, high: number): number {
  out[at++] = 0x30;
  out[at++] = 0x78;
  const width = high === 0 ? (35 - Math.clz32(low)) >> 2 : 8 + ((35 - Math.clz32(high)) >> 2);
  for (let digit = Math.max(width, 1) - 1; digit >= 0; digit--) {
    const nibble = digit >= 8 ? (high >>> ((digit - 8) * 4)) & 15 : (low >>> (digit * 4)) & 15;
    out[at++] = hexDigits[nibble] ?? 0;
  }
  return at;
}

/** Two digits a byte, in memory order. */
export function putHexBytes(out: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  for (let index = from; index < to; index++) {
    const byte = source[index] ?? 0;
    out[at++] = hexDigits[byte >> 4] ?? 0;
    out[at++] = hexDigits[byte & 15] ?? 0;
  }
  return at;
}
