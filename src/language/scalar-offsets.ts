/**
 * Where each character of a scalar's text stands in its source. YAML folds lines, strips indentation and replaces
 * escapes, but never reorders: both texts are walked side by side.
 */

/** How a scalar is written; `block` is literal or folded. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'block';

/**
 * `text.length + 1` source offsets, ascending: one a UTF-16 unit of `text`, and one for its end. `from` and `to` bound
 * the content in `source`: inside of the quotes, below a block scalar's header.
 */
export function scalarOffsets(text: string, style: ScalarStyle, source: string, from: number, to: number): number[] {
  const offsets = style === 'double' ? escapedOffsets(text, source, from, to) : undefined;
  return offsets ?? alignedOffsets(text, style === 'single', source, from, to);
}

const blank = /[ \t\r\n]/;

/** Every character that is not blank stands in the source as it is (a `'` twice, if quoted by it); only blanks differ. */
function alignedOffsets(text: string, quoted: boolean, source: string, from: number, to: number): number[] {
  const offsets: number[] = [];
  let at = from;
  let index = 0;
  while (index < text.length) {
    const textStop = blankEnd(text, index, text.length);
    const sourceStop = blankEnd(source, at, to);
    if (textStop > index) alignBlanks(text.slice(index, textStop), source.slice(at, sourceStop), at, offsets);
    index = textStop;
    // Blanks at the end of the text that were not kept belong to nobody.
    at = index < text.length ? sourceStop : Math.max(at, (offsets.at(-1) ?? at - 1) + 1);
    if (index < text.length) {
      offsets.push(Math.min(at, to));
      at += quoted && text[index] === "'" ? 2 : 1;
      index++;
    }
  }
  offsets.push(Math.min(at, to));
  return offsets;
}

function blankEnd(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && blank.test(text.charAt(at))) at++;
  return at;
}

/** Blanks before the first line break align to the left, those behind the last one, past the indentation, to the right. */
function alignBlanks(blanks: string, source: string, base: number, offsets: number[]): void {
  if (!source.includes('\n') || !blanks.includes('\n')) {
    for (let index = 0; index < blanks.length; index++) offsets.push(base + Math.min(index, source.length));
    return;
  }
  const wanted = blanks.split('\n');
  const written = source.split('\n');
  let lineStart = base;
  for (const [line, part] of wanted.entries()) {
    const last = line === wanted.length - 1;
    const writtenLine = last ? written.length - 1 : Math.min(line, written.length - 1);
    lineStart = base + written.slice(0, writtenLine).reduce((length, each) => length + each.length + 1, 0);
    const found = written[writtenLine] ?? '';
    const indentation = line === 0 ? 0 : Math.max(0, found.length - part.length);
    for (let index = 0; index < part.length; index++) offsets.push(lineStart + indentation + index);
    if (!last) offsets.push(Math.min(base + source.length, lineStart + found.replace(/\r$/, '').length));
  }
}

const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/** Nothing where the walk does not come out at the text, which only an erroneous escape can cause. */
function escapedOffsets(text: string, source: string, from: number, to: number): number[] | undefined {
  const offsets: number[] = [];
  let at = from;
  while (at < to) {
    const character = source.charAt(at);
    const breakLength = lineBreakLength(source, at);
    if (breakLength > 0) {
      const stop = foldEnd(source, at, to);
      const folded = Math.max(1, source.slice(at, stop).split('\n').length - 2);
      for (let index = 0; index < folded; index++) offsets.push(at);
      at = stop;
    } else if (character === '\\') {
      const next = source.charAt(at + 1);
      const escapedBreak = lineBreakLength(source, at + 1);
      if (escapedBreak > 0) {
        at += 1 + escapedBreak;
        while (at < to && (source.charAt(at) === ' ' || source.charAt(at) === '\t')) at++;
        continue;
      }
      const length = escapeLengths[next] ?? 2;
      offsets.push(at);
      // An astral character takes two units of the text.
      if (next === 'U' && Number.parseInt(source.slice(at + 2, at + 10), 16) > 0xffff) offsets.push(at);
      at += length;
    } else if (character === ' ' || character === '\t') {
      let stop = at;
      while (stop < to && (source.charAt(stop) === ' ' || source.charAt(stop) === '\t')) stop++;
      // Blanks before a line break are folded away with it.
      if (lineBreakLength(source, stop) === 0 || stop >= to)
        for (let index = at; index < stop; index++) offsets.push(index);
      at = stop;
    } else {
      offsets.push(at);
      at++;
    }
  }
  if (offsets.length !== text.length) return undefined;
  offsets.push(to);
  return offsets;
}

function lineBreakLength(source: string, at: number): number {
  if (source.charAt(at) === '\n') return 1;
  return source.charAt(at) === '\r' && source.charAt(at + 1) === '\n' ? 2 : 0;
}

function foldEnd(source: string, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const length = lineBreakLength(source, at);
    if (length > 0) at += length;
    else if (source.charAt(at) === ' ' || source.charAt(at) === '\t') at++;
    else break;
  }
  return Math.min(at, to);
}
