/**
 * Text that is safe and predictable on a terminal. Names of processes and files are chosen by whoever runs on the host:
 * an escape sequence in one must not move the reader's cursor, and a right-to-left override must not turn the line around.
 */
import type { UserValue } from './user-value.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const harmful = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Control and invisible direction characters as visible escapes: `\x1b`, `\n`, `\u202e`. */
export function harmless(text: string): string {
  return text.replace(harmful, (unit) => {
    const short = shortForms[unit];
    if (short !== undefined) return short;
    const code = unit.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A value of a table; nothing for `null`. */
export function cell(value: UserValue): string {
  if (value === null) return '';
  if (typeof value === 'object') return harmless(value.join(';'));
  return typeof value === 'string' ? harmless(value) : String(value);
}

/** Columns that text takes on a terminal: two for East Asian wide characters and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest beginning of `text` that takes at most `width` columns; `…` stands for what was cut. */
export function cutTo(text: string, width: number): string {
  if (text.length <= width && displayWidth(text) <= width) return text;
  if (displayWidth(text) <= width) return text;
  let taken = 0;
  let kept = '';
  for (const character of text) {
    const next = characterWidth(character);
    if (taken + next > width - 1) break;
    taken += next;
    kept += character;
  }
  return `${kept}…`;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (/\p{Mark}/u.test(character)) return 0;
  return isWide(code) ? 2 : 1;
}

/** The blocks of East_Asian_Width W and F (Unicode 15), coarsely. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
