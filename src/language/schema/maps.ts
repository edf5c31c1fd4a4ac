/** `maps`: what probes count and keep, in the kernel. */
import { mapKinds } from '../map-kinds.js';
import { choose, isMapping, type JsonSchema } from './json-schema.js';
import { duration, expression, maxEntries, named, typeName } from './values.js';

const keyType: JsonSchema = { ...typeName };

const valueType: JsonSchema = {
  title: 'an aggregation, such as count or hist, or a type',
  type: 'string',
  examples: ['count', 'sum', 'min', 'max', 'avg', 'stats', 'hist', 'lhist', 'bhist', 'u64'],
};

/** One type, or several with names. */
function oneOrNamed(one: JsonSchema, title: string, description: string): JsonSchema {
  return {
    title,
    description,
    type: ['string', 'object'],
    ...choose(isMapping, {
      title,
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' },
      additionalProperties: one,
    }),
  };
}

const constant: JsonSchema = { title: 'a constant', type: ['string', 'number', 'boolean'] };

const map: JsonSchema = {
  title: 'a mapping such as { type: hash, key: { port: u16 }, value: count }',
  type: 'object',
  properties: {
    type: {
      title: 'a kind of map',
      description:
        'How the kernel keeps it. percpu_ maps are cheaper to update, lru_ maps forget what was used longest ago, an lpm_trie finds the network of an address, a bloom_filter keeps keys in little memory, a queue and a stack keep values in their order.',
      type: 'string',
      enum: mapKinds,
      default: 'hash',
    },
    key: oneOrNamed(
      keyType,
      'a type, or a mapping of names to types',
      'A type, or names and types. Taken from the first update where it is missing.',
    ),
    value: oneOrNamed(
      valueType,
      'an aggregation or a type, or a mapping of names to them',
      'What is kept for each key: an aggregation (count, sum, min, max, avg, stats, hist, lhist, bhist), a type, or names and either.',
    ),
    entries: {
      title: 'a mapping of keys to values, or a list of keys',
      description: 'What it holds from the start. A list of keys makes it a set: then "value" may be left out.',
      type: ['object', 'array'],
      items: {
        title: 'a key, or a list of the parts of one',
        type: ['string', 'number', 'boolean', 'array'],
        items: constant,
      },
      additionalProperties: {
        title: 'a value, or a mapping of the names of its members to values',
        type: ['string', 'number', 'boolean', 'object'],
        additionalProperties: constant,
      },
    },
    max_entries: { ...maxEntries, description: 'The most keys it holds.', default: 10240 },
    on_full: {
      title: 'drop or evict',
      description: 'What happens to a new key when it is full: the key is dropped and counted, or another is evicted.',
      type: 'string',
      enum: ['drop', 'evict'],
    },
    every: {
      ...duration,
      description: 'Shows the map again and again, this often; at the end of the run where it is missing.',
    },
    reset: {
      title: 'true or false',
      description: 'Whether the map starts anew after it was shown. Needs "every".',
      type: 'boolean',
      default: false,
    },
    show: {
      title: 'true or false',
      description: 'Whether the map is shown at all; false for one that only probes read.',
      type: 'boolean',
      default: true,
    },
    top: {
      title: 'a whole number of at least 1',
      description: 'Shows only so many entries.',
      type: 'integer',
      minimum: 1,
    },
    order: {
      title: 'asc or desc, or the name of a key, value or column with one of them behind it or not',
      description:
        'Smallest or largest first: of the first number of the value, or of what is named, as in "hits asc".',
      type: 'string',
      pattern: '^(asc|desc|[A-Za-z_][A-Za-z0-9_.]*( +(asc|desc))?)$',
      default: 'desc',
    },
    columns: {
      ...named('names to expressions', expression, 'Values computed when the map is shown, from its keys and values.'),
      minProperties: 1,
    },
  },
  anyOf: [
    { required: ['value'] },
    { required: ['entries'] },
    { properties: { type: { enum: ['bloom_filter'] } }, required: ['type'] },
  ],
  additionalProperties: false,
  dependencies: { reset: ['every'] },
  ...choose(
    { properties: { type: { enum: ['array', 'percpu_array'] } }, required: ['type'] },
    { not: { required: ['on_full'] } },
  ),
};

export const maps = named('map names to maps', map, 'Tables in the kernel, updated by probes, read as map[key].');
