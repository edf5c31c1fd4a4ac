/** pipelines/http-metrics.yaml as it is shipped: real servers, a real Prometheus that scrapes it, and an OTLP receiver. Both are told the same, to the last digit. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { attributes, type Collector, collect, found } from '../support/otlp-sink.js';
import { isRoot, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort, PrometheusServer, prometheusPrograms, promtoolComplaints } from '../support/prometheus-server.js';
import { type Exchange, node, python, sendRequests, startServer } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const count = 200;
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const metric = 'http_server_request_duration_seconds';

/** Requests of a service by method, route and status. */
function tally(service: string, exchanges: readonly Exchange[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path, status } of exchanges) {
    const key = [service, method, `~/${path.split('/')[1]}/{id}`, status].join(' ');
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

interface Series {
  readonly count: number;
  readonly sum: number;
  /** Those up to each bound, and above. */
  readonly buckets: readonly number[];
  readonly error: unknown;
  readonly rest: Readonly<Record<string, unknown>>;
}

/** The page's series by service, method, route and status. */
function scraped(page: string): Record<string, Series> {
  const series: Record<string, { count: number; sum: number; upTo: number[]; labels: Record<string, string> }> = {};
  for (const [, part, text = '', value = ''] of page.matchAll(new RegExp(`^${metric}_(\\w+){(.*)} (.*)$`, 'gm'))) {
    const labels = Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, held]) => [name, held]));
    const key = [
      labels.service_name,
      labels.http_request_method,
      labels.http_route,
      labels.http_response_status_code,
    ].join(' ');
    series[key] ??= { count: 0, sum: 0, upTo: [], labels };
    if (part === 'bucket') series[key].upTo.push(Number(value));
    else if (part === 'sum') series[key].sum = Number(value);
    else if (part === 'count') series[key].count = Number(value);
  }
  return Object.fromEntries(
    Object.entries(series).map(([key, { upTo, labels, ...rest }]) => [
      key,
      {
        ...rest,
        buckets: upTo.map((all, index) => all - (upTo[index - 1] ?? 0)),
        error: labels.error_type,
        rest: { 'url.scheme': labels.url_scheme, 'network.protocol.version': labels.network_protocol_version },
      },
    ]),
  );
}

/** The last data points that the receiver got, by the same. */
function exported({ taken }: Collector): Record<string, Series> {
  const series: Record<string, Series> = {};
  for (const { signal, request } of taken) {
    if (signal !== 'metrics') continue;
    for (const { resource, scopeMetrics } of found(request, 'resourceMetrics')) {
      const service = attributes(Object(resource).attributes)['service.name'];
      for (const { name, unit, histogram } of found(scopeMetrics, 'metrics')) {
        expect({ name, unit }).toEqual({ name: 'http.server.request.duration', unit: 's' });
        for (const point of found(histogram, 'dataPoints')) {
          expect(point.explicitBounds).toEqual(bounds);
          const {
            'http.request.method': method,
            'http.route': route,
            'http.response.status_code': status,
            'error.type': error = '',
            ...rest
          } = attributes(point.attributes);
          series[[service, method, route, status].join(' ')] = {
            count: Number(point.count),
            sum: Number(point.sum),
            buckets: Array.isArray(point.bucketCounts) ? point.bucketCounts.map(Number) : [],
            error,
            rest,
          };
        }
      }
    }
  }
  return series;
}

async function started(collector?: Collector): Promise<{ run: Probepipe; page: string }> {
  const page = `127.0.0.1:${await freePort()}`;
  const shipped = readFileSync(new URL('../../pipelines/http-metrics.yaml', import.meta.url), 'utf8');
  const file = workspace.file('http-metrics.yaml', shipped.replace('listen: 127.0.0.1:9435', `listen: ${page}`));
  const endpoint = collector === undefined ? '' : `http://127.0.0.1:${collector.server.port}`;
  const run = new Probepipe(['run', file], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
  onTestFinished(async () => void (await run.stop()));
  await run.attached();
  return { run, page };
}

async function servers(): Promise<Record<string, number>> {
  const [server, app] = [await freePort(), await freePort()] as const;
  for (const [port, command] of [
    [server, node(server)],
    [app, python(app)],
  ] as const) {
    const running = await startServer(port, command);
    onTestFinished(() => running.stop());
  }
  return { server, app };
}

const ours = (series: Record<string, Series>): Record<string, Series> =>
  Object.fromEntries(Object.entries(series).filter(([key]) => /^(?:server|app) /.test(key)));

describe.skipIf(!isRoot)('pipelines/http-metrics.yaml (needs root)', () => {
  it('tells Prometheus and an OTLP receiver how many requests there were, and how long they took', async () => {
    const ports = await servers();
    const collector = await collect();
    const { run, page } = await started(collector);
    const wanted: Record<string, number> = {};
    for (const [service, port] of Object.entries(ports))
      Object.assign(wanted, tally(service, await sendRequests(port, count)));
    // What the last response was is known to a run a moment after its client.
    const scrape = async (): Promise<Record<string, Series>> =>
      ours(scraped(await (await fetch(`http://${page}/metrics`)).text()));
    let shown = await scrape();
    const total = (of: Record<string, Series>): number => Object.values(of).reduce((sum, each) => sum + each.count, 0);
    while (total(shown) < 2 * count) shown = await scrape();

    const { code, stderr } = await run.stop();
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing lost') });
    expect(Object.fromEntries(Object.entries(shown).map(([key, series]) => [key, series.count]))).toEqual(wanted);
    for (const [key, series] of Object.entries(shown)) {
      expect(series.buckets).toHaveLength(bounds.length + 1);
      expect(series.buckets.reduce((sum, held) => sum + held)).toBe(series.count);
      expect(series.sum).toBeGreaterThan(0);
      expect(series.error, key).toBe(key.endsWith(' 500') ? '500' : '');
      expect(series.rest['url.scheme'], key).toBe('http');
    }
    expect(ours(exported(collector))).toEqual(shown);
  }, 60_000);

  it('is what a real Prometheus takes and answers by', async (context) => {
    if (prometheusPrograms() === undefined) return context.skip('needs Prometheus');
    const ports = await servers();
    const { run, page } = await started();
    expect(run.stderr).toContain('the sink "otlp" is off: its "endpoint" is empty');
    const prometheus = await PrometheusServer.start(`    static_configs: [{ targets: ['${page}'] }]\n`);
    const wanted: Record<string, number> = {};
    for (const [service, port] of Object.entries(ports))
      Object.assign(wanted, tally(service, await sendRequests(port, count)));
    const names = ['service_name', 'http_request_method', 'http_route', 'http_response_status_code'];
    const of = `${metric}_count{service_name=~"server|app"}`;
    await prometheus.until(`sum(${of})`, ([all]) => all?.value === 2 * count);
    const counts = await prometheus.query(of);
    expect(
      Object.fromEntries(counts.map(({ labels, value }) => [names.map((name) => labels[name]).join(' '), value])),
    ).toEqual(wanted);
    const failed = await prometheus.query(
      `sum by (service_name) (${metric}_count{error_type!="",service_name=~"server|app"})`,
    );
    const failing = (service: string): number =>
      Object.entries(wanted).reduce(
        (sum, [key, n]) => sum + (key.startsWith(service) && key.endsWith(' 500') ? n : 0),
        0,
      );
    expect(Object.fromEntries(failed.map(({ labels, value }) => [labels.service_name, value]))).toEqual({
      server: failing('server'),
      app: failing('app'),
    });
    expect(promtoolComplaints(await (await fetch(`http://${page}/metrics`)).text())).toBe('');
    expect((await run.stop()).stderr).toContain('nothing lost');
  }, 60_000);
});
