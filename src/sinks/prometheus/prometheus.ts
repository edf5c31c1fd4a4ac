/**
 * `prometheus`: maps as metrics, read when Prometheus scrapes them. Of events it takes some as exemplars. What of a map was scraped is delivered; nothing is dropped, since what was not scraped stays where it is until the run ends.
 */

import type { Manifest, MapManifest } from '../../compile/manifest.js';
import { isLoopback, type ListenAddress, listenAddress } from '../../compile/metrics/listen-address.js';
import type { PrometheusMetricOptions } from '../../compile/metrics/metric-options.js';
import { metricsOf } from '../../compile/metrics/metric-plan.js';
import type { EventBatch } from '../../events/event-batch.js';
import type { MapSnapshot } from '../../events/map-snapshot.js';
import type { Selection } from '../../events/selection.js';
import { mapTraits } from '../../language/map-kinds.js';
import { Account } from '../account.js';
import type { RunReadings, Sink, SinkContext, SinkLedger } from '../sink.js';
import { SinkError } from '../sink-error.js';
import type { BasicAuth } from './access.js';
import type { Endpoint } from './endpoint.js';
import { engineMetrics } from './engine-metrics.js';
import { Exemplars } from './exemplars.js';
import type { Family } from './exposition.js';
import type { Contributor, Page } from './page.js';
import { SeriesTable } from './series-table.js';

export interface PrometheusOptions {
  readonly name: string;
  readonly listen: string;
  /** Whether `listen` came from outside, so that `lint` did not see it. */
  readonly listenIsSecret: boolean;
  readonly path: string;
  readonly metrics: PrometheusMetricOptions;
  readonly seriesLimit: number;
  readonly expireMs: number | undefined;
  readonly timeoutMs: number;
  readonly engine: boolean;
  readonly created: boolean;
  readonly auth?: BasicAuth | undefined;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string | undefined } | undefined;
}

interface ScrapedMap {
  readonly map: MapManifest;
  readonly table: SeriesTable;
  readMs: number;
  failures: number;
}

export class PrometheusSink implements Sink, Contributor {
  readonly name: string;
  readonly pipeline: string;
  readonly #account: Account;
  readonly #options: PrometheusOptions;
  readonly #context: SinkContext;
  readonly #readings: RunReadings;
  readonly #maps: readonly ScrapedMap[];
  readonly #exemplars: readonly Exemplars[];
  #endpoint: Endpoint | undefined;
  #page: Page | undefined;
  #clockOffset = 0n;

  constructor(
    manifest: Manifest,
    selection: Selection,
    options: PrometheusOptions,
    run: { readonly context: SinkContext; readonly readings: RunReadings },
  ) {
    this.name = options.name;
    this.pipeline = manifest.name;
    this.#account = new Account(options.name);
    this.#options = options;
    this.#context = run.context;
    this.#readings = run.readings;
    const now = steadyNow();
    this.#maps = manifest.maps
      .filter((map) => map.shown && selection.takes(map.name) && mapTraits[map.kind].form !== 'sequence')
      .map((map) => {
        const plan = metricsOf({ map, pipeline: manifest, options: options.metrics });
        const limits = { series: options.seriesLimit, expireMs: options.expireMs };
        return { map, table: new SeriesTable(plan, limits, now), readMs: 0, failures: 0 };
      });
    this.#exemplars = this.#maps.flatMap(({ table }) =>
      table.places.flatMap((place) => {
        const wanted = options.metrics.metrics.get(place.metric.path)?.exemplars;
        const { kind } = place.metric;
        if (wanted === undefined || (kind !== 'counter' && kind !== 'histogram')) return [];
        return [new Exemplars(manifest, table, place, wanted)];
      }),
    );
  }

  /** Rejects with a `SinkError` where it cannot listen, or the certificate is of no use. */
  async open(): Promise<void> {
    const { listen, listenIsSecret, auth, tls, name, path } = this.#options;
    const address = listenAddress(listen);
    if (address === undefined)
      throw new SinkError(
        `sink "${name}": its "listen" is no address and port`,
        ['write it so: 127.0.0.1:9435'],
        'listen',
      );
    if (listenIsSecret && !isLoopback(address.host) && auth === undefined && tls === undefined) {
      this.#context.warn(
        `exposed ${name}`,
        `anyone who reaches this host can read the metrics of the sink "${name}": give it "auth", or let it listen at 127.0.0.1`,
      );
    }
    const { acquireEndpoint } = await import('./endpoints.js');
    // What came from outside is in no message.
    const place = listenIsSecret ? 'the address that its "listen" gives' : addressText(address);
    this.#endpoint = await acquireEndpoint(address, place, this.#options);
    this.#page = this.#endpoint.page(path);
    if (this.#page.add(this)) return;
    throw new SinkError(
      `sink "${name}": another sink of a pipeline called "${this.pipeline}" has its metrics at ${place}, ${path}`,
      ['give one of them another "path" or "listen"'],
      'listen',
    );
  }

  /** For exemplars alone. */
  accept(batch: EventBatch): void {
    if (this.#exemplars.length === 0) return;
    const now = Date.now();
    for (const each of this.#exemplars) each.accept(batch, performance.now(), now);
  }

  acceptSnapshot(snapshot: MapSnapshot): void {
    if (!snapshot.map.reset) return;
    this.#maps.find(({ map }) => map.name === snapshot.map.name)?.table.add(snapshot, steadyNow());
  }

  async read(): Promise<readonly Family[] | undefined> {
    for (const each of this.#maps) await this.#readMap(each);
    // As of after the maps, so that it is no older than they are.
    const ledger = this.#readings.ledger();
    if (ledger === undefined) return undefined;
    const families = this.#maps.flatMap(({ table }) => table.families(this.#clockOffset, this.#options.created));
    if (!this.#options.engine) return families;
    const maps = this.#maps.map(({ map, table, readMs, failures }) => ({
      map: map.name,
      entries: table.entries,
      maxEntries: map.maxEntries,
      series: table.shown,
      seriesLimit: table.limit,
      overflowed: table.overflowed,
      readMs,
      failures,
    }));
    const programTimes = this.#readings.programTimes();
    return [...families, ...engineMetrics({ pipeline: this.pipeline, ledger, programTimes, maps })];
  }

  delivered(): void {
    const series = this.#maps.reduce((sum, { table }) => sum + table.shown, 0);
    this.#account.offer(series);
    this.#account.deliver(series);
  }

  async close(deadlineMs: number): Promise<void> {
    const [page, endpoint] = [this.#page, this.#endpoint];
    this.#page = undefined;
    this.#endpoint = undefined;
    page?.remove(this);
    if (endpoint === undefined) return;
    const { releaseEndpoint } = await import('./endpoints.js');
    await releaseEndpoint(endpoint, deadlineMs);
  }

  ledger(): SinkLedger {
    return this.#account.ledger();
  }

  async #readMap(scraped: ScrapedMap): Promise<void> {
    const { map, table } = scraped;
    const began = performance.now();
    try {
      const snapshot = await this.#readings.readMap(map.name);
      if (snapshot === undefined) return;
      this.#clockOffset = snapshot.moment.clockOffset;
      await table.collect(snapshot, steadyNow());
      scraped.readMs = performance.now() - began;
    } catch (error) {
      scraped.failures++;
      const reason = error instanceof Error ? error.message : String(error);
      this.#context.warn(`scrape ${map.name}`, `the map "${map.name}" could not be read for a scrape: ${reason}`);
    }
  }
}

/** Milliseconds since 1970 by the clock as it was when the process began: whoever sets it later makes no series expire. */
const steadyNow = (): number => Math.round(performance.timeOrigin + performance.now());

function addressText({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
