/** What other programs call their sinks, outputs and exporters, and what that is called here. */

const http = (encoding: string): string => `that is the http sink: http: { url: …, encoding: ${encoding} }`;

const meant: ReadonlyMap<string, string> = new Map([
  ['console', 'that is "stdout"'],
  ['stderr', 'that is "stdout": events and results go there, everything else to standard error'],
  ['print', 'that is "stdout"'],
  ['loki', http('loki')],
  ['elasticsearch', http('elasticsearch_bulk')],
  ['es', http('elasticsearch_bulk')],
  ['opensearch', http('elasticsearch_bulk')],
  ['splunk', http('splunk_hec')],
  ['splunk_hec', http('splunk_hec')],
  ['splunk_hec_logs', http('splunk_hec')],
  ['clickhouse', http('clickhouse')],
  ['prometheus_remote_write', http('prometheus_remote_write')],
  ['prometheusremotewrite', http('prometheus_remote_write')],
  ['remote_write', http('prometheus_remote_write')],
  ['victoriametrics', http('prometheus_remote_write')],
  ['victorialogs', http('ndjson')],
  ['vector', http('ndjson')],
  ['webhook', http('json_array')],
  ['prometheus_exporter', 'that is "prometheus"'],
  ['opentelemetry', 'that is "otlp"'],
  ['otlphttp', 'that is "otlp"'],
]);

/** As a list of at most one hint. */
export function sinkMeantBy(kind: string): string[] {
  const hint = meant.get(kind.toLowerCase());
  return hint === undefined ? [] : [hint];
}
