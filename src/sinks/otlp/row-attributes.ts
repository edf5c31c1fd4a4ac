/** What entries of a map are told apart by → attributes of data points, and of the resource that they are of. */
import type { LabelSource, MapMetrics } from '../../compile/metrics/metric-plan.js';
import type { MapRow } from '../../events/map-snapshot.js';
import type { UserValue } from '../../events/user-value.js';
import { keyValue } from './attributes.js';
import { httpAttributes, httpResourceAttributes } from './event-names.js';
import type { EventShape } from './event-shape.js';
import { httpSpan } from './http-span.js';
import type { ItemValue } from './item.js';
import { jsonForm, type KeyValue } from './messages.js';

export interface RowAttributes {
  readonly point: readonly KeyValue[];
  readonly resource: readonly KeyValue[];
}

/** These are of the resource under whatever name the map has them. */
const ofResource: ReadonlySet<string> = new Set([...httpResourceAttributes.values()]);

/** `given`: names that the sink's options give to what the map shows. They go before the conventions' own. */
export function rowAttributes(
  { map, labels }: MapMetrics,
  given: ReadonlyMap<string, string>,
): (row: MapRow) => RowAttributes {
  const { requests } = map;
  const shape: EventShape | undefined =
    requests === undefined
      ? undefined
      : { http: requests, attributes: httpAttributes[requests], resource: httpResourceAttributes };
  return (row) => {
    const [point, resource]: [KeyValue[], KeyValue[]] = [[], []];
    const fields: Record<string, ItemValue> = {};
    for (const source of labels) {
      const value = itemValue(sourceValue(source, row));
      const named = given.get(source.of) ?? shape?.resource.get(source.of);
      if (named === undefined && shape !== undefined) fields[source.of] = value;
      else if (named === undefined) point.push(...keyValue(source.of, value, jsonForm));
      // What is named by a convention is left out where there is none, as with spans.
      else if (value !== '') (ofResource.has(named) ? resource : point).push(...keyValue(named, value, jsonForm));
    }
    if (shape?.http === undefined) return { point, resource };
    const meaning = httpSpan({ fields, shape }, shape.http, jsonForm);
    for (const [field, value] of Object.entries(fields))
      if (!meaning.told.has(field)) point.push(...keyValue(shape.attributes.get(field) ?? field, value, jsonForm));
    return { point: [...point, ...meaning.attributes], resource };
  };
}

function sourceValue({ from, index }: LabelSource, row: MapRow): UserValue {
  if (from === 'key') return row.keys[index] ?? null;
  if (from === 'column') return row.columns[index] ?? null;
  const value = row.values[index];
  return value?.kind === 'plain' ? value.value : null;
}

const itemValue = (value: UserValue): ItemValue => (typeof value === 'bigint' ? { integer: String(value) } : value);
