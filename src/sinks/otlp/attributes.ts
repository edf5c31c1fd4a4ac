/** Values of events and rows as attributes. */
import type { ItemValue } from './item.js';
import type { AnyValue, Form, KeyValue } from './messages.js';

const maxInt64 = (1n << 63n) - 1n;

/** `undefined` for what has no value. Numbers above 2^63 - 1, which OTLP has no integers for, are texts of all their digits. */
export function anyValue(value: ItemValue | undefined, form: Form): AnyValue | undefined {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      return Number.isInteger(value) ? { intValue: form.integer(value) } : { doubleValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'undefined':
      return undefined;
  }
  if (value === null) return undefined;
  if ('integer' in value) {
    const integer = BigInt(value.integer);
    return integer > maxInt64 ? { stringValue: value.integer } : { intValue: form.wide(integer) };
  }
  return { arrayValue: { values: value.flatMap((each) => anyValue(each, form) ?? []) } };
}

export function keyValue(key: string, value: ItemValue | undefined, form: Form): KeyValue[] {
  const made = anyValue(value, form);
  return made === undefined ? [] : [{ key, value: made }];
}

/** `undefined` where it is no whole number. */
export function bigintOf(value: ItemValue | undefined): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'object' && value !== null && 'integer' in value ? BigInt(value.integer) : undefined;
}
