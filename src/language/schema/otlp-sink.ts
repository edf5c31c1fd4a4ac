import type { JsonSchema } from './json-schema.js';
import { requestOptions, urlPattern } from './requests.js';
import { sinkKind } from './sink-kind.js';

const text: JsonSchema = { title: 'a text', type: ['string', 'integer'] };

/** Those of its own. */
export const otlpOptions = {
  endpoint: {
    title: 'an http:// or https:// URL',
    description: 'Where to send; /v1/logs, /v1/traces and /v1/metrics are added to it.',
    type: 'string',
    pattern: urlPattern,
  },
  encoding: {
    title: 'protobuf or json',
    description: 'How it is written.',
    type: 'string',
    enum: ['protobuf', 'json'],
    default: 'protobuf',
  },
  resource: {
    title: 'a mapping of attributes to texts',
    description: 'Attributes of the resource, such as service.name, before those that probepipe finds.',
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_.-]*$' },
    additionalProperties: text,
  },
} satisfies Readonly<Record<string, JsonSchema>>;

export const otlpSink = sinkKind({
  description: 'As logs, spans and metrics to whatever takes OpenTelemetry’s protocol over HTTP.',
  options: { ...otlpOptions, ...requestOptions('429, 502, 503 and 504') },
  required: ['endpoint'],
});
