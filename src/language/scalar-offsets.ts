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
  return offsets ?? alignedOffsets(text, style, source, from, to);
}

const blank = /[ \t\r\n]/;

/** Every character that is not blank stands in the source as it is (a `'` twice, if quoted by it); only blanks differ. */
function alignedOffsets(text: string, style: ScalarStyle, source: string, from: number, to: number): number[] {
  const offsets: number[] = [];
  let at = from;
  let index = 0;
  while (index < text.length) {
    const textStop = blankEnd(text, index, text.length);
    const sourceStop = blankEnd(source, at, to);
    if (textStop > index) {
      const atLineStart = style === 'block' && index === 0;
      alignBlanks(text.slice(index, textStop), source.slice(at, sourceStop), at, atLineStart, offsets);
    }
    index = textStop;
    // Blanks at the end of the text that were not kept belong to nobody.
    at = index < text.length ? sourceStop : Math.max(at, (offsets.at(-1) ?? at - 1) + 1);
    if (index < text.length) {
      offsets.push(Math.min(at, to));
      at += style === 'single' && text[index] === "'" ? 2 : 1;
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
function alignBlanks(blanks: string, written: string, base: number, atLineStart: boolean, offsets: number[]): void {
  const wantedLines = blanks.split('\n');
  // A line break that was folded into a space stands at where it began.
  const writtenLines = wantedLines.length === 1 && !atLineStart ? [written] : written.split('\n');
  const starts: number[] = [];
  let start = base;
  for (const line of writtenLines) {
    starts.push(start);
    start += line.length + 1;
  }
  const end = base + written.length;
  for (const [index, wanted] of wantedLines.entries()) {
    const last = index === wantedLines.length - 1;
    const from = last ? writtenLines.length - 1 : Math.min(index, writtenLines.length - 1);
    const line = writtenLines[from] ?? '';
    const lineStart = starts[from] ?? end;
    const indentation = index > 0 || atLineStart ? Math.max(0, line.length - wanted.length) : 0;
    for (let at = 0; at < wanted.length; at++) offsets.push(Math.min(end, lineStart + indentation + at));
    if (!last) offsets.push(Math.min(end, lineStart + line.replace(/\r$/, '').length));
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
