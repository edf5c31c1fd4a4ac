/** A decoded value: what user-stage functions take and give, and what decoded objects hold. */
import { safeText } from '../diagnostics/terminal-text.js';

/** Texts are the frames of a stack. A 64-bit integer is a `number` while that is exact and a `bigint` beyond. `null`: there is nothing to show. */
export type UserValue = string | number | bigint | boolean | null | readonly string[];

export function unsigned64(low: number, high: number): number | bigint {
  if (high < 0x200000) return high * 4294967296 + low;
  return (BigInt(high) << 32n) | BigInt(low);
}

export function signed64(low: number, high: number): number | bigint {
  if (high < 0x80000000) return unsigned64(low, high);
  return exact(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
}

export function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A value of a table; nothing for `null`. */
export function cell(value: UserValue): string {
  if (value === null) return '';
  if (typeof value === 'object') return safeText(value.join(';'));
  return typeof value === 'string' ? safeText(value) : String(value);
}

/** As JSON text; unlike JSON.stringify it has digits for a bigint, and hides C1 controls from terminals. */
export function jsonText(value: UserValue): string {
  if (isTexts(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value).replace(
    /[\u007f-\u009f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const isTexts = (value: UserValue): value is readonly string[] => Array.isArray(value);

/** As a CSV value (RFC 4180); nothing for `null`, and `;` between texts. */
export function csvText(value: UserValue): string {
  if (value === null) return '';
  const text = isTexts(value) ? value.join(';') : String(value);
  return /^[\x20-\x7e]*$/.test(text) && !/[",]/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}

/** As a logfmt value: in quotes where it needs them, `;` between texts, nothing for `null`. */
export function logfmtText(value: UserValue): string {
  if (value === null) return '';
  const text = isTexts(value) ? value.join(';') : String(value);
  return /^[\x21-\x7e]+$/.test(text) && !/["=\\]/.test(text) ? text : jsonText(text);
}

export function hexText(value: number | bigint): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}

export function hexBytesText(source: Uint8Array, from: number, to: number): string {
  return Buffer.from(source.buffer, source.byteOffset + from, to - from).toString('hex');
}
