/** Map snapshots as people read them: aligned columns, histograms as bars with their ranges in human units. */

import { cellNames, isHistogram, keyNames } from '../compile/map-columns.js';
import { cutTo } from '../diagnostics/terminal-text.js';
import type { AggregateValue } from './aggregate.js';
import { averageText, presentedText } from './aggregate-text.js';
import { alignedColumns } from './aligned-columns.js';
import { columnText } from './column-value.js';
import type { Bucket } from './histogram.js';
import { binaryText, durationText } from './human-units.js';
import type { MapRow, MapSnapshot, RowValue } from './map-snapshot.js';
import { drawStacks, hasStacks, plainLabels } from './stack-drawing.js';

export interface DrawingOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Whether bars may be drawn with block characters; `@` otherwise. */
  readonly unicode: boolean;
}

type Histogram = Extract<AggregateValue, { kind: 'histogram' }>;

/** Lines, without their ends, beginning with the map's name. */
export function* drawSnapshot(snapshot: MapSnapshot, options: DrawingOptions): Generator<string> {
  const { map } = snapshot;
  const rows = [...snapshot.rows()];
  const names = cellNames(map);
  const time = map.everyNs === undefined ? '' : ` at ${localTime(snapshot.moment.time)}`;
  yield `${map.name}${time}${rows.length === 0 ? ' (empty)' : ''}`;
  if (map.value.some(isHistogram)) {
    for (const row of rows) yield* drawHistograms(row, snapshot, options);
  } else if (hasStacks(map)) {
    for (const row of rows) {
      const labels = plainLabels(row, map);
      yield '';
      yield `  ${cutTo([...labels, ...valueLabels(row, snapshot)].join('  '), options.width - 2)}`;
      yield* drawStacks(row, map, options.width);
    }
  } else if (rows.length > 0) {
    const header = [...keyNames(map), ...names.flat(), ...(map.columns ?? []).map(({ name }) => name)];
    const cells = rows.map((row) => [
      ...row.keyCells,
      ...row.values.flatMap((value) => valueCells(value, snapshot.moment.clockOffset)),
      ...columnCells(row, snapshot),
    ]);
    const textColumns = new Set(map.key.flatMap((slot, index) => (isText(slot.type.kind) ? [index] : [])));
    yield* alignedColumns(header, cells, textColumns, options.width);
  }
  if (snapshot.leftOut > 0) yield `  … and ${snapshot.leftOut} more`;
}

/** Of a map that is shown again and again: the local time of day, milliseconds. */
function localTime(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function isText(kind: string): boolean {
  return kind !== 'int' && kind !== 'bool';
}

function valueCells(value: RowValue, clockOffset: bigint): string[] {
  switch (value.kind) {
    case 'plain':
      return [value.text];
    case 'integer':
      return [presentedText(value.value, value.as, clockOffset)];
    case 'average':
      return [averageText(value.sum, value.count, value.as)];
    case 'stats':
      return [
        String(value.count),
        presentedText(value.sum, value.as === 'duration' ? value.as : undefined, clockOffset),
        presentedText(value.min, value.as, clockOffset),
        presentedText(value.max, value.as, clockOffset),
        averageText(value.sum, value.count, value.as),
      ];
    case 'histogram':
      return [String(value.count)];
  }
}

function columnCells(row: MapRow, { map, moment }: Pick<MapSnapshot, 'map' | 'moment'>): string[] {
  return row.columns.map((value, index) => columnText(value, map.columns?.[index]?.as, moment.clockOffset));
}

/** `count 12` for each value that is no histogram, and each column. */
function valueLabels(row: MapRow, snapshot: MapSnapshot): string[] {
  const { map, moment } = snapshot;
  const names = cellNames(map);
  const values = row.values.flatMap((value, index) =>
    value.kind === 'histogram'
      ? []
      : valueCells(value, moment.clockOffset).map((cell, part) => `${names[index]?.[part]} ${cell}`),
  );
  const columns = columnCells(row, snapshot).map((text, column) => `${map.columns?.[column]?.name} ${text}`);
  return [...values, ...columns];
}

function* drawHistograms(row: MapRow, snapshot: MapSnapshot, options: DrawingOptions): Generator<string> {
  const { map } = snapshot;
  const labels = [...plainLabels(row, map), ...valueLabels(row, snapshot)];
  let index = 0;
  for (const value of row.values) {
    const name = map.value[index++]?.name ?? '';
    if (value.kind !== 'histogram') continue;
    const title = [...labels, `${name === '' ? '' : `${name} `}count ${value.count}`].join('  ');
    yield '';
    yield `  ${cutTo(title, options.width - 2)}`;
    yield* drawStacks(row, map, options.width);
    yield* drawBars(value, options);
  }
}

function* drawBars(histogram: Histogram, { width, unicode }: DrawingOptions): Generator<string> {
  const ranges = histogram.buckets.map((bucket) => rangeText(bucket, histogram));
  const counts = histogram.buckets.map((bucket) => String(bucket.count));
  const rangeWidth = Math.max(0, ...ranges.map((text) => text.length));
  const countWidth = Math.max(0, ...counts.map((text) => text.length));
  const room = Math.max(10, Math.min(60, width - rangeWidth - countWidth - 9));
  let most = 1n;
  for (const { count } of histogram.buckets) if (count > most) most = count;
  for (const [index, bucket] of histogram.buckets.entries()) {
    const length = (Number(bucket.count) / Number(most)) * room;
    const label = `  ${(ranges[index] ?? '').padEnd(rangeWidth)}  ${(counts[index] ?? '').padStart(countWidth)}`;
    yield `${label}  |${bar(length, bucket.count > 0n, unicode).padEnd(room)}|`;
  }
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Whatever holds something shows something. */
function bar(length: number, any: boolean, unicode: boolean): string {
  if (!unicode) return '@'.repeat(Math.max(Math.round(length), any ? 1 : 0));
  const parts = Math.max(Math.round(length * 8), any ? 1 : 0);
  return '█'.repeat(parts >> 3) + (eighths[parts & 7] ?? '');
}

function rangeText({ ge, lt }: Bucket, { as, scale }: Histogram): string {
  const bound = (value: bigint) => {
    if (as === 'duration') return durationText(value);
    return scale === 'power' ? binaryText(value) : String(value);
  };
  // Bounds as they were written, each the largest of its bucket.
  if (scale === 'bounds') {
    const to = lt === undefined ? '…)' : `${bound(lt - 1n)}]`;
    return `(${ge === undefined ? '…' : bound(ge - 1n)}, ${to}`;
  }
  if (ge === undefined) return `(…, ${bound(lt ?? 0n)})`;
  if (lt === undefined) return `[${bound(ge)}, …)`;
  return ge + 1n === lt && as === undefined ? `[${bound(ge)}]` : `[${bound(ge)}, ${bound(lt)})`;
}
