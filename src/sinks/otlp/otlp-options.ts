/** The options of `otlp` as schema/otlp-sink.ts describes them, and those of `http` with `encoding: otlp`. */
import { otlpMetrics } from '../../compile/metrics/otlp-metrics.js';
import { deliveryOptions } from '../delivery/delivery-options.js';
import { requestOptions } from '../http/request-options.js';
import type { Options } from '../option-values.js';
import { otlpEncodings } from './codec.js';
import type { OtlpOptions } from './otlp.js';

/** Throws a `SinkError` where a file of a certificate cannot be read. */
export function otlpOptions(name: string, given: Options, raw: Readonly<Record<string, unknown>>): OtlpOptions {
  const option = given.has('url') ? 'url' : 'endpoint';
  return {
    ...deliveryOptions(name, given),
    ...requestOptions(name, given),
    endpointOption: option,
    endpoint: given.text(option) ?? '',
    endpointIsSecret: given.secret(option),
    encoding: option === 'url' ? 'protobuf' : (given.choice('encoding', otlpEncodings) ?? 'protobuf'),
    resource: given.texts('resource'),
    metrics: otlpMetrics(raw),
  };
}
