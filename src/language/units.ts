/** Units of durations and sizes, as expressions, params and options write them. Maps, since users write any word as a unit. */

/** To nanoseconds. */
export const durationUnits: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
]);

/** To bytes. */
export const sizeUnits: ReadonlyMap<string, bigint> = new Map([
  ['B', 1n],
  ['KiB', 1n << 10n],
  ['MiB', 1n << 20n],
  ['GiB', 1n << 30n],
  ['TiB', 1n << 40n],
  ['kB', 1_000n],
  ['MB', 1_000_000n],
  ['GB', 1_000_000_000n],
]);

export const unitNames: readonly string[] = [...durationUnits.keys(), ...sizeUnits.keys()];

/** `1.5s` → nanoseconds, rounded down; `undefined` for what is no duration. */
export function nanoseconds(text: string): bigint | undefined {
  const match = /^([0-9]+)(?:\.([0-9]+))?([a-z]+)$/.exec(text.trim());
  const unit = match === null ? undefined : durationUnits.get(match[3] ?? '');
  if (match === null || unit === undefined) return undefined;
  const fraction = match[2] ?? '';
  return (BigInt((match[1] ?? '') + fraction) * unit) / 10n ** BigInt(fraction.length);
}

/** `8KiB`, or a number of bytes → bytes, rounded down; `undefined` for what is no size. */
export function sizeInBytes(text: string): number | undefined {
  const match = /^([0-9]{1,12})(?:\.([0-9]{1,9}))?([A-Za-z]*)$/.exec(text.trim());
  const unit = match === null ? undefined : match[3] === '' ? 1n : sizeUnits.get(match[3] ?? '');
  if (match === null || unit === undefined) return undefined;
  const fraction = match[2] ?? '';
  return Number((BigInt((match[1] ?? '') + fraction) * unit) / 10n ** BigInt(fraction.length));
}
