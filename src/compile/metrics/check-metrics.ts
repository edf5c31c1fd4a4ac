/**
 * Prometheus sinks, and http sinks that write to Prometheus, against the maps that they take: every metric has a name that Prometheus takes and that means one thing, and labels that it can bear. What is wrong is told where the sink says it, or where
 * the map does.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean, listed } from '../../diagnostics/suggest.js';
import { mapTraits } from '../../language/map-kinds.js';
import type { Located, PipelineSpec, SinkSpec } from '../../language/spec.js';
import { isShown, layoutMap, mapManifest } from '../map-layout.js';
import type { TypedMap, TypedPipeline } from '../typed-pipeline.js';
import { checkExemplars } from './check-exemplars.js';
import { checkLabels } from './check-labels.js';
import { checkListen } from './check-listen.js';
import { engineFamilies } from './engine-families.js';
import { nameProblem } from './metric-names.js';
import { metricOptions, type PrometheusMetricOptions } from './metric-options.js';
import { type MapMetrics, type Metric, metricsOf } from './metric-plan.js';

/** What the checks of one sink's map share. */
export interface MetricsCheck {
  readonly sinkSpec: SinkSpec;
  readonly map: TypedMap;
  readonly plan: MapMetrics;
  readonly options: PrometheusMetricOptions;
  readonly sink: DiagnosticSink;
}

export function checkMetrics(
  spec: PipelineSpec,
  { maps, probes }: Pick<TypedPipeline, 'maps' | 'probes'>,
  sink: DiagnosticSink,
): void {
  for (const sinkSpec of spec.sinks) {
    const what = metricSink(sinkSpec);
    if (what === undefined) continue;
    const scraped = sinkSpec.kind.value === 'prometheus';
    if (scraped) checkListen(sinkSpec, sink);
    const [field] = sinkSpec.fields ?? [];
    if (field !== undefined) {
      sink.add('sink-config', `${what} takes maps, which have no fields`, field.span, {
        hints: [
          scraped
            ? '"labels" under "metrics" says what series are told apart by, "from" which maps there are'
            : '"from" says which maps there are; all of their keys are labels',
        ],
      });
    }
    const taken = takenMaps(spec, { sinkSpec, what }, maps, sink);
    const options = metricOptions(sinkSpec.options);
    const checks = taken.map((map): MetricsCheck => {
      const manifest = mapManifest(map, layoutMap(map), { shown: true, evictIndex: -1 });
      const pipeline = { name: spec.name.value, description: spec.description };
      return { sinkSpec, map, plan: metricsOf({ map: manifest, pipeline, options }), options, sink };
    });
    checkPaths(sinkSpec, options, checks, sink);
    const own = scraped ? engineFamilies : [];
    const names = new Map<string, string>(own.map((name) => [name, 'probepipe’s own metrics']));
    for (const check of checks) {
      checkLabels(check);
      checkExemplars(check, probes);
      for (const metric of check.plan.metrics) checkMetric(metric, check, names);
    }
  }
}

/** What a sink is called that makes metrics; `undefined` for others. */
function metricSink({ kind, options }: SinkSpec): string | undefined {
  if (kind.value === 'prometheus') return 'a prometheus sink';
  return kind.value === 'http' && options.encoding === 'prometheus_remote_write' ? 'remote write' : undefined;
}

function takenMaps(
  spec: PipelineSpec,
  { sinkSpec, what }: { readonly sinkSpec: SinkSpec; readonly what: string },
  maps: readonly TypedMap[],
  sink: DiagnosticSink,
): readonly TypedMap[] {
  for (const from of sinkSpec.from ?? []) refuseSource(from, { spec, what }, maps, sink);
  const named = sinkSpec.from?.map(({ value }) => value);
  const taken = maps.filter(
    (map) =>
      mapTraits[map.spec.type.value].form !== 'sequence' &&
      (named === undefined ? isShown(map, spec) : named.includes(map.spec.name.value)),
  );
  if (taken.length === 0 && !sink.failed) {
    sink.add('sink-config', `${what} takes maps, and there is none for it`, sinkSpec.span, {
      hints: [countHint(spec.probes[0]?.name.value ?? 'events')],
    });
  }
  return taken;
}

const countHint = (probe: string): string =>
  `count into a map: "maps: { ${probe}_count: { key: { comm: comm }, value: count } }", with "${probe}_count[comm]: count()" under the probe’s "update"`;

function refuseSource(
  { value, span }: Located<string>,
  { spec, what }: { readonly spec: PipelineSpec; readonly what: string },
  maps: readonly TypedMap[],
  sink: DiagnosticSink,
): void {
  if (spec.probes.some(({ name }) => name.value === value)) {
    sink.add('sink-config', `${what} takes maps, and "${value}" is a probe`, span, {
      hints: [countHint(value)],
    });
  }
  const kind = maps.find((each) => each.spec.name.value === value)?.spec.type.value;
  if (kind === undefined || mapTraits[kind].form !== 'sequence') return;
  sink.add('sink-config', `reading it would empty the ${kind} "${value}", which has no keys to make labels of`, span, {
    hints: ['take maps that count: a hash or an array'],
  });
}

/** What `metrics` names must be there, and what is said of it must fit. */
function checkPaths(
  sinkSpec: SinkSpec,
  options: PrometheusMetricOptions,
  checks: readonly MetricsCheck[],
  sink: DiagnosticSink,
): void {
  const known = [...new Set(checks.flatMap(({ plan }) => [plan.map.name, ...plan.metrics.map(({ path }) => path)]))];
  for (const [path, { labels, buckets }] of options.metrics) {
    const at = placeOf(sinkSpec, `metrics.${path}`);
    const plan = checks.find((check) => check.plan.map.name === path.split('.')[0])?.plan;
    if (plan === undefined || !known.includes(path)) {
      sink.add('name-unknown', `the sink has no metrics of "${path}"`, at, {
        hints: [...didYouMean(path, known), ...listed('it has those of', known)],
      });
      continue;
    }
    if (labels !== undefined && path !== plan.map.name) {
      sink.add(
        'metric-label',
        'all of a map’s metrics have the same labels',
        placeOf(sinkSpec, `metrics.${path}.labels`),
        {
          hints: [`say it of the map: metrics: { ${plan.map.name}: { labels: … } }`],
        },
      );
    }
    const mine = plan.metrics.filter((metric) => path === plan.map.name || metric.path === path);
    if (buckets === undefined) continue;
    const place = placeOf(sinkSpec, `metrics.${path}.buckets`);
    if (!mine.some((metric) => metric.kind === 'histogram')) {
      sink.add('bad-value', `"${path}" is no histogram, and has no buckets`, place);
    } else if (buckets.min !== undefined && buckets.max !== undefined && buckets.min >= buckets.max) {
      sink.add('bad-value', '"min" must be less than "max"', place);
    } else {
      const kinds = new Set(mine.map((metric) => plan.map.value[memberOf(metric)]?.aggregation));
      if (kinds.has('hist')) continue;
      const own = kinds.has('bhist') ? 'buckets of a bhist are the bounds' : 'buckets of an lhist are the steps';
      sink.add('bad-value', `the ${own} of its update`, place);
    }
  }
}

const memberOf = ({ source }: Metric): number => ('value' in source ? source.value : -1);

function checkMetric(metric: Metric, check: MetricsCheck, names: Map<string, string>): void {
  const { sinkSpec, sink, plan, options } = check;
  const place = metricPlace(check, metric.path);
  const hints = [`give it another: metrics: { ${metric.path}: { name: … } }`];
  const problem = nameProblem(metric.name);
  if (problem !== undefined)
    sink.add('metric-name', `"${metric.name}" cannot be the name of a metric: ${problem}`, place, { hints });
  const other = names.get(metric.name);
  if (other !== undefined)
    sink.add('metric-name', `"${metric.path}" and ${other} would both be "${metric.name}"`, place, { hints });
  names.set(metric.name, `"${metric.path}"`);
  const unit = options.metrics.get(metric.path)?.unit;
  const slot = plan.map.value[memberOf(metric)];
  const as = slot === undefined || slot.aggregation === 'count' || slot.aggregation === 'value' ? undefined : slot.as;
  if (as === 'duration' && unit !== undefined && !['ns', 's'].includes(unit) && slot !== undefined) {
    const at = sinkSpec.optionTexts?.get(`metrics.${metric.path}.unit`)?.span ?? place;
    sink.add('bad-value', `"${metric.path}" is a duration, which is shown in seconds, not in ${unit}`, at, {
      hints: ['leave "unit" out: it is for plain numbers'],
    });
  }
  if (metric.merge === 'none' && plan.dropped.length > 0) {
    sink.add(
      'metric-label',
      `entries that become one have no one "${metric.path}", which is computed from each`,
      place,
      {
        hints: [`its labels leave out ${plan.dropped.map((each) => `"${each}"`).join(' and ')}`],
      },
    );
  }
}

/** Where the sink speaks of the metric, or else where the map is declared. */
function metricPlace({ sinkSpec, map }: MetricsCheck, path: string): Span {
  const { optionTexts, optionKeys } = sinkSpec;
  return (
    optionTexts?.get(`metrics.${path}.name`)?.span ??
    optionKeys?.get(`metrics.${path}`) ??
    optionTexts?.get('prefix')?.span ??
    map.spec.name.span
  );
}

const placeOf = ({ optionKeys, span }: SinkSpec, path: string): Span => optionKeys?.get(path) ?? span;
