/** The options that all sinks have in common that send to a server; sinks/delivery/delivery-options.ts reads them. */
import type { JsonSchema } from './json-schema.js';
import { duration, filePath, group, size } from './values.js';

const count: JsonSchema = { title: 'a whole number of at least 1', type: 'integer', minimum: 1 };

export const deliveryOptions = {
  batch: group('When a batch is sent: whichever is reached first.', {
    max_events: { ...count, description: 'Events in a batch.', default: 5000 },
    max_bytes: { ...size, description: 'Bytes in a batch, before compression.', default: '1MiB' },
    max_wait: { ...duration, description: 'How long the first event of a batch waits.', default: '1s' },
  }),
  concurrency: {
    title: 'a whole number from 1 to 64',
    description: 'Requests at a time. With more than one, a server may see events out of their order.',
    type: 'integer',
    minimum: 1,
    maximum: 64,
    default: 1,
  },
  buffer: group('Where events wait for the server.', {
    disk: {
      title: 'the path of a folder',
      description: 'A folder of its own, kept for the next run; in memory where it is missing.',
      type: 'string',
      pattern: '^[^\\u0000]+$',
    },
    max: { ...size, description: 'How many bytes may wait; 32MiB in memory, 1GiB on disk where it is missing.' },
    when_full: {
      title: 'block, drop_newest or drop_oldest',
      description:
        'What gives way past it, counted. `block` reads no more from the kernel, whose ring buffer then fills.',
      type: 'string',
      enum: ['block', 'drop_newest', 'drop_oldest'],
      default: 'drop_newest',
    },
  }),
  dead_letter: {
    ...filePath,
    description: 'Where events go that the server refuses: a line of JSON for each, with the cause.',
  },
  retry: group('How a failed request is tried again.', {
    initial: {
      ...duration,
      description: 'The pause before the first retry is up to this; the bound doubles with each next one.',
      default: '500ms',
    },
    max: { ...duration, description: 'The longest bound.', default: '30s' },
    attempts: {
      title: 'a whole number, 0 for no limit',
      description: 'How often a batch is tried; 0 for no limit.',
      type: 'integer',
      minimum: 0,
      default: 0,
    },
  }),
} as const satisfies Readonly<Record<string, JsonSchema>>;
