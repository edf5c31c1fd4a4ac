/**
 * Text on a terminal: harmless, and of a known width. A pipeline may come from anybody, and so may the names of files: an
 * escape sequence in them must not reach the terminal, and a right-to-left override must not turn a line around.
 */

/**
 * Controls (C0, DEL, C1), line and paragraph separators, bidirectional controls, surrogates without their other half,
 * and what is invisible but no combining mark (tags, fillers, soft hyphens, byte-order marks).
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** Of the format characters these are needed inside of emoji and of Persian and Indian words, and harmless. */
const joiners = new Set(['\u200c', '\u200d']);

const plain = /^[\x20-\x7e]*$/;

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Unsafe characters as visible escapes: `\x1b`, `\u202e`, `\u{e0041}`. */
export function safeText(text: string): string {
  // Nearly all text is that, and each cell of a table passes here.
  if (plain.test(text)) return text;
  return text.replace(unsafe, (character) => {
    if (joiners.has(character)) return character;
    const short = shortForms[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`;
  });
}

/** Columns that a safe text takes: two for East Asian wide characters and emoji, none for marks and joiners. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest beginning of `text` that takes at most `width` columns; `…` stands for what was cut. */
export function cutTo(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
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
  if (joiners.has(character) || /\p{Mn}|\p{Me}/u.test(character)) return 0;
  return isWide(code) || /\p{Emoji_Presentation}/u.test(character) ? 2 : 1;
}

/** The blocks of East_Asian_Width W and F (Unicode 15), coarsely; emoji are known by their own property. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xa960 && code <= 0xa97c) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
