/** Text in aligned columns, for maps, tables of events and the ledger. */
import { cutTo, textWidth } from '../diagnostics/terminal-text.js';

/** Numbers to the right, texts (by column) to the left; what is too wide for the terminal is cut in its widest text column. */
export function* alignedColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: ReadonlySet<number>,
  width: number,
): Generator<string> {
  const widths = header.map((name, column) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[column] ?? '')), textWidth(name)),
  );
  const excess = widths.reduce((sum, each) => sum + each + 2, 0) - width;
  if (excess > 0) {
    const widest = [...textColumns].sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest !== undefined) widths[widest] = Math.max(8, (widths[widest] ?? 0) - excess);
  }
  for (const row of [header, ...rows])
    yield row
      .map((text, column) => `  ${padded(text, widths[column] ?? 0, textColumns.has(column))}`)
      .join('')
      .trimEnd();
}

/** `text` filled with spaces to `width` columns; what stands to the left is cut there, numbers never are. */
export function padded(text: string, width: number, left: boolean): string {
  const kept = left ? cutTo(text, width) : text;
  const space = ' '.repeat(Math.max(0, width - textWidth(kept)));
  return left ? kept + space : space + kept;
}
