/**
 * Units of metrics. Prometheus wants base units, and the unit as the last word of a name (prometheus.io/docs/practices/naming): what the kernel counts in nanoseconds or KiB is shown in seconds or bytes.
 */
import type { Presentation } from '../manifest.js';

export interface MetricUnit {
  /** The last word of the name; empty for what has no unit. */
  readonly suffix: string;
  /** What the kernel's integer is multiplied with, */
  readonly multiply: bigint;
  /** and then divided by: 10 to this power. */
  readonly digits: number;
}

const seconds = (digits: number): MetricUnit => ({ suffix: 'seconds', multiply: 1n, digits });
const bytes = (power: number): MetricUnit => ({ suffix: 'bytes', multiply: 1n << BigInt(power), digits: 0 });

export const noUnit: MetricUnit = { suffix: '', multiply: 1n, digits: 0 };

const scaled: ReadonlyMap<string, MetricUnit> = new Map([
  ['ns', seconds(9)],
  ['us', seconds(6)],
  ['ms', seconds(3)],
  ['s', seconds(0)],
  ['nanoseconds', seconds(9)],
  ['microseconds', seconds(6)],
  ['milliseconds', seconds(3)],
  ['B', bytes(0)],
  ['KiB', bytes(10)],
  ['MiB', bytes(20)],
  ['GiB', bytes(30)],
]);

/** `ns`, `KiB`; any other word is a base unit already. */
export function unitNamed(name: string): MetricUnit {
  return scaled.get(name) ?? { suffix: name, multiply: 1n, digits: 0 };
}

export function unitOf(as: Presentation | undefined): MetricUnit {
  if (as === 'duration') return seconds(9);
  // Monotonic nanoseconds, which become seconds since 1970.
  return as === 'timestamp' ? { suffix: 'timestamp_seconds', multiply: 1n, digits: 9 } : noUnit;
}

/** Exact: 1234n with 3 digits is `1.234`. */
export function inUnit(value: bigint, { multiply, digits }: MetricUnit): string {
  const whole = value * multiply;
  if (digits === 0) return String(whole);
  const text = String(whole < 0n ? -whole : whole).padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  const sign = whole < 0n ? '-' : '';
  return `${sign}${text.slice(0, -digits)}${fraction === '' ? '' : `.${fraction}`}`;
}
