// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import { otlpOptions } from './otlp-sink.js';
import { requestOptions, urlPattern } from './requests.js';
import { sinkKind } from './sink-kind.js';
import { template } from './values.js';

const { resource } = otlpOptions;
const { headers, auth, tls, compression, timeout, ...delivery } = requestOptions('408, 425, 429 and all from 500 on');

export const httpSink = sinkKind({
  description: 'In batches to a server, tried again while it is away.',
  options: {
    url: {
      title: 'an http:// or https:// URL',
      description:
        'Where to send. ${NAME} takes a value from the environment, ${file:PATH} from a file; neither is ever shown.',
      type: 'string',
      pattern: urlPattern,
    },
    method: {
      title: 'POST, PUT or PATCH',
      description: 'Of the requests.',
      type: 'string',
      enum: ['POST', 'PUT', 'PATCH'],
      default: 'POST',
    },
    headers,
    auth,
    tls,
    encoding: {
      title: 'what a request’s body is',
      description: 'What a request’s body is.',
      type: 'string',
      enum: [
        'ndjson',
        'json_array',
        'otlp',
        'loki',
        'elasticsearch_bulk',
        'splunk_hec',
        'clickhouse',
        'prometheus_remote_write',
        'template',
      ],
      default: 'ndjson',
    },
    template,
    resource: { ...resource, description: `${resource.description} Of \`encoding: otlp\`.` },
    labels: {
      title: 'a mapping of label names to texts',
      description:
        'Of the streams of `encoding: loki`, beside `job` and the `name` of the probe or map; of the series of `prometheus_remote_write`, beside `job` and `instance`.',
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
      additionalProperties: { title: 'a text', type: ['string', 'integer'] },
    },
    compression,
    timeout,
    ...delivery,
  },
  required: ['url'],
});
