/**
 * UTF-8 text from record bytes into JSON and CSV, byte to byte: no string is made on the way. What is not valid UTF-8
 * becomes U+FFFD, one for each maximal part as the WHATWG Encoding Standard has it. Every function writes at `at` and
 * returns where it ended.
 */

/** The most bytes that one byte of text can take: `\u001b`. */
export const jsonGrowth = 6;
/** A lone invalid byte becomes the three of U+FFFD; quotes come on top. */
export const csvGrowth = 3;

function plainBytes(...refused: number[]): Uint8Array {
  const plain = new Uint8Array(256);
  for (let byte = 0x20; byte < 0x7f; byte++) plain[byte] = 1;
  for (const byte of refused) plain[byte] = 0;
  return plain;
}

const plainInJson = plainBytes(0x22, 0x5c);
const plainInCsv = plainBytes(0x22, 0x2c);
const plainInLogfmt = plainBytes(0x20, 0x22, 0x3d, 0x5c);

const shortEscapes = new Uint8Array(256);
for (const [byte, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x22, '"'],
  [0x5c, '\\'],
] as const)
  shortEscapes[byte] = letter.charCodeAt(0);

/** The end of zero-padded text: its first NUL, or `to`. */
export function textEnd(source: Uint8Array, from: number, to: number): number {
  while (from < to && source[from] !== 0) from++;
  return from;
}

/**
 * The end of a `string` slot's text, which begins 4 bytes after `slot`. The count is what bpf_probe_read_*_str gave: with
 * the NUL, `max` + 2 for text that was cut, 0 for none; anything else a broken program could leave is brought into bounds.
 */
export function stringEnd(view: DataView, slot: number, max: number): number {
  const count = view.getUint32(slot, true);
  if (count > max + 2) return slot + 4;
  if (count > max) return slot + 4 + max;
  return slot + 4 + (count === 0 ? 0 : count - 1);
}

export function bytesEnd(view: DataView, slot: number, max: number): number {
  return slot + 4 + Math.min(view.getUint32(slot, true), max);
}

/** Without the quotes around it. */
export function putJsonText(out: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  while (from < to) {
    const byte = source[from] ?? 0;
    if (plainInJson[byte] === 0) return putHardJsonText(out, at, source, from, to);
    out[at++] = byte;
    from++;
  }
  return at;
}

function putHardJsonText(out: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  while (from < to) {
    const byte = source[from] ?? 0;
    if (plainInJson[byte] === 1) {
      out[at++] = byte;
      from++;
    } else if (byte < 0x80) {
      at = putJsonEscape(out, at, byte);
      from++;
    } else if (byte === 0xc2 && from + 1 < to && (source[from + 1] ?? 0) >= 0x80 && (source[from + 1] ?? 0) < 0xa0) {
      // C1 controls: some terminals obey them, and JSON Lines end up on terminals.
      at = putJsonEscape(out, at, source[from + 1] ?? 0);
      from += 2;
    } else {
      const length = sequenceLength(source, from, to);
      at = putSequence(out, at, source, from, length);
      from += Math.abs(length);
    }
  }
  return at;
}

const hex = '0123456789abcdef';

function putJsonEscape(out: Uint8Array, at: number, unit: number): number {
  out[at++] = 0x5c;
  const short = shortEscapes[unit] ?? 0;
  if (short !== 0) {
    out[at++] = short;
    return at;
  }
  out[at++] = 0x75;
  out[at++] = 0x30;
  out[at++] = 0x30;
  out[at++] = hex.charCodeAt(unit >> 4);
  out[at++] = hex.charCodeAt(unit & 15);
  return at;
}

/** A whole CSV value, in quotes only where RFC 4180 or a careful reader needs them. */
export function putCsvText(out: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  let end = at;
  for (let index = from; index < to; index++) {
    const byte = source[index] ?? 0;
    if (plainInCsv[byte] === 0) return putQuotedCsvText(out, at, source, from, to);
    out[end++] = byte;
  }
  return end;
}

function putQuotedCsvText(out: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  out[at++] = 0x22;
  while (from < to) {
    const byte = source[from] ?? 0;
    if (byte < 0x80) {
      if (byte === 0x22) out[at++] = byte;
      out[at++] = byte;
      from++;
    } else {
      const length = sequenceLength(source, from, to);
      at = putSequence(out, at, source, from, length);
      from += Math.abs(length);
    }
  }
  out[at++] = 0x22;
  return at;
}

/** A whole logfmt value: in quotes, with JSON's escapes, where it has anything that a careful reader needs them for. */
export function putLogfmtText(out: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  let end = at;
  for (let index = from; index < to; index++) {
    const byte = source[index] ?? 0;
    if (plainInLogfmt[byte] === 0) {
      end = at;
      break;
    }
    out[end++] = byte;
  }
  if (end > at) return end;
  out[at] = 0x22;
  end = putJsonText(out, at + 1, source, from, to);
  out[end] = 0x22;
  return end + 1;
}

function putSequence(out: Uint8Array, at: number, source: Uint8Array, from: number, length: number): number {
  if (length < 0) {
    out[at] = 0xef;
    out[at + 1] = 0xbf;
    out[at + 2] = 0xbd;
    return at + 3;
  }
  for (let index = 0; index < length; index++) out[at++] = source[from + index] ?? 0;
  return at;
}

/** Bytes of the valid sequence that begins at `from`; negative: that many bytes stand for one U+FFFD. */
function sequenceLength(source: Uint8Array, from: number, to: number): number {
  const lead = source[from] ?? 0;
  let lowest = 0x80;
  let highest = 0xbf;
  let length: number;
  if (lead >= 0xc2 && lead <= 0xdf) length = 2;
  else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    // No overlong forms, no surrogates.
    if (lead === 0xe0) lowest = 0xa0;
    if (lead === 0xed) highest = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead === 0xf0) lowest = 0x90;
    if (lead === 0xf4) highest = 0x8f;
  } else return -1;
  for (let index = 1; index < length; index++) {
    const byte = from + index < to ? (source[from + index] ?? 0) : 0;
    if (byte < lowest || byte > highest) return -index;
    lowest = 0x80;
    highest = 0xbf;
  }
  return length;
}
