/** The line that a span begins on, and marks below it: safe for a terminal, aligned, and never endless. */
import { lineText, positionAt, type Span } from './source.js';
import { safeText, textWidth } from './terminal-text.js';

/** Columns; a longer line is cut to a window around its span. */
const widestLine = 160;
/** Columns of context before a span in the window. */
const contextBefore = 40;
const tabWidth = 4;

export interface CodeFrame {
  readonly line: number;
  readonly text: string;
  /** Spaces, then carets. */
  readonly marks: string;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly start: number;
  readonly end: number;
}

/** Nothing for a text without any character: there is nothing to show. */
export function codeFrame(span: Span): CodeFrame | undefined {
  if (span.source.text === '') return undefined;
  const { line, column } = positionAt(span.source, span.start);
  const whole = lineText(span.source, line);
  const start = Math.min(column - 1, whole.length);
  // A span over several lines is marked to the end of its first one.
  const end = Math.min(start + Math.max(0, span.end - span.start), whole.length);
  // No more of a very long line is looked at than can be shown.
  const from = Math.max(0, start - 4 * widestLine);
  const to = Math.min(whole.length, start + 4 * widestLine);
  const cells = cellsOf(whole.slice(from, to), from);
  const window = windowOf(cells, start);
  const before = columnsOf(window, (cell) => cell.end <= start && cell.start < start);
  const marked = columnsOf(window, (cell) => cell.end > start && cell.start < end);
  const cutLeft = (window[0]?.start ?? 0) > 0;
  const cutRight = (window.at(-1)?.end ?? whole.length) < whole.length;
  const text = `${cutLeft ? '…' : ''}${window.map((cell) => cell.text).join('')}${cutRight ? '…' : ''}`;
  return {
    line,
    text: text.trimEnd(),
    marks: `${' '.repeat(before + (cutLeft ? 1 : 0))}${'^'.repeat(Math.max(1, marked))}`,
  };
}

/** A cell for each character, and one for a whole escape of an unsafe one; marks stay with their character. */
function cellsOf(text: string, base: number): Cell[] {
  const cells: Cell[] = [];
  let at = base;
  let column = 0;
  for (const character of text) {
    const shown = character === '\t' ? ' '.repeat(tabWidth - (column % tabWidth)) : safeText(character);
    const width = textWidth(shown);
    cells.push({ text: shown, width, start: at, end: at + character.length });
    at += character.length;
    column += width;
  }
  return cells;
}

function windowOf(cells: readonly Cell[], start: number): readonly Cell[] {
  if (columnsOf(cells, () => true) <= widestLine) return cells;
  const columnBefore = columnsOf(cells, (cell) => cell.end <= start);
  const left = Math.max(0, columnBefore - contextBefore);
  let column = 0;
  return cells.filter((cell) => {
    const shown = column >= left && column + cell.width <= left + widestLine;
    column += cell.width;
    return shown;
  });
}

function columnsOf(cells: readonly Cell[], wanted: (cell: Cell) => boolean): number {
  let columns = 0;
  for (const cell of cells) if (wanted(cell)) columns += cell.width;
  return columns;
}
