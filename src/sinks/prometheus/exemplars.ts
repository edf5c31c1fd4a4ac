/**
 * Exemplars: of the events of a probe the last that fell into each bucket, or that a counter counted. They are samples by nature, so a few of the newest events are looked at, and not more often than a few
 * times a second: a probe of a million events a second costs no more than one of a hundred.
 */
import type { Manifest } from '../../compile/manifest.js';
import type { ExemplarOptions } from '../../compile/metrics/metric-options.js';
import { inUnit } from '../../compile/metrics/metric-units.js';
import type { EventBatch } from '../../events/event-batch.js';
import { Selection } from '../../events/selection.js';
import type { UserValue } from '../../events/user-value.js';
import type { EventObject } from '../../events/value-decoder.js';
import { type Exemplar, joinedLabels, labelText } from './exposition.js';
import type { MetricPlace } from './row-values.js';
import { valueText } from './row-values.js';
import type { SeriesTable } from './series-table.js';

const periodMs = 100;
const eventsAtOnce = 64;
/** By the OpenMetrics specification: names and values together, in characters. */
const mostCharacters = 128;

export class Exemplars {
  readonly #table: SeriesTable;
  readonly #place: MetricPlace;
  readonly #selection: Selection;
  readonly #value: string | undefined;
  readonly #labels: readonly string[];
  #next = 0;

  constructor(manifest: Manifest, table: SeriesTable, place: MetricPlace, { probe, value, labels }: ExemplarOptions) {
    const fields = manifest.probes.find(({ name }) => name === probe)?.event?.fields.map(({ name }) => name) ?? [];
    const ofSeries = table.plan.labels.map(({ of }) => of);
    this.#table = table;
    this.#place = place;
    this.#value = value;
    this.#labels = labels ?? fields.filter((name) => name !== value && !ofSeries.includes(name));
    const wanted = new Set([...ofSeries, ...this.#labels, ...(value === undefined ? [] : [value])]);
    this.#selection = new Selection({ from: [probe], fields: [...wanted] });
  }

  /** `steadyNow`: milliseconds of a clock that never steps; `now`: of the wall clock, since 1970. */
  accept(batch: EventBatch, steadyNow: number, now: number): void {
    if (steadyNow < this.#next || batch.count(this.#selection) === 0) return;
    this.#next = steadyNow + periodMs;
    for (const event of batch.lastObjects(this.#selection, eventsAtOnce)) this.#keep(event, now);
  }

  #keep(event: EventObject, now: number): void {
    const value = this.#value === undefined ? 1n : integer(event[this.#value] ?? null);
    const series = this.#table.find(
      joinedLabels(...this.#table.plan.labels.map(({ name, of }) => labelText(name, valueText(event[of] ?? null)))),
    );
    if (series === undefined || value === undefined) return;
    const { metric, start } = this.#place;
    const bucket = metric.buckets.findIndex(({ upTo }) => value <= upTo);
    const index = metric.kind === 'counter' ? start : start + (bucket < 0 ? metric.buckets.length : bucket);
    series.exemplars[index] = {
      labels: this.#told(event),
      value: this.#value === undefined ? '1' : inUnit(value, metric.unit),
      time: (now / 1000).toFixed(3),
    } satisfies Exemplar;
  }

  /** As many as there may be. */
  #told(event: EventObject): string {
    let left = mostCharacters;
    const labels: string[] = [];
    for (const name of this.#labels) {
      const text = valueText(event[name] ?? null);
      const length = [...name].length + [...text].length;
      if (text === '' || length > left) continue;
      left -= length;
      labels.push(labelText(name, text));
    }
    return joinedLabels(...labels);
  }
}

function integer(value: UserValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' ? BigInt(Math.trunc(value)) : undefined;
}
