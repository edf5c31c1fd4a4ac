/** Rows of a map as their columns: the names and values that its lines of JSON have. */
import { keyNames, valueNames } from '../compile/map-columns.js';
import { jsonParts } from './aggregate-text.js';
import { columnValue } from './column-value.js';
import type { MapSnapshot } from './map-snapshot.js';
import { exact, type UserValue } from './user-value.js';
import { wallClockText } from './wall-clock.js';

/** What JSON has as an object or array is a text of that JSON. */
export function* snapshotColumns(snapshot: MapSnapshot): Generator<Readonly<Record<string, UserValue>>> {
  const { map, moment } = snapshot;
  const [keys, names] = [keyNames(map), valueNames(map)];
  const time: [string, UserValue][] = map.everyNs === undefined ? [] : [['time', wallClockText(moment.time)]];
  for (const row of snapshot.rows()) {
    const columns: [string, UserValue][] = [['map', map.name], ...time];
    row.keys.forEach((key, index) => {
      columns.push([keys[index] ?? '', key]);
    });
    row.values.forEach((value, index) => {
      const named = map.value[index]?.name !== '';
      const parts = value.kind === 'plain' ? [value.value] : jsonParts(value, named, moment.clockOffset).map(ofJson);
      parts.forEach((part, which) => {
        columns.push([names[index]?.[which] ?? '', part]);
      });
    });
    row.columns.forEach((value, index) => {
      const column = map.columns?.[index];
      columns.push([column?.name ?? '', columnValue(value, column?.as, moment.clockOffset)]);
    });
    yield Object.fromEntries(columns);
  }
}

function ofJson(json: string): UserValue {
  if (/^-?\d+$/.test(json)) return exact(BigInt(json));
  if (json.startsWith('{') || json.startsWith('[')) return json;
  const value: unknown = JSON.parse(json);
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}
