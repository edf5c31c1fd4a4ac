/** `probes`: where to look, what to keep of it, and what to tell. */
import { http } from './http.js';
import { choose, isMapping, type JsonSchema } from './json-schema.js';
import { limits } from './limits.js';
import { duration, expression, let_, maxEntries, named, signature } from './values.js';

const attach: JsonSchema = { $ref: '#/definitions/attach' };

/** One expression, or several that together are the key. */
const pairKey: JsonSchema = {
  title: 'an expression, or a list of expressions',
  type: ['string', 'number', 'boolean', 'array'],
  minItems: 1,
  items: expression,
};

const pair: JsonSchema = {
  title: 'a mapping with "start", "end" and "key"',
  description: 'Two hooks that begin and end one thing. Gives duration and start.*.',
  type: 'object',
  properties: {
    start: attach,
    end: attach,
    key: {
      title: 'an expression, a list of expressions, or a mapping of start and end to these',
      description: 'What is the same at both hooks: expressions of both, or those of start and end.',
      type: ['string', 'number', 'boolean', 'array', 'object'],
      ...choose(
        isMapping,
        {
          properties: { start: pairKey, end: pairKey },
          required: ['start', 'end'],
          additionalProperties: false,
        },
        pairKey,
      ),
    },
    where: {
      title: 'a mapping of start, end or both to expressions',
      description: 'Filters for one side.',
      type: 'object',
      properties: { start: expression, end: expression },
      additionalProperties: false,
      minProperties: 1,
    },
    ttl: { ...duration, description: 'How long a start waits for its end.' },
    max_entries: { ...maxEntries, description: 'How many starts wait at most.', default: 10240 },
  },
  required: ['start', 'end', 'key'],
  additionalProperties: false,
};

const field: JsonSchema = {
  title: 'a name, or "name: expression"',
  type: ['string', 'object'],
  ...choose(isMapping, {
    title: 'one "name: expression"',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: expression,
  }),
};

const probe: JsonSchema = {
  title: 'a mapping with "attach" or "pair"',
  type: 'object',
  properties: {
    attach,
    pair,
    signature,
    every: {
      ...duration,
      description: 'Takes the snapshot of an iter: hook again and again, this often; once where it is missing.',
    },
    where: { ...expression, description: 'Only what this is true for counts, filtered in the kernel.' },
    let: let_,
    update: {
      title: 'a mapping such as { "counts[pid]": count() }',
      description: 'Changes to maps, in this order: map[key]: count(), sum(x), hist(x), a value, delete().',
      type: 'object',
      minProperties: 1,
      additionalProperties: expression,
    },
    fields: {
      title: 'a list of fields',
      description:
        'What an event carries, in column order: a name, or "name: expression". Without it the probe emits no events.',
      type: 'array',
      minItems: 1,
      items: field,
    },
    limits,
    sample: {
      title: 'a whole number from 1 to 4294967295',
      description: 'Takes one hit in so many, chosen at random; the others change no map and emit nothing.',
      type: 'integer',
      minimum: 1,
      maximum: 4294967295,
    },
    rate_limit: {
      title: 'a number of events per second, such as 1000, or per minute, such as 10/m',
      description: 'Emits at most so many events, a second where /s, /m or /h is missing. Updates are not limited.',
      type: ['integer', 'string'],
      pattern: '^0*[1-9][0-9]{0,17}(/[smh])?$',
      minimum: 1,
    },
    http,
    max_matches: {
      title: 'a whole number from 1 to 10000',
      description: 'How many hooks a pattern such as function:tcp_* may match; more are an error.',
      type: 'integer',
      minimum: 1,
      maximum: 10000,
      default: 512,
    },
  },
  additionalProperties: false,
  oneOf: [{ required: ['attach'] }, { required: ['pair'] }],
  anyOf: [{ required: ['update'] }, { required: ['fields'] }],
};

export const probes: JsonSchema = {
  ...named('probe names to probes', probe, 'Where to look, what to keep of it, and what to tell.'),
  title: 'a mapping of probe names to probes, at least one',
  minProperties: 1,
};
