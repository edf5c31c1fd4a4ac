// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import type { JsonSchema } from './json-schema.js';
import { sinkKind } from './sink-kind.js';
import { duration, filePath, group, identifier } from './values.js';

const bound: JsonSchema = {
  title: 'a number, a duration such as 10us, or a size such as 4KiB',
  type: ['number', 'string'],
  pattern: '^-?[0-9]+([.][0-9]+)?(ns|us|ms|s|m|h|d|B|KiB|MiB|GiB)$',
};

const metricName: JsonSchema = {
  title: 'a name of letters, digits and _, not beginning with a digit',
  type: 'string',
  pattern: '^[A-Za-z_:][A-Za-z0-9_:]*$',
};

const labelName: JsonSchema = {
  title: 'a name of letters, digits and _, not beginning with a digit',
  type: 'string',
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
};

const metric = group('', {
  name: { ...metricName, description: 'Instead of the prefix and the map’s name. Units and endings are added to it.' },
  help: { title: 'a text', description: 'What it is, for people.', type: 'string' },
  unit: {
    title: 'ns, us, ms, s, B, KiB, MiB, GiB, or a word for the name, such as packets',
    description: 'What the numbers are; times are shown in seconds and sizes in bytes.',
    type: 'string',
    pattern: '^(B|KiB|MiB|GiB|[a-z]+(_[a-z]+)*)$',
  },
  labels: {
    title: 'a list of parts of the key, or of other texts that the map shows, or a mapping of these to names',
    description: 'Of a map: what its series are told apart by; entries that are equal in these become one.',
    type: ['array', 'object'],
    items: identifier,
    additionalProperties: labelName,
  },
  buckets: group('Of a hist: from where to where it has a bucket for each power of two.', {
    min: { ...bound, description: 'Where the first ends.' },
    max: { ...bound, description: 'Where the last ends; above it is only `+Inf`.' },
  }),
  exemplars: group(
    'Of a count or a histogram: events that OpenMetrics shows beside the number they were counted in.',
    {
      probe: { ...identifier, description: 'Whose events. They have the labels of the metric among their fields.' },
      value: { ...identifier, description: 'The field with the number that the histogram counted.' },
      labels: {
        title: 'a list of fields',
        description:
          'What is told of an event; all other fields where it is missing, as far as they fit into 128 characters.',
        type: 'array',
        items: identifier,
      },
    },
    ['probe'],
  ),
});

export const prometheusSink = sinkKind({
  description: 'Maps as metrics, read when Prometheus scrapes them.',
  options: {
    listen: {
      title: 'an address and a port, such as 127.0.0.1:9435',
      description: 'Where scrapes are answered. Beyond this host only with auth or tls, or a warning.',
      type: 'string',
      pattern: '^((\\[[0-9a-fA-F:.]+(%[A-Za-z0-9]+)?\\]|[A-Za-z0-9._-]*):[0-9]{1,5}|.*\\$\\{.*)$',
      default: '127.0.0.1:9435',
    },
    path: {
      title: 'a path, such as /metrics',
      description: 'Where the metrics are.',
      type: 'string',
      pattern: '^/[A-Za-z0-9._~/-]*$',
      default: '/metrics',
    },
    prefix: {
      ...metricName,
      description: 'Of the names of all metrics; probepipe_ and the pipeline’s name where it is missing.',
    },
    metrics: {
      title: 'a mapping of maps, or of map.member, to what their metrics are',
      description: 'Name, help, unit, labels and buckets of a map’s metrics, or of one member’s.',
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)?$' },
      additionalProperties: metric,
    },
    limits: group('How much there may be.', {
      series: {
        title: 'a whole number from 1 to 100000',
        description: 'Label sets of one map; what is beyond them is added up in one more.',
        type: 'integer',
        minimum: 1,
        maximum: 100_000,
        default: 1000,
      },
      expire: {
        ...duration,
        title: 'a duration above zero, such as 10m, or never',
        description: 'Series that have not changed for so long are shown no more.',
        pattern: `${duration.pattern}|^never$`,
        default: '1h',
      },
    }),
    timeout: { ...duration, description: 'How long one scrape may take.', default: '10s' },
    engine: {
      title: 'true or false',
      description: 'Whether probepipe’s own metrics are there too: the ledger of probes and sinks, the fill of maps.',
      type: 'boolean',
      default: true,
    },
    created: {
      title: 'true or false',
      description: 'Whether OpenMetrics tells when each series began, which older Prometheus keeps as one more series.',
      type: 'boolean',
      default: false,
    },
    auth: group(
      'Asks for a user name and a password (HTTP basic authentication).',
      {
        username: { title: 'a text', description: 'The user’s name.', type: 'string', pattern: '^[^:]+$' },
        password: { title: 'a text', description: 'Best as ${NAME} or ${file:PATH}.', type: ['string', 'integer'] },
      },
      ['username', 'password'],
    ),
    tls: group(
      'Answers by HTTPS only.',
      {
        cert: { ...filePath, description: 'The certificate, and those it was signed by, in PEM.' },
        key: { ...filePath, description: 'Its key, in PEM.' },
        client_ca: { ...filePath, description: 'Only clients with a certificate of this authority are answered.' },
      },
      ['cert', 'key'],
    ),
  },
});
