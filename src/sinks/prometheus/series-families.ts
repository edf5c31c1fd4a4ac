/** Series → families of samples. */
import { inUnit } from '../../compile/metrics/metric-units.js';
import { boundText, type Family, joinedLabels, labelText, numberText, type Sample } from './exposition.js';
import type { GaugeValue, MetricPlace } from './row-values.js';
import type { Series } from './series.js';

export interface FamilyOptions {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds. */
  readonly clockOffset: bigint;
  /** Whether to tell when each series began. */
  readonly created: boolean;
}

export function seriesFamilies(
  places: readonly MetricPlace[],
  series: readonly Series[],
  options: FamilyOptions,
): Family[] {
  return places.map((place) => {
    const { name, kind, help, unit } = place.metric;
    const bounds = place.metric.buckets.map(({ le }) => labelText('le', boundText(le)));
    const samples = series.flatMap((each) => samplesOf(place, each, bounds, options));
    return { name, kind, help, unit: unit.suffix, samples };
  });
}

function samplesOf(
  { metric, start, gauge, signed }: MetricPlace,
  series: Series,
  bounds: readonly string[],
  { clockOffset, created }: FamilyOptions,
): Sample[] {
  const { labels } = series;
  const { unit } = metric;
  const began: Sample[] = created ? [{ suffix: '_created', labels, value: numberText(series.createdAt / 1000) }] : [];
  switch (metric.kind) {
    case 'gauge': {
      const value = gaugeText(series.gauges[gauge] ?? null, metric, clockOffset);
      return value === undefined ? [] : [{ suffix: '', labels, value }];
    }
    case 'counter':
      return [
        { suffix: '_total', labels, value: inUnit(series.word(start), unit), ...exemplarAt(series, start) },
        ...began,
      ];
    case 'summary': {
      const word = series.word(start + 1);
      const sum = inUnit(signed ? BigInt.asIntN(64, word) : word, unit);
      return [
        { suffix: '_sum', labels, value: sum },
        { suffix: '_count', labels, value: String(series.word(start)) },
        ...began,
      ];
    }
    case 'histogram': {
      const samples: Sample[] = [];
      let count = 0n;
      bounds.forEach((bound, index) => {
        count += series.word(start + index);
        samples.push({
          suffix: '_bucket',
          labels: joinedLabels(labels, bound),
          value: String(count),
          ...exemplarAt(series, start + index),
        });
      });
      const above = start + bounds.length;
      count += series.word(above);
      samples.push({
        suffix: '_bucket',
        labels: joinedLabels(labels, 'le="+Inf"'),
        value: String(count),
        ...exemplarAt(series, above),
      });
      const sum: Sample[] = metric.summed
        ? [{ suffix: '_sum', labels, value: inUnit(series.word(above + 1), unit) }]
        : [];
      return [...samples, ...sum, { suffix: '_count', labels, value: String(count) }, ...began];
    }
  }
}

function exemplarAt({ exemplars }: Series, index: number): Pick<Sample, 'exemplar'> {
  const exemplar = exemplars[index];
  return exemplar === undefined ? {} : { exemplar };
}

function gaugeText(
  value: GaugeValue,
  { unit, timestamp }: MetricPlace['metric'],
  clockOffset: bigint,
): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'bigint') return inUnit(timestamp ? value + clockOffset : value, unit);
  return numberText((value * Number(unit.multiply)) / 10 ** unit.digits);
}
