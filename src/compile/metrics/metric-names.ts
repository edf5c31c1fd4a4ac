/** Names of metrics and labels by Prometheus' rules (prometheus.io/docs/concepts/data_model) and conventions (docs/practices/naming). */
import type { MapManifest } from '../manifest.js';
import type { MetricOptions, PrometheusMetricOptions } from './metric-options.js';
import type { MetricUnit } from './metric-units.js';

interface NameParts {
  readonly naming: {
    readonly map: MapManifest;
    readonly pipeline: { readonly name: string };
    readonly options: PrometheusMetricOptions;
  };
  readonly options: MetricOptions;
  /** Empty for a value without members. */
  readonly member: string;
  /** `min`, `max`, or nothing. */
  readonly part: string;
  readonly unit: MetricUnit;
}

/** `probepipe_opens_latency_seconds`: without what a kind of metric puts behind it, such as `_total`. */
export function metricName({ naming, options, member, part, unit }: NameParts): string {
  const words = (...parts: readonly string[]): string => parts.filter((each) => each !== '').join('_');
  if (options.name !== undefined) return withUnit(words(withoutEnd(options.name, unit.suffix), part), unit);
  const { map, pipeline } = naming;
  const prefix = naming.options.prefix ?? `probepipe_${metricWord(pipeline.name)}`;
  const own = words(map.name, member);
  return withUnit(words(prefix, unit.suffix === 'seconds' ? withoutTimeUnit(own) : own, part), unit);
}

/** What a pipeline may be called and a metric may not: `tcp-connect` becomes `tcp_connect`. */
export function metricWord(name: string): string {
  return name.replace(/[^A-Za-z0-9_]+/g, '_');
}

/** `usecs` and `wait_us` are said by `_seconds` already. */
function withoutTimeUnit(name: string): string {
  return name.replace(/(^|_)(ns|us|ms|nsecs?|usecs?|msecs?|nanoseconds|microseconds|milliseconds)$/, '');
}

function withoutEnd(name: string, end: string): string {
  return end !== '' && name.endsWith(`_${end}`) ? name.slice(0, -end.length - 1) : name;
}

function withUnit(name: string, { suffix }: MetricUnit): string {
  const base = name.replace(/_total$/, '');
  if (suffix === '' || base === suffix || base.endsWith(`_${suffix}`)) return base;
  return `${base}_${suffix}`;
}

/** What a kind of metric puts behind its name belongs to that kind alone. */
const reservedEnds = /_(total|sum|count|bucket|created|info|gsum|gcount)$/;

/** Why Prometheus, or whoever reads the page, would refuse the name; `undefined` where it is right. */
export function nameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_:][A-Za-z0-9_:]*$/.test(name)) return 'it has letters, digits and _, and begins with no digit';
  const end = reservedEnds.exec(name)?.[0];
  return end === undefined ? undefined : `"${end}" is put behind names by Prometheus itself`;
}

/** Labels that mean something to Prometheus. */
export function labelProblem(name: string): string | undefined {
  if (name.startsWith('__')) return 'names that begin with __ are Prometheus’ own';
  if (name === 'le' || name === 'quantile') return `"${name}" tells the buckets of histograms apart`;
  return name === overflowLabel ? 'it marks the series of what is beyond the limit' : undefined;
}

/** The one label of the series that holds what is beyond the limit. */
export const overflowLabel = 'probepipe_overflow';
