/** One measurement beside its reference, as the table and results.json show it. */

export interface Row {
  /** The group that selects it on the command line. */
  readonly group: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly reference: { readonly name: string; readonly value: number };
  /** Ours over the reference's, or the other way round where more is better: what `must` is about. */
  readonly ratio: number;
  /** What was asked for, and whether it was reached in this run. */
  readonly must?: { readonly text: string; readonly met: boolean };
  /** CPU seconds, peak MiB and lost events of both sides, and other things to know about the figure. */
  readonly note: string;
}

const number = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

/** Aligned columns for a terminal. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    `${number(row.ours)} ${row.unit}`,
    `${row.reference.name} ${number(row.reference.value)}`,
    row.ratio.toFixed(2),
    row.must === undefined ? '' : `${row.must.met ? 'ok' : 'MISSED'} (${row.must.text})`,
    row.note,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The same for docs/performance.md. */
export function markdown(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) =>
      `| ${row.what} | ${number(row.ours)} ${row.unit} | ${row.reference.name}: ${number(row.reference.value)} | ${row.ratio.toFixed(2)} | ${row.must === undefined ? '' : `${row.must.text}: ${row.must.met ? 'reached' : 'not reached'}`} | ${row.note} |`,
  );
  return [
    '| what | probepipe | reference | ratio | asked for | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
