/** One label set of a map's metrics: what it counted before, and what the map holds of it now. */
import type { Exemplar } from './exposition.js';
import type { GaugeValue, MetricPlace } from './row-values.js';

export class Series {
  readonly labels: string;
  readonly #places: readonly MetricPlace[];
  /** What is in the map no more. */
  readonly base: BigUint64Array;
  /** What the map held when it was read last, and holds now. */
  #before: BigUint64Array;
  now: BigUint64Array;
  readonly gauges: GaugeValue[];
  /** Of the words that have one, by their index. */
  readonly exemplars: Exemplar[] = [];
  #gaugesBefore: GaugeValue[] = [];
  /** Entries of the map that are in it. */
  rows = 0;
  #rowsBefore = 0;
  hidden = false;
  /** Whether anything was ever in it. */
  used = false;
  changedAt: number;
  /** Milliseconds since 1970, as above: it began after it. */
  readonly createdAt: number;

  constructor(labels: string, places: readonly MetricPlace[], createdAt: number) {
    const words = places.reduce((sum, { length }) => sum + length, 0);
    this.labels = labels;
    this.#places = places;
    this.base = new BigUint64Array(words);
    this.#before = new BigUint64Array(words);
    this.now = new BigUint64Array(words);
    this.gauges = places.filter(({ length }) => length === 0).map(() => null);
    this.createdAt = createdAt;
    this.changedAt = createdAt;
  }

  /** The word at `index` as it is shown. */
  word(index: number): bigint {
    return BigInt.asUintN(64, (this.base[index] ?? 0n) + (this.now[index] ?? 0n));
  }

  /** How much there is in it, for telling large ones from small ones. */
  get size(): number {
    const [first] = this.#places;
    if (first === undefined) return 0;
    if (first.length === 0) return Number(this.gauges[first.gauge] ?? 0);
    if (first.metric.kind === 'summary') return Number(this.now[0]);
    // A sum is no number of hits.
    const length = first.length - (first.metric.summed ? 1 : 0);
    return this.now.subarray(first.start, first.start + length).reduce((sum, word) => sum + Number(word), 0);
  }

  /** Before the map's rows are added. */
  begin(gaugesAreKept: boolean): void {
    [this.#before, this.now] = [this.now, this.#before];
    this.now.fill(0n);
    this.#rowsBefore = this.rows;
    this.rows = 0;
    this.#gaugesBefore = [...this.gauges];
    if (!gaugesAreKept) this.gauges.fill(null);
  }

  /** Whether the map's entries are not what they were when it was read last. */
  get changedRaw(): boolean {
    return this.rows !== this.#rowsBefore || this.now.some((word, index) => word !== this.#before[index]);
  }

  /** After them: what the map has lost is kept. Of a map that starts anew all that it lost was told (`keep`). */
  settle(now: number, startsAnew: boolean): void {
    if (this.rows > 0) this.used = true;
    const gaugesChanged = this.gauges.some((value, index) => value !== this.#gaugesBefore[index]);
    if (this.changedRaw || gaugesChanged) this.changedAt = now;
    if (startsAnew) return;
    for (const place of this.#places) this.#settleMetric(place);
  }

  #settleMetric({ metric, start, length, signed }: MetricPlace): void {
    const compared = metric.kind === 'summary' && signed ? 1 : length;
    let lost = false;
    for (let at = start; at < start + compared; at++) if ((this.now[at] ?? 0n) < (this.#before[at] ?? 0n)) lost = true;
    if (!lost) return;
    const single = this.rows <= 1 && this.#rowsBefore <= 1;
    for (let at = start; at < start + length; at++) {
      const [before, now] = [this.#before[at] ?? 0n, this.now[at] ?? 0n];
      // One entry that is less than it was has begun at zero again. Of several one is gone, and which part of the rest is new is not known: as if nothing were.
      if (single) this.base[at] = (this.base[at] ?? 0n) + before;
      else if (now < before) this.base[at] = (this.base[at] ?? 0n) + before - now;
    }
  }

  /** What was in a map that started anew. */
  keep(add: (words: BigUint64Array) => void, now: number): void {
    add(this.base);
    this.now.fill(0n);
    this.used = true;
    this.changedAt = now;
  }

  forgetGauges(): void {
    this.gauges.fill(null);
    this.now.fill(0n);
  }

  /** Adds what another holds now. */
  include(other: Series): void {
    this.rows += other.rows;
    other.now.forEach((word, index) => {
      this.now[index] = (this.now[index] ?? 0n) + word;
    });
  }

  /** The same for one that was shown before: what it had then is no news. */
  takeOver(other: Series): void {
    this.include(other);
    other.#before.forEach((word, index) => {
      this.base[index] = (this.base[index] ?? 0n) - word;
    });
  }
}
