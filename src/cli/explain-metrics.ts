/** What `explain` tells of a prometheus sink: the metrics that it will have, so that dashboards can be made before it runs. */
import type { Manifest, SinkManifest } from '../compile/manifest.js';
import { metricOptions } from '../compile/metrics/metric-options.js';
import { type MapMetrics, type Metric, metricsOf } from '../compile/metrics/metric-plan.js';
import { mapTraits } from '../language/map-kinds.js';

export function metricLines(manifest: Manifest): string[] {
  return manifest.sinks
    .filter(({ kind }) => kind === 'prometheus')
    .flatMap((sink) => ['', sinkLine(sink), ...ofSink(manifest, sink)]);
}

/** References to the environment are shown as they are written. */
function sinkLine({ name, options }: SinkManifest): string {
  const { listen = '127.0.0.1:9435', path = '/metrics' } = options;
  return `sink ${name}: metrics at ${listen}, ${path}`;
}

function ofSink(manifest: Manifest, sink: SinkManifest): string[] {
  const options = metricOptions(sink.options);
  return manifest.maps
    .filter((map) => map.shown && sink.from.includes(map.name) && mapTraits[map.kind].form !== 'sequence')
    .flatMap((map) => {
      const plan = metricsOf({ map, pipeline: manifest, options });
      return plan.metrics.map((metric) => `  ${metric.kind.padEnd(9)}  ${metricText(metric, plan)}`);
    });
}

function metricText({ name, kind, buckets }: Metric, { labels }: MapMetrics): string {
  const shown = labels.length === 0 ? '' : `{${labels.map((label) => label.name).join(', ')}}`;
  if (kind !== 'histogram') return `${name}${kind === 'counter' ? '_total' : ''}${shown}`;
  const [first, last] = [buckets[0]?.le, buckets.at(-1)?.le];
  return `${name}${shown}, ${buckets.length} buckets from ${first} to ${last}, and one above`;
}
