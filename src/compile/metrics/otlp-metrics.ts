/** What an otlp sink's options say of its metrics, out of the options as they stand in the YAML: the schema has checked them. */
import { mapping, type PrometheusMetricOptions } from './metric-options.js';

/** Of a map, or of a member of its value, or of a column. */
export interface OtlpMetric {
  readonly name?: string;
  readonly help?: string;
  readonly unit?: string;
  /** Of a map only: what it shows → the attribute's name. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** By `map`, and `map.member`. */
export type OtlpMetrics = ReadonlyMap<string, OtlpMetric>;

type Given = Readonly<Record<string, unknown>>;

export function otlpMetrics(options: Given): OtlpMetrics {
  return new Map(Object.entries(mapping(options.metrics)).map(([path, each]) => [path, ofMetric(mapping(each))]));
}

function ofMetric({ name, help, unit, attributes }: Given): OtlpMetric {
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof help === 'string' ? { help } : {}),
    ...(typeof unit === 'string' ? { unit } : {}),
    attributes: new Map(Object.entries(mapping(attributes)).map(([of, attribute]) => [of, String(attribute)])),
  };
}

/** What is said of the map holds for its members as well, and its name stands before theirs. */
export function otlpMetric(path: string, metrics: OtlpMetrics): OtlpMetric {
  const [map = '', member] = path.split('.');
  const { name, ...shared } = metrics.get(map) ?? { attributes: new Map() };
  if (member === undefined) return { ...shared, ...(name === undefined ? {} : { name }) };
  return { ...shared, ...(name === undefined ? {} : { name: `${name}.${member}` }), ...metrics.get(path) };
}

/** The parts that both kinds of sinks read in the same way. */
export function sharedOptions(metrics: OtlpMetrics): PrometheusMetricOptions {
  return {
    metrics: new Map([...metrics].map(([path, { help }]) => [path, help === undefined ? {} : { help }])),
  };
}

/** Powers of ten of nanoseconds; other units are told and not converted. */
const timeDigits: ReadonlyMap<string, number> = new Map([
  ['ns', 0],
  ['us', 3],
  ['ms', 6],
  ['s', 9],
]);

export const timeUnits: readonly string[] = [...timeDigits.keys()];

/** What a time in nanoseconds is divided by: 10 to this power. */
export const digitsOf = (unit: string | undefined): number => timeDigits.get(unit ?? 'ns') ?? 0;
