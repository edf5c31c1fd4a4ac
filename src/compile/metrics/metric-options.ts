/** What a prometheus sink's options say of its metrics, out of the options as they stand in the YAML: the schema has checked them. */
import { durationUnits, sizeUnits } from '../../language/units.js';
import type { BucketRange } from './metric-buckets.js';

/** Of a map, of a member of its value, or of a column. */
export interface MetricOptions {
  readonly name?: string;
  readonly help?: string;
  readonly unit?: string;
  /** Of a map only: what it shows → the label's name. */
  readonly labels?: ReadonlyMap<string, string>;
  readonly buckets?: BucketRange;
  readonly exemplars?: ExemplarOptions;
}

export interface ExemplarOptions {
  readonly probe: string;
  /** The field that was counted; missing for counters. */
  readonly value?: string;
  /** Fields; missing for all others. */
  readonly labels?: readonly string[];
}

export interface PrometheusMetricOptions {
  /** Before the name of every metric; missing for `probepipe_` and the pipeline's name. */
  readonly prefix?: string;
  /** By `map`, and `map.member`. */
  readonly metrics: ReadonlyMap<string, MetricOptions>;
}

type Given = Readonly<Record<string, unknown>>;

export function metricOptions(options: Given): PrometheusMetricOptions {
  const { prefix } = options;
  const metrics = Object.entries(mapping(options.metrics)).map(([path, each]): [string, MetricOptions] => [
    path,
    ofMetric(mapping(each)),
  ]);
  return { metrics: new Map(metrics), ...(typeof prefix === 'string' ? { prefix } : {}) };
}

function ofMetric({ name, help, unit, labels, buckets, exemplars }: Given): MetricOptions {
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof help === 'string' ? { help } : {}),
    ...(typeof unit === 'string' ? { unit } : {}),
    ...(labels === undefined ? {} : { labels: ofLabels(labels) }),
    ...(buckets === undefined ? {} : { buckets: ofBuckets(mapping(buckets)) }),
    ...(exemplars === undefined ? {} : { exemplars: ofExemplars(mapping(exemplars)) }),
  };
}

/** A list names them as the map does. */
function ofLabels(labels: unknown): ReadonlyMap<string, string> {
  if (Array.isArray(labels)) return new Map(labels.map((each) => [String(each), String(each)]));
  return new Map(Object.entries(mapping(labels)).map(([of, name]) => [of, String(name)]));
}

function ofExemplars({ probe, value, labels }: Given): ExemplarOptions {
  return {
    probe: String(probe),
    ...(typeof value === 'string' ? { value } : {}),
    ...(Array.isArray(labels) ? { labels: labels.map(String) } : {}),
  };
}

function ofBuckets({ min, max }: Given): BucketRange {
  const [low, high] = [quantity(min), quantity(max)];
  return { ...(low === undefined ? {} : { min: low }), ...(high === undefined ? {} : { max: high }) };
}

/** A number, a duration in seconds, a size in bytes. */
function quantity(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  const match = typeof value === 'string' ? /^(-?[0-9]+(?:[.][0-9]+)?)([A-Za-z]+)$/.exec(value.trim()) : null;
  if (match === null) return undefined;
  const [, digits, unit = ''] = match;
  const time = durationUnits.get(unit);
  if (time !== undefined) return (Number(digits) * Number(time)) / 1e9;
  const size = sizeUnits.get(unit);
  return size === undefined ? undefined : Number(digits) * Number(size);
}

/** What the schema has found to be one; empty where it is missing. */
export function mapping(value: unknown): Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
