/** `metrics` of otlp sinks against the maps that they take: what is named must be there, two metrics may not be one, and a unit must be one that the numbers can be told in. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean, listed } from '../../diagnostics/suggest.js';
import { mapTraits } from '../../language/map-kinds.js';
import type { PipelineSpec, SinkSpec } from '../../language/spec.js';
import { isShown, layoutMap, mapManifest } from '../map-layout.js';
import type { TypedPipeline } from '../typed-pipeline.js';
import { type MapMetrics, type Metric, metricsOf } from './metric-plan.js';
import { type OtlpMetrics, otlpMetric, otlpMetrics, sharedOptions, timeUnits } from './otlp-metrics.js';

export function checkOtlpMetrics(
  spec: PipelineSpec,
  { maps }: Pick<TypedPipeline, 'maps'>,
  sink: DiagnosticSink,
): void {
  for (const sinkSpec of spec.sinks) {
    if (sinkSpec.kind.value !== 'otlp' || sinkSpec.options.metrics === undefined) continue;
    const options = otlpMetrics(sinkSpec.options);
    const named = sinkSpec.from?.map(({ value }) => value);
    const taken = maps.filter(
      (map) =>
        mapTraits[map.spec.type.value].form !== 'sequence' &&
        (named === undefined ? isShown(map, spec) : named.includes(map.spec.name.value)),
    );
    const pipeline = { name: spec.name.value, description: spec.description };
    const plans = taken.map((map) => {
      const manifest = mapManifest(map, layoutMap(map), { shown: true, evictIndex: -1 });
      return metricsOf({ map: manifest, pipeline, options: sharedOptions(options) });
    });
    new OtlpCheck(sinkSpec, options, plans, sink).check();
  }
}

class OtlpCheck {
  constructor(
    private readonly sinkSpec: SinkSpec,
    private readonly options: OtlpMetrics,
    private readonly plans: readonly MapMetrics[],
    private readonly sink: DiagnosticSink,
  ) {}

  check(): void {
    this.checkPaths();
    const names = new Map<string, string>();
    for (const plan of this.plans) {
      this.checkAttributes(plan);
      for (const metric of plan.metrics) {
        this.checkName(metric, names);
        this.checkUnit(metric, plan);
      }
    }
  }

  private checkPaths(): void {
    const known = [
      ...new Set(this.plans.flatMap(({ map, metrics }) => [map.name, ...metrics.map(({ path }) => path)])),
    ];
    for (const [path, { attributes }] of this.options) {
      if (!known.includes(path)) {
        this.sink.add('name-unknown', `the sink has no metrics of "${path}"`, this.place(path), {
          hints: [...didYouMean(path, known), ...listed('it has those of', known)],
        });
      } else if (attributes.size > 0 && path.includes('.')) {
        this.sink.add(
          'sink-config',
          'all of a map’s metrics have the same attributes',
          this.place(path, 'attributes'),
          {
            hints: [`say it of the map: metrics: { ${path.split('.')[0]}: { attributes: … } }`],
          },
        );
      }
    }
  }

  /** Data points of equal attributes would be one to whoever takes them. */
  private checkAttributes({ map, labels }: MapMetrics): void {
    const { attributes } = otlpMetric(map.name, this.options);
    const known = labels.map(({ of }) => of);
    for (const of of attributes.keys()) {
      if (known.includes(of)) continue;
      this.sink.add(
        'name-unknown',
        `"${map.name}" has no "${of}" that could be an attribute`,
        this.place(map.name, `attributes.${of}`),
        {
          hints: [...didYouMean(of, known), ...listed('it has', known)],
        },
      );
    }
    const used = new Map<string, string>();
    for (const of of known) {
      const name = attributes.get(of) ?? of;
      const other = used.get(name);
      if (other !== undefined)
        this.sink.add(
          'sink-config',
          `"${other}" and "${of}" would both be the attribute "${name}"`,
          this.place(map.name, 'attributes'),
        );
      used.set(name, of);
    }
  }

  private checkName({ path }: Metric, names: Map<string, string>): void {
    const { name } = otlpMetric(path, this.options);
    if (name === undefined) return;
    const other = names.get(name);
    if (other !== undefined && other !== path)
      this.sink.add('metric-name', `"${path}" and "${other}" would both be "${name}"`, this.place(path, 'name'));
    names.set(name, path);
  }

  private checkUnit({ path, unit, kind, source }: Metric, { map }: MapMetrics): void {
    const given = otlpMetric(path, this.options).unit;
    if (given === undefined || !unit.suffix.endsWith('seconds')) return;
    const aggregation = 'value' in source ? map.value[source.value]?.aggregation : undefined;
    if (!timeUnits.includes(given)) {
      this.sink.add(
        'bad-value',
        `"${path}" is a time, which is told in ${timeUnits.join(', ')}, not in "${given}"`,
        this.place(path, 'unit'),
      );
    } else if (kind === 'histogram' && aggregation === 'hist' && given !== 'ns') {
      this.sink.add(
        'bad-value',
        `the buckets of "${path}" are powers of two of a nanosecond, and of no other unit`,
        this.place(path, 'unit'),
        {
          hints: ['count into buckets with bounds of your own: value: bhist, and bhist(duration, 5ms, 10ms, 25ms)'],
        },
      );
    }
  }

  /** Where the sink says it of the metric, or else of its map. */
  private place(path: string, option?: string): Span {
    const { optionKeys, optionTexts, span } = this.sinkSpec;
    const [map = ''] = path.split('.');
    for (const at of [path, map]) {
      const whole = option === undefined ? `metrics.${at}` : `metrics.${at}.${option}`;
      const found = optionTexts?.get(whole)?.span ?? optionKeys?.get(whole);
      if (found !== undefined) return found;
    }
    return optionKeys?.get(`metrics.${map}`) ?? span;
  }
}
