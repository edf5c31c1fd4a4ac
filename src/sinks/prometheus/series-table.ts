/**
 * The series of one map's metrics, from scrape to scrape. In come the map's rows; out come families whose counters never go down: an entry that the kernel gave up, or that began anew, goes on from where its
 * series was. There are at most `limits.series`; what is beyond is added up in one more, so the sum over all series is right whatever the limit. Memory is bounded by the limit, not by the map.
 */

import { overflowLabel } from '../../compile/metrics/metric-names.js';
import type { MapMetrics } from '../../compile/metrics/metric-plan.js';
import type { MapRow, MapSnapshot } from '../../events/map-snapshot.js';
import { type Family, labelText } from './exposition.js';
import { addWords, gaugeOf, type MetricPlace, mergedGauge, placesOf, seriesLabels } from './row-values.js';
import { Series } from './series.js';
import { seriesFamilies } from './series-families.js';

export interface SeriesLimits {
  readonly series: number;
  /** Missing: series are kept for as long as the run. */
  readonly expireMs: number | undefined;
}

/** Rows between two looks at what else waits, such as the ring buffer. */
const rowsAtOnce = 1000;
/** Series that are no longer shown and are remembered, so that they are not taken for new ones: for each one that may be shown. */
const rememberedPerShown = 4;
/** New label sets that are looked at together, beyond those there is room for. */
const spareCandidates = 1000;

export class SeriesTable {
  readonly plan: MapMetrics;
  readonly places: readonly MetricPlace[];
  readonly #limits: SeriesLimits;
  readonly #series = new Map<string, Series>();
  readonly #overflow: Series;
  #shown = 0;
  #collecting = false;
  /** Of maps that start anew while a scrape is on its way. */
  #later: MapSnapshot[] = [];
  /** When the map was read before: what is new began after it. */
  #lastRead: number;
  /** Entries that are in the series of what is beyond the limit. */
  overflowed = 0;
  /** Entries of the map, when it was read last. */
  entries = 0;

  /** `now` here and below: milliseconds since 1970. */
  constructor(plan: MapMetrics, limits: SeriesLimits, now: number) {
    this.plan = plan;
    this.places = placesOf(plan);
    this.#limits = limits;
    this.#overflow = new Series(labelText(overflowLabel, 'true'), this.places, now);
    this.#lastRead = now;
  }

  /** Label sets that are shown. */
  get shown(): number {
    return this.#shown;
  }

  get limit(): number {
    return this.#limits.series;
  }

  /** The series with these labels, where it is shown. */
  find(labels: string): Series | undefined {
    const series = this.#series.get(labels);
    return series?.hidden === false ? series : undefined;
  }

  /** What the map holds now. One at a time. */
  async collect(snapshot: MapSnapshot, now: number): Promise<void> {
    for (const _ of this.#collect(snapshot, now)) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The same at once. */
  collectNow(snapshot: MapSnapshot, now: number): void {
    for (const _ of this.#collect(snapshot, now));
  }

  /** Pauses now and then. */
  *#collect(snapshot: MapSnapshot, now: number): Generator<void> {
    this.#collecting = true;
    try {
      this.entries = snapshot.total;
      this.overflowed = 0;
      for (const series of this.#all()) series.begin(snapshot.map.reset);
      const fresh = new Map<string, Series>();
      let rows = 0;
      for (const row of snapshot.allRows()) {
        this.#place(row, fresh, snapshot.map.reset);
        if (++rows % rowsAtOnce === 0) yield;
      }
      this.#admit(fresh);
      for (const series of this.#all()) series.settle(now, snapshot.map.reset);
      this.#expire(now);
      this.#lastRead = now;
    } finally {
      this.#collecting = false;
      for (const each of this.#later.splice(0)) this.add(each, now);
    }
  }

  /** What a map held that starts anew: it is in no later reading. */
  add(snapshot: MapSnapshot, now: number): void {
    if (this.#collecting) {
      this.#later.push(snapshot);
      return;
    }
    for (const series of this.#all()) series.forgetGauges();
    for (const row of snapshot.allRows()) {
      const labels = seriesLabels(this.plan, row);
      let series = this.#series.get(labels);
      if (series === undefined || (series.hidden && this.#shown >= this.#limits.series)) {
        if (this.#shown < this.#limits.series) {
          series = new Series(labels, this.places, this.#lastRead);
          this.#series.set(labels, series);
          this.#shown++;
        } else series = this.#overflow;
      } else if (series.hidden) this.#show(series);
      series.keep((words) => this.#addRow(row, words, series, true), now);
    }
  }

  families(clockOffset: bigint, created: boolean): Family[] {
    const shown = [...this.#series.values()].filter(({ hidden }) => !hidden);
    const all = this.#overflow.used ? [...shown, this.#overflow] : shown;
    return seriesFamilies(this.places, all, { clockOffset, created });
  }

  *#all(): Generator<Series> {
    yield* this.#series.values();
    yield this.#overflow;
  }

  #place(row: MapRow, fresh: Map<string, Series>, gaugesAreKept: boolean): void {
    const labels = seriesLabels(this.plan, row);
    let series = this.#series.get(labels) ?? fresh.get(labels);
    if (series === undefined) {
      series = new Series(labels, this.places, this.#lastRead);
      fresh.set(labels, series);
    }
    series.rows++;
    this.#addRow(row, series.now, series, !gaugesAreKept);
    if (fresh.size > 2 * this.#room + spareCandidates) this.#thin(fresh, this.#room + spareCandidates / 2);
  }

  #addRow(row: MapRow, words: BigUint64Array, series: Series, withGauges: boolean): void {
    for (const place of this.places) {
      if (place.length > 0) addWords(place, row, words);
      else if (withGauges) {
        const { merge } = place.metric;
        series.gauges[place.gauge] = mergedGauge(series.gauges[place.gauge] ?? null, gaugeOf(place.metric, row), merge);
      }
    }
  }

  get #room(): number {
    return Math.max(0, this.#limits.series - this.#shown);
  }

  /** The largest of the new ones get what room there is. */
  #admit(fresh: Map<string, Series>): void {
    this.#thin(fresh, this.#room);
    for (const [labels, series] of fresh) {
      this.#series.set(labels, series);
      this.#shown++;
    }
    for (const series of [...this.#series.values()]) {
      if (!series.hidden || series.rows === 0 || !series.changedRaw) continue;
      if (this.#shown < this.#limits.series) this.#show(series);
      else {
        // It goes on among the others, from where it was: only what came since then is new.
        this.#overflow.takeOver(series);
        this.overflowed += series.rows;
        this.#series.delete(series.labels);
      }
    }
  }

  #thin(fresh: Map<string, Series>, most: number): void {
    if (fresh.size <= most) return;
    const bySize = [...fresh.values()].map((series) => ({ series, size: series.size })).sort((a, b) => b.size - a.size);
    for (const { series } of bySize.slice(most)) {
      this.#overflow.include(series);
      this.overflowed += series.rows;
      fresh.delete(series.labels);
    }
  }

  #show(series: Series): void {
    series.hidden = false;
    this.#shown++;
  }

  #expire(now: number): void {
    const { expireMs, series: most } = this.#limits;
    if (expireMs === undefined) return;
    let remembered = 0;
    for (const series of this.#series.values()) {
      if (!series.hidden && now - series.changedAt > expireMs) {
        series.hidden = true;
        this.#shown--;
      }
      if (!series.hidden) continue;
      // What is gone from the map needs no memory: were it to come again, it would begin at zero.
      if (series.rows === 0) this.#series.delete(series.labels);
      else remembered++;
    }
    for (const series of this.#series.values()) {
      if (remembered <= most * rememberedPerShown) break;
      if (!series.hidden) continue;
      this.#series.delete(series.labels);
      remembered--;
    }
  }
}
