/**
 * Prometheus' remote write, version 1.0 (prometheus.io/docs/specs/prw/remote_write_spec): maps as series, a sample of each for every time that a map is read. What is a counter only grows, as at a scrape: the same
 * table follows what the kernel gave up and what began anew.
 */
import { hostname } from 'node:os';
import type { Manifest, MapManifest } from '../../compile/manifest.js';
import { metricsOf } from '../../compile/metrics/metric-plan.js';
import { type EncodedEvents, joinedLines } from '../../events/encoding.js';
import type { MapSnapshot } from '../../events/map-snapshot.js';
import { mapTraits } from '../../language/map-kinds.js';
import { packageFile } from '../../package-files.js';
import { type Batch, itemsOf } from '../delivery/batch.js';
import type { ItemEncoder } from '../delivery/transport.js';
import { SeriesTable } from '../prometheus/series-table.js';
import type { BodyForm } from './body.js';

/** A sample, as it waits in a buffer. */
interface SampleItem {
  readonly name: string;
  /** As a page of metrics has them: `a="b",c="d"`. */
  readonly labels: string;
  /** A decimal number, or `+Inf` and `-Inf`. */
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Series of a map; what is beyond is one more, in which all others are added up. */
const mostSeries = 10_000;
/** Items that are handed over together. */
const chunk = 2000;

/** Snapshots → samples. Events make none. */
export function sampleEncoder(pipeline: Pick<Manifest, 'name' | 'description'>): ItemEncoder {
  const tables = new Map<string, SeriesTable>();
  const tableOf = (map: MapManifest): SeriesTable => {
    const known = tables.get(map.name);
    if (known !== undefined) return known;
    const plan = metricsOf({ map, pipeline, options: { metrics: new Map() } });
    const table = new SeriesTable(plan, { series: mostSeries, expireMs: undefined }, Date.now());
    tables.set(map.name, table);
    return table;
  };
  return {
    form: 'samples',
    events: () => ({ bytes: new Uint8Array(), ends: new Uint32Array(), count: 0 }),
    *rows(snapshot) {
      if (mapTraits[snapshot.map.kind].form === 'sequence') return;
      const table = tableOf(snapshot.map);
      const time = Number(snapshot.moment.time / 1_000_000n);
      if (snapshot.map.reset) table.add(snapshot, time);
      else table.collectNow(snapshot, time);
      yield* samplesOf(table, snapshot, time);
    },
  };
}

function* samplesOf(table: SeriesTable, { moment }: MapSnapshot, time: number): Generator<EncodedEvents> {
  let lines: Buffer[] = [];
  for (const { name, samples } of table.families(moment.clockOffset, false)) {
    for (const { suffix, labels, value } of samples) {
      const item: SampleItem = { name: `${name}${suffix}`, labels, value, time };
      lines.push(Buffer.from(`${JSON.stringify(item)}\n`));
      if (lines.length < chunk) continue;
      yield joinedLines(lines);
      lines = [];
    }
  }
  if (lines.length > 0) yield joinedLines(lines);
}

/** `labels`: of all series, beside their own. */
export async function remoteWriteForm(labels: Readonly<Record<string, string>>): Promise<BodyForm> {
  const [{ default: protobuf }, { compressSync }] = await Promise.all([import('protobufjs'), import('snappy')]);
  const definitions = packageFile('proto/prometheus/remote-write-1.0.proto');
  const request = new protobuf.Root().loadSync(definitions).lookupType('prometheus.WriteRequest');
  const common = { job: 'probepipe', instance: hostname(), ...labels };
  return {
    contentType: 'application/x-protobuf',
    headers: { 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' },
    body: (batch) => compressSync(Buffer.from(request.encode({ timeseries: seriesOf(batch, common) }).finish())),
  };
}

interface TimeSeries {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples: { readonly value: number; readonly timestamp: number }[];
}

/** Of each series the samples that are there, in the order of their times. */
function seriesOf(batch: Batch, common: Readonly<Record<string, string>>): TimeSeries[] {
  const series = new Map<string, TimeSeries>();
  for (const bytes of itemsOf(batch)) {
    const item: SampleItem = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    const key = `${item.name}{${item.labels}`;
    let found = series.get(key);
    if (found === undefined) {
      found = { labels: sortedLabels({ ...common, ...parsedLabels(item.labels), __name__: item.name }), samples: [] };
      series.set(key, found);
    }
    found.samples.push({ value: numberOf(item.value), timestamp: item.time });
  }
  return [...series.values()];
}

/** As servers want them; one without a text is as if it were not there. */
const sortedLabels = (labels: Readonly<Record<string, string>>): TimeSeries['labels'] =>
  Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The other way of `labelText`. */
function parsedLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g))
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  return labels;
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
