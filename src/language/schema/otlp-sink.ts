import type { JsonSchema } from './json-schema.js';
import { requestOptions, urlPattern } from './requests.js';
import { sinkKind } from './sink-kind.js';
import { group } from './values.js';

const text: JsonSchema = { title: 'a text', type: ['string', 'integer'] };

/** By OpenTelemetry's rules of names: opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax. */
const metric = group('', {
  name: {
    title: 'a name of letters, digits and _ . - /, beginning with a letter',
    description: 'Instead of probepipe, the pipeline’s and the map’s names.',
    type: 'string',
    pattern: '^[A-Za-z][A-Za-z0-9_./-]{0,254}$',
  },
  help: { title: 'a text', description: 'What it is, for people.', type: 'string' },
  unit: {
    title: 'a unit, such as s, ms, By or {request}',
    description: 'What the numbers are. Times are converted to s, ms or us; they are ns where it is missing.',
    type: 'string',
    pattern: '^[!-~]{1,63}$',
  },
  attributes: {
    title: 'a mapping of what the map shows to names of attributes',
    description: 'Of a map: other names for parts of its key and for columns that are texts.',
    type: 'object',
    additionalProperties: {
      title: 'the name of an attribute, such as http.route',
      type: 'string',
      pattern: '^[A-Za-z][A-Za-z0-9_.-]*$',
    },
  },
});

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
  metrics: {
    title: 'a mapping of maps, or of map.member, to what their metrics are',
    description: 'Name, help, unit and attributes of a map’s metrics, or of one member’s.',
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)?$' },
    additionalProperties: metric,
  },
} satisfies Readonly<Record<string, JsonSchema>>;

export const otlpSink = sinkKind({
  description: 'As logs, spans and metrics to whatever takes OpenTelemetry’s protocol over HTTP.',
  options: { ...otlpOptions, ...requestOptions('429, 502, 503 and 504') },
  required: ['endpoint'],
});
