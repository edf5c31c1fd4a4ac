// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import type { JsonSchema } from './json-schema.js';
import { sinkKind } from './sink-kind.js';
import { duration, size } from './values.js';

const count: JsonSchema = { title: 'a whole number of at least 1', type: 'integer', minimum: 1 };

function group(description: string, properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const names = Object.keys(properties);
  return {
    title: `a mapping of ${names.join(', ')}`,
    description,
    type: 'object',
    properties,
    additionalProperties: false,
  };
}

export const httpSink = sinkKind({
  description: 'In batches to a server, tried again while it is away.',
  options: {
    url: {
      title: 'an http:// or https:// URL',
      description:
        'Where to send. ${NAME} takes a value from the environment, ${file:PATH} from a file; neither is ever shown.',
      type: 'string',
      pattern: '^([hH][tT][tT][pP][sS]?://.|.*\\$\\{)',
    },
    headers: {
      title: 'a mapping of header names to values',
      description: 'Sent with every request. ${NAME} and ${file:PATH} are filled in.',
      type: 'object',
      propertyNames: { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
      additionalProperties: { title: 'a text', type: ['string', 'integer'] },
    },
    format: {
      title: 'ndjson',
      description: 'The format of a request’s body.',
      type: 'string',
      enum: ['ndjson'],
      default: 'ndjson',
    },
    gzip: {
      title: 'true or false',
      description: 'Whether to compress what is sent.',
      type: 'boolean',
      default: true,
    },
    batch: group('When a batch is sent: whichever is reached first.', {
      max_events: { ...count, description: 'Events in a batch.', default: 5000 },
      max_bytes: { ...size, description: 'Bytes in a batch, before compression.', default: '1MiB' },
      max_wait: { ...duration, description: 'How long the first event of a batch waits.', default: '1s' },
    }),
    queue: group('What waits while the server is away.', {
      max_bytes: { ...size, description: 'Past it the newest events are dropped, counted.', default: '32MiB' },
    }),
    timeout: { ...duration, description: 'How long one request may take.', default: '10s' },
    retry: group('How a failed request is tried again.', {
      initial: {
        ...duration,
        description: 'The pause before the first retry; each next one is longer.',
        default: '500ms',
      },
      max: { ...duration, description: 'The longest pause.', default: '30s' },
      attempts: {
        title: 'a whole number, 0 for no limit',
        description: 'How often a batch is tried; 0 for no limit.',
        type: 'integer',
        minimum: 0,
        default: 0,
      },
    }),
  },
  required: ['url'],
});
