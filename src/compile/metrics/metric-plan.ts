/**
 * A map's manifest → the metrics that a prometheus sink makes of it: which are counters, gauges, summaries and histograms, their names and units, and what their labels are taken from. Used by `lint`, which
 * tells what is wrong with them, and by the sink, which fills them. Values without a number make no metric.
 */
import type { AggregateSlot, ColumnManifest, MapManifest, Presentation, ValueType } from '../manifest.js';
import { keyNames, valueNames } from '../map-columns.js';
import { bucketsOf, type MetricBucket } from './metric-buckets.js';
import { metricName } from './metric-names.js';
import type { MetricOptions, PrometheusMetricOptions } from './metric-options.js';
import { type MetricUnit, unitNamed, unitOf } from './metric-units.js';

export interface LabelSource {
  readonly name: string;
  /** What the map shows it as. */
  readonly of: string;
  readonly from: 'key' | 'value' | 'column';
  readonly index: number;
}

/** How entries of the map become one where they have equal labels; `none`: they cannot. */
export type Merge = 'sum' | 'min' | 'max' | 'none';

export interface Metric {
  /** Without `_total`, `_sum`, `_bucket`. */
  readonly name: string;
  readonly help: string;
  readonly unit: MetricUnit;
  /** Where its own options stand: `map`, or `map.member`. */
  readonly path: string;
  readonly merge: Merge;
  readonly kind: 'counter' | 'gauge' | 'summary' | 'histogram';
  /** In the row: a member of the value, or a column. */
  readonly source: { readonly value: number; readonly part: 'value' | 'min' | 'max' } | { readonly column: number };
  /** Of gauges that are points in time. */
  readonly timestamp: boolean;
  /** Of histograms: whether the map keeps the sum of what was counted. */
  readonly summed: boolean;
  /** Of histograms; `+Inf` is not among them. */
  readonly buckets: readonly MetricBucket[];
}

export interface MapMetrics {
  readonly map: MapManifest;
  readonly labels: readonly LabelSource[];
  /** What `labels` could name. */
  readonly possibleLabels: readonly LabelSource[];
  /** Parts of the key that are no labels, so that entries become one. */
  readonly dropped: readonly string[];
  readonly metrics: readonly Metric[];
}

interface Naming {
  readonly map: MapManifest;
  readonly pipeline: { readonly name: string; readonly description: string };
  readonly options: PrometheusMetricOptions;
}

export function metricsOf(naming: Naming): MapMetrics {
  const { map, options } = naming;
  const keys = keyNames(map).map((name, index): LabelSource => ({ name, of: name, from: 'key', index }));
  const texts = textSources(map);
  // An array of one entry is one number: its index says nothing.
  const single = (map.kind === 'array' || map.kind === 'percpu_array') && map.maxEntries === 1;
  const byDefault = [...(single ? [] : keys), ...texts.filter(({ from }) => from === 'column')];
  const wanted = options.metrics.get(map.name)?.labels;
  const possibleLabels = [...keys, ...texts];
  const labels = wanted === undefined ? byDefault : named(wanted, possibleLabels);
  return {
    map,
    labels,
    possibleLabels,
    dropped: single ? [] : keys.filter(({ of }) => !labels.some((each) => each.of === of)).map(({ of }) => of),
    metrics: [
      ...map.value.flatMap((slot, index) => ofSlot(slot, index, naming)),
      ...(map.columns ?? []).flatMap((column, index) => ofColumn(column, index, naming)),
    ],
  };
}

function named(wanted: ReadonlyMap<string, string>, possible: readonly LabelSource[]): LabelSource[] {
  return [...wanted].flatMap(([of, name]) => {
    const source = possible.find((each) => each.of === of);
    return source === undefined ? [] : [{ ...source, name }];
  });
}

/** Members and columns that are shown as a text. */
function textSources(map: MapManifest): LabelSource[] {
  const names = valueNames(map);
  return [
    ...map.value.flatMap((slot, index): LabelSource[] =>
      slot.aggregation === 'value' && !isNumber(slot.type) && !isStack(slot.type)
        ? [labelled(names[index]?.[0] ?? slot.name, 'value', index)]
        : [],
    ),
    ...(map.columns ?? []).flatMap(({ name, text }, index): LabelSource[] =>
      text === true ? [labelled(name, 'column', index)] : [],
    ),
  ];
}

const labelled = (name: string, from: LabelSource['from'], index: number): LabelSource => ({
  name,
  of: name,
  from,
  index,
});

const isStack = ({ kind }: ValueType): boolean => kind === 'kstack' || kind === 'ustack';

/** Error numbers and signals are shown as names, addresses as they are: they are no quantities. */
function isNumber(type: ValueType): boolean {
  return type.kind === 'bool' || (type.kind === 'int' && isQuantity(type.as));
}

const isQuantity = (as: Presentation | undefined): boolean =>
  as === undefined || as === 'duration' || as === 'timestamp';

type Shape = Pick<Metric, 'kind' | 'merge'> & { readonly part?: 'min' | 'max'; readonly what: string };

function shapesOf(slot: AggregateSlot): readonly Shape[] {
  switch (slot.aggregation) {
    case 'count':
      return [{ kind: 'counter', merge: 'sum', what: 'count' }];
    case 'sum':
      return [{ kind: slot.signed ? 'gauge' : 'counter', merge: 'sum', what: 'sum' }];
    case 'min':
      return [{ kind: 'gauge', merge: 'min', what: 'smallest' }];
    case 'max':
      return [{ kind: 'gauge', merge: 'max', what: 'largest' }];
    case 'avg':
      return [{ kind: 'summary', merge: 'sum', what: 'sum and count' }];
    case 'stats':
      return [
        { kind: 'summary', merge: 'sum', what: 'sum and count' },
        { kind: 'gauge', merge: 'min', part: 'min', what: 'smallest' },
        { kind: 'gauge', merge: 'max', part: 'max', what: 'largest' },
      ];
    case 'hist':
    case 'lhist':
    case 'bhist':
      return [{ kind: 'histogram', merge: 'sum', what: 'distribution' }];
    case 'value':
      return isNumber(slot.type) ? [{ kind: 'gauge', merge: mergeOf(slot.type), what: 'value' }] : [];
  }
}

/** Amounts add up; the last of several times is the latest. */
const mergeOf = (type: ValueType): Merge => (type.kind === 'int' && type.as !== 'timestamp' ? 'sum' : 'max');

function ofSlot(slot: AggregateSlot, value: number, naming: Naming): Metric[] {
  const as = presentationOf(slot);
  const path = slot.name === '' ? naming.map.name : `${naming.map.name}.${slot.name}`;
  const options = optionsOf(path, slot.name, naming.options);
  const unit = options.unit === undefined ? unitOf(as) : unitNamed(options.unit);
  return shapesOf(slot).map(({ kind, merge, part, what }) => ({
    name: metricName({ naming, options, member: slot.name, part: part ?? '', unit }),
    help: options.help ?? helpOf(path, what, naming),
    unit,
    path,
    merge,
    kind,
    source: { value, part: part ?? 'value' },
    timestamp: as === 'timestamp',
    // A sum that may fall is none for Prometheus, nor for OTLP.
    summed: slot.aggregation === 'bhist' && !slot.signed,
    buckets: bucketsOf(slot, unit, options.buckets ?? {}),
  }));
}

function presentationOf(slot: AggregateSlot): Presentation | undefined {
  if (slot.aggregation === 'count') return undefined;
  if (slot.aggregation !== 'value') return slot.as;
  return slot.type.kind === 'int' ? slot.type.as : undefined;
}

function ofColumn(column: ColumnManifest, index: number, naming: Naming): Metric[] {
  if (column.text === true || !isQuantity(column.as)) return [];
  const path = `${naming.map.name}.${column.name}`;
  const options = optionsOf(path, column.name, naming.options);
  const unit = options.unit === undefined ? unitOf(column.as) : unitNamed(options.unit);
  return [
    {
      name: metricName({ naming, options, member: column.name, part: '', unit }),
      help: options.help ?? helpOf(path, 'computed', naming),
      unit,
      path,
      merge: 'none',
      kind: 'gauge',
      source: { column: index },
      timestamp: column.as === 'timestamp',
      summed: false,
      buckets: [],
    },
  ];
}

/** What is said of the map holds for its members as well, but for the names. */
function optionsOf(path: string, member: string, { metrics }: PrometheusMetricOptions): MetricOptions {
  const [map = ''] = path.split('.');
  const ofMap = metrics.get(map) ?? {};
  if (path === map) return ofMap;
  const { name, ...shared } = ofMap;
  return { ...shared, ...(name === undefined ? {} : { name: `${name}_${member}` }), ...metrics.get(path) };
}

function helpOf(path: string, what: string, { pipeline }: Naming): string {
  return `${pipeline.description === '' ? pipeline.name : pipeline.description}: ${path}, ${what}`;
}
