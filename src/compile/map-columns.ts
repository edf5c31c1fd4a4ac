/**
 * The names under which a map's keys and values are shown. A value without a name of its own is called by its
 * aggregation (`count`, `sum`); `stats` and histograms without one spread into several.
 */
import type { AggregateSlot, MapManifest } from './manifest.js';

export interface NamedColumn<Item> {
  readonly name: string;
  readonly item: Item;
}

/** A key without a name is `key`. */
export function keyNames(map: MapManifest): string[] {
  return map.key.map((slot, index) => (slot.name !== '' ? slot.name : map.key.length === 1 ? 'key' : `key${index}`));
}

/** What one aggregation is shown as: member names, for unnamed ones of several parts. */
export function valueParts(slot: AggregateSlot): readonly string[] {
  if (slot.name !== '') return [slot.name];
  switch (slot.aggregation) {
    case 'stats':
      return ['count', 'sum', 'min', 'max', 'avg'];
    case 'hist':
    case 'lhist':
      return ['buckets', 'count'];
    case 'bhist':
      return ['buckets', 'count', 'sum'];
    default:
      return [slot.aggregation];
  }
}

/** The names of all parts of all values, made different from the keys' and from `map` and `time` by a `_` behind. */
export function valueNames(map: MapManifest): string[][] {
  const taken = new Set(['map', 'time', ...keyNames(map)]);
  return map.value.map((slot) =>
    valueParts(slot).map((part) => {
      let name = part;
      while (taken.has(name)) name += '_';
      taken.add(name);
      return name;
    }),
  );
}

export function isHistogram({ aggregation }: AggregateSlot): boolean {
  return aggregation === 'hist' || aggregation === 'lhist' || aggregation === 'bhist';
}

/** The columns of each value in a table, where the parts of a named `stats` stand side by side too (`size.min`). */
export function cellNames(map: MapManifest): string[][] {
  const names = valueNames(map);
  return map.value.map((slot, index) => {
    if (isHistogram(slot)) return ['count'];
    if (slot.aggregation !== 'stats' || slot.name === '') return names[index] ?? [];
    return ['count', 'sum', 'min', 'max', 'avg'].map((part) => `${slot.name}.${part}`);
  });
}

/** Every column of the map in CSV, after `map`. */
export function mapColumns(map: MapManifest): string[] {
  const columns = (map.columns ?? []).map(({ name }) => name);
  return [...(map.everyNs === undefined ? [] : ['time']), ...keyNames(map), ...valueNames(map).flat(), ...columns];
}
