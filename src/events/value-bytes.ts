/** Values that are JavaScript's already (results of user-stage functions, addresses, names) into JSON and CSV bytes. */
import { ipText, networkText } from './addresses.js';
import { csvText, jsonText, logfmtText, type UserValue } from './user-value.js';

const textEncoder = new TextEncoder();

/** ASCII text of at most a few dozen characters is quicker copied here than through the encoder. */
export function putString(out: Uint8Array, at: number, text: string): number {
  const length = text.length;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return at + textEncoder.encodeInto(text, out.subarray(at)).written;
    out[at + index] = unit;
  }
  return at + length;
}

export function putJsonValue(out: Uint8Array, at: number, value: UserValue): number {
  if (typeof value === 'object') return putString(out, at, jsonText(value));
  if (typeof value !== 'string') return putString(out, at, String(value));
  out[at] = 0x22;
  const end = putPlain(out, at + 1, value);
  if (end < 0) return putString(out, at, jsonText(value));
  out[end] = 0x22;
  return end + 1;
}

export function putCsvValue(out: Uint8Array, at: number, value: UserValue): number {
  if (typeof value === 'string') {
    const end = putPlain(out, at, value);
    if (end >= 0) return end;
  }
  return putString(out, at, csvText(value));
}

export function putLogfmtValue(out: Uint8Array, at: number, value: UserValue): number {
  return putString(out, at, logfmtText(value));
}

/** Text that no format has to escape, which nearly all names are; negative where it is not that. */
function putPlain(out: Uint8Array, at: number, text: string): number {
  const length = text.length;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit >= 0x7f || unit === 0x22 || unit === 0x2c || unit === 0x5c) return -1;
    out[at + index] = unit;
  }
  return at + length;
}

/** The longest IPv6 text in quotes. */
export const ipLength = 41;

/** `"192.0.2.1"`; `quote` is 0 for none. Nothing but `absent` where there is no address. */
export function putIp(
  out: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  quote: number,
  absent: string,
): number {
  if (source[from] !== 4) {
    const text = ipText(source, from);
    if (text === null) return putString(out, at, absent);
    if (quote !== 0) out[at++] = quote;
    at = putString(out, at, text);
    if (quote !== 0) out[at++] = quote;
    return at;
  }
  if (quote !== 0) out[at++] = quote;
  for (let index = 4; index < 8; index++) {
    if (index > 4) out[at++] = 0x2e;
    at = putByte(out, at, source[from + index] ?? 0);
  }
  if (quote !== 0) out[at++] = quote;
  return at;
}

function putByte(out: Uint8Array, at: number, byte: number): number {
  if (byte >= 100) {
    const hundreds = (byte / 100) | 0;
    out[at++] = 48 + hundreds;
    byte -= hundreds * 100;
    const tens = (byte / 10) | 0;
    out[at++] = 48 + tens;
    byte -= tens * 10;
  } else if (byte >= 10) {
    const tens = (byte / 10) | 0;
    out[at++] = 48 + tens;
    byte -= tens * 10;
  }
  out[at++] = 48 + byte;
  return at;
}

/** The longest IPv6 network. */
export const networkLength = 43;

export function putNetwork(out: Uint8Array, at: number, source: Uint8Array, from: number): number {
  return putString(out, at, networkText(source, from));
}

export const macLength = 17;

export function putMac(out: Uint8Array, at: number, source: Uint8Array, from: number): number {
  for (let index = 0; index < 6; index++) {
    const byte = source[from + index] ?? 0;
    if (index > 0) out[at++] = 0x3a;
    out[at++] = hexDigit(byte >> 4);
    out[at++] = hexDigit(byte & 15);
  }
  return at;
}

function hexDigit(nibble: number): number {
  return nibble < 10 ? 48 + nibble : 87 + nibble;
}

/** The names of an enum's values, encoded once. */
export class NameBytes {
  readonly #names = new Map<number | bigint, Uint8Array>();
  readonly #unknown: (digits: string) => string;
  readonly maxBytes: number;

  /** `literal` is the format's form of a text. */
  constructor(names: ReadonlyMap<number | bigint, string>, literal: (text: string) => string) {
    let longest = 22;
    for (const [value, name] of names) {
      const bytes = textEncoder.encode(literal(name));
      this.#names.set(value, bytes);
      longest = Math.max(longest, bytes.length);
    }
    this.#unknown = literal;
    this.maxBytes = longest;
  }

  put(out: Uint8Array, at: number, value: number | bigint): number {
    const bytes = this.#names.get(value);
    if (bytes === undefined) return putString(out, at, this.#unknown(String(value)));
    const length = bytes.length;
    for (let index = 0; index < length; index++) out[at + index] = bytes[index] ?? 0;
    return at + length;
  }
}
