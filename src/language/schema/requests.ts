// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
/** The options that all sinks have in common that send over HTTP; sinks/http/request-options.ts and sinks/delivery/delivery-options.ts read them. */
import { deliveryOptions } from './delivery.js';
import type { JsonSchema } from './json-schema.js';
import { duration, filePath, group } from './values.js';

const secret: JsonSchema = { title: 'a text', type: ['string', 'integer'] };

const { retry, ...delivery } = deliveryOptions;

/** Or what a variable or file holds. */
export const urlPattern = '^([hH][tT][tT][pP][sS]?://.|.*\\$\\{)';

/** `retried`: statuses after which a request is tried again where none are listed. */
export const requestOptions = (retried: string) =>
  ({
    headers: {
      title: 'a mapping of header names to values',
      description: 'Sent with every request. ${NAME} and ${file:PATH} are filled in.',
      type: 'object',
      propertyNames: { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
      additionalProperties: { title: 'a text', type: ['string', 'integer'] },
    },
    auth: {
      ...group('Who sends: one of the two.', {
        basic: group(
          '',
          {
            username: { ...secret, description: 'The user’s name.' },
            password: { ...secret, description: 'Best as ${NAME} or ${file:PATH}.' },
          },
          ['username', 'password'],
        ),
        bearer: { ...secret, description: 'A token; best as ${NAME} or ${file:PATH}.' },
      }),
      minProperties: 1,
      maxProperties: 1,
    },
    tls: group('Of https:// URLs.', {
      ca: {
        ...filePath,
        description: 'Authorities, in PEM, that the server’s certificate may be of, instead of the system’s.',
      },
      cert: { ...filePath, description: 'The certificate that probepipe shows, in PEM.' },
      key: { ...filePath, description: 'Its key, in PEM.' },
      verify: {
        title: 'true or false',
        description: 'Whether the server must have a valid certificate of its name. Turned off, every run warns.',
        type: 'boolean',
        default: true,
      },
      server_name: {
        title: 'a text',
        description: 'The name that the certificate is to be of; the URL’s where it is missing.',
        type: 'string',
      },
    }),
    compression: {
      title: 'gzip, zstd or none',
      description: 'How bodies are compressed; not every server takes zstd.',
      type: 'string',
      enum: ['gzip', 'zstd', 'none'],
      default: 'gzip',
    },
    timeout: { ...duration, description: 'How long one request may take.', default: '10s' },
    ...delivery,
    retry: {
      ...retry,
      title: `${retry.title}, statuses`,
      properties: {
        ...retry.properties,
        statuses: {
          title: 'a list of HTTP statuses',
          description: `After which a request is tried again; ${retried} where it is missing.`,
          type: 'array',
          items: { title: 'a status from 300 to 599', type: 'integer', minimum: 300, maximum: 599 },
        },
      },
    },
  }) as const satisfies Readonly<Record<string, JsonSchema>>;
