/** The options of `http` as schema/http-sink.ts describes them. */
import { deliveryOptions } from '../delivery/delivery-options.js';
import type { Options } from '../option-values.js';
import { encodings } from './body.js';
import type { HttpOptions } from './http.js';
import { requestOptions } from './request-options.js';

/** Throws a `SinkError` where a file of a certificate cannot be read. */
export function httpOptions(name: string, given: Options): HttpOptions {
  return {
    ...deliveryOptions(name, given),
    ...requestOptions(name, given),
    url: given.text('url') ?? '',
    urlIsSecret: given.secret('url'),
    method: given.choice('method', ['POST', 'PUT', 'PATCH']) ?? 'POST',
    encoding: given.has('template') ? 'template' : (given.choice('encoding', encodings) ?? 'ndjson'),
    template: given.text('template'),
    labels: given.texts('labels'),
  };
}
