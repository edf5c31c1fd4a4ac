/** Times as hooks write them: `10ms`, `1s`. */

const units: ReadonlyMap<string, bigint> = new Map([
  ['us', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** Nanoseconds; `undefined` for what is no whole number with a unit. */
export function timeOf(text: string): bigint | undefined {
  const [, digits, word] = /^([0-9]+)([a-z]+)$/.exec(text) ?? [];
  const unit = units.get(word ?? '');
  return digits === undefined || unit === undefined ? undefined : BigInt(digits) * unit;
}

/** `99hz` → 99; `undefined` for what is no frequency. */
export function frequencyOf(text: string): bigint | undefined {
  const [, digits] = /^([0-9]+)hz$/i.exec(text) ?? [];
  return digits === undefined ? undefined : BigInt(digits);
}
