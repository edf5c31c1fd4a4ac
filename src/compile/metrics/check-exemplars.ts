/** `exemplars` of a metric: events of a probe that have the metric's labels among their fields, so that it is known which series each of them was counted in. */
import type { Span } from '../../diagnostics/source.js';
import { didYouMean, listed } from '../../diagnostics/suggest.js';
import { describeType } from '../../language/expression/describe.js';
import type { TypedProbe } from '../typed-pipeline.js';
import type { MetricsCheck } from './check-metrics.js';
import type { ExemplarOptions } from './metric-options.js';

export function checkExemplars(check: MetricsCheck, probes: readonly TypedProbe[]): void {
  const { plan, options, sinkSpec, sink } = check;
  for (const [path, { exemplars }] of options.metrics) {
    if (exemplars === undefined || path.split('.')[0] !== plan.map.name) continue;
    const place = (key: string): Span =>
      sinkSpec.optionTexts?.get(`metrics.${path}.exemplars.${key}`)?.span ??
      sinkSpec.optionKeys?.get(`metrics.${path}.exemplars`) ??
      sinkSpec.span;
    const metrics = plan.metrics.filter(
      (each) => each.path === path && each.kind !== 'gauge' && each.kind !== 'summary',
    );
    if (metrics.length === 0) {
      sink.add('bad-value', `"${path}" is no count and no histogram, and has no exemplars`, place(''));
      continue;
    }
    const probe = probes.find((each) => each.name === exemplars.probe);
    if (probe === undefined || probe.fields.length === 0) {
      const emitting = probes.filter(({ fields }) => fields.length > 0).map(({ name }) => name);
      const message =
        probe === undefined
          ? `there is no probe "${exemplars.probe}"`
          : `the probe "${exemplars.probe}" has no "fields", and so no events`;
      sink.add('name-unknown', message, place('probe'), {
        hints: [...didYouMean(exemplars.probe, emitting), ...listed('those with events are', emitting)],
      });
      continue;
    }
    checkFields(check, probe, exemplars, place);
    if (metrics.some(({ kind }) => kind === 'histogram') && exemplars.value === undefined) {
      sink.add('missing-key', `the exemplars of "${path}" need "value"`, place(''), {
        hints: ['"value" is the field with the number that the histogram counted'],
      });
    }
  }
}

function checkFields(
  { plan, sink }: MetricsCheck,
  probe: TypedProbe,
  { value, labels = [] }: ExemplarOptions,
  place: (key: string) => Span,
): void {
  const known = probe.fields.map(({ name }) => name);
  const missing = (name: string, at: Span): void =>
    sink.add('name-unknown', `the probe "${probe.name}" has no field "${name}"`, at, {
      hints: [...didYouMean(name, known), ...listed('it has', known)],
    });
  labels.forEach((name, index) => {
    if (!known.includes(name)) missing(name, place(`labels.${index}`));
  });
  for (const { of } of plan.labels) {
    if (known.includes(of)) continue;
    sink.add(
      'metric-label',
      `the events of "${probe.name}" do not tell "${of}", which the series of "${plan.map.name}" are told apart by`,
      place('probe'),
      { hints: [`add it to the probe’s "fields", by that name`] },
    );
  }
  const field = probe.fields.find(({ name }) => name === value);
  if (value !== undefined && field === undefined) missing(value, place('value'));
  else if (field !== undefined && field.value.type.kind !== 'int')
    sink.add('type-mismatch', `"${field.name}" is ${describeType(field.value.type)}, no number`, place('value'));
}
