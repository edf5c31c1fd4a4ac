/** Values as people read them in a table. Machine formats never see these. */

const units: readonly (readonly [limit: number, divisor: number, unit: string])[] = [
  [1e3, 1, 'ns'],
  [1e6, 1e3, 'us'],
  [1e9, 1e6, 'ms'],
  [60e9, 1e9, 's'],
];

/** Nanoseconds in three significant digits: `850ns`, `1.2ms`, `59.9s`; from a minute on `2m05s`, `3h12m`, `4d07h`. */
export function durationText(nanoseconds: number | bigint): string {
  const value = Number(nanoseconds);
  if (value < 0) return `-${durationText(-value)}`;
  for (const [limit, divisor, unit] of units) {
    if (value >= limit) continue;
    const text = significant(value / divisor);
    // 999.96us rounds to 1000us, which reads as the next unit.
    return text === '1000' ? durationText(limit) : `${text}${unit}`;
  }
  const seconds = Math.floor(value / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${twoDigits(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${twoDigits(Math.floor(seconds / 3600) % 24)}h`;
}

/** Three significant digits without zeros at the end; integers as they are. */
export function significant(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const magnitude = Math.abs(value);
  const places = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2;
  return String(Number(value.toFixed(places)));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

const binary = ['', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

/** Powers of two as `4K`, `1M`; anything that is no whole multiple of 1,024 as its digits. */
export function binaryText(value: bigint): string {
  if (value < 0n) return `-${binaryText(-value)}`;
  let rest = value;
  let unit = 0;
  while (rest !== 0n && rest % 1024n === 0n && unit < binary.length - 1) {
    rest /= 1024n;
    unit++;
  }
  return `${rest}${binary[unit]}`;
}

/** A size in three significant digits: `512B`, `1.5KiB`, `20MiB`. */
export function bytesText(value: number | bigint): string {
  let rest = Math.abs(Number(value));
  let unit = 0;
  // 1023.6 would be shown as 1024.
  while (rest >= 1023.5 && unit < binary.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${Number(value) < 0 ? '-' : ''}${significant(rest)}${unit === 0 ? '' : `${binary[unit]}i`}B`;
}
