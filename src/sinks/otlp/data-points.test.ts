import { describe, expect, it } from 'vitest';
import { attributes, collect, found, openOtlp } from '../../../test/support/otlp-sink.js';
import * as t from '../../../test/support/records.js';
import { balanced } from '../../../test/support/sinks.js';
import type { AggregateSlot, MapManifest } from '../../compile/manifest.js';
import { type OtlpMetrics, otlpMetrics } from '../../compile/metrics/otlp-metrics.js';
import { MapReader } from '../../events/map-snapshot.js';

const time = 1_790_000_000_000_000_000n;

function map(value: readonly AggregateSlot[], words: number, more: Partial<MapManifest> = {}): MapManifest {
  return {
    name: 'took',
    map: 'took',
    kind: 'hash',
    perCpu: false,
    maxEntries: 1024,
    keySize: 2,
    valueSize: words * 8,
    key: [{ name: 'port', type: t.u16, offset: 0, size: 2 }],
    value,
    reset: false,
    order: 'desc',
    shown: true,
    ...more,
  };
}

/** What a server got of one entry, of the port 80. */
async function sent(of: MapManifest, words: readonly (number | bigint)[], times = 1, metrics?: OtlpMetrics) {
  return sentReadings(
    of,
    Array.from({ length: times }, () => words),
    metrics,
  );
}

/** The same of an entry that changed between readings. */
async function sentReadings(
  of: MapManifest,
  readings: readonly (readonly (number | bigint)[])[],
  named: OtlpMetrics = new Map(),
) {
  const collector = await collect();
  const { sink } = await openOtlp(
    `http://127.0.0.1:${collector.server.port}`,
    { metrics: named },
    t.testManifest([], [of]),
  );
  for (const [reading, words] of readings.entries()) {
    const entries = { count: 1, keys: t.int(80, 2), values: Buffer.concat(words.map((word) => t.int(word, 8))) };
    sink.acceptSnapshot(
      new MapReader(of).snapshot(entries, { cpus: 1, clockOffset: 0n, time: time + BigInt(reading) }),
    );
  }
  await sink.close(5000);
  const metrics = collector.all('metrics');
  expect(balanced(sink)).toMatchObject({ waiting: 0, dropped: {} });
  return { metrics, delivered: balanced(sink).delivered };
}

const count: AggregateSlot = { name: '', aggregation: 'count', offset: 0 };

describe('a map as metrics', () => {
  it('has the smaller sum of an entry that was evicted and came again, since the same start', async () => {
    const { metrics } = await sentReadings(map([count], 1, { kind: 'lru_hash' }), [[500], [3]]);
    const points = pointsOf(metrics[0]?.sum);
    expect(points).toMatchObject([{ asInt: '500' }, { asInt: '3' }]);
    expect(points[1]?.startTimeUnixNano).toBe(points[0]?.startTimeUnixNano);
  });

  it('has counts as cumulative sums since the run began', async () => {
    const { metrics, delivered } = await sent(map([count], 1), [2n ** 62n], 2);
    expect(delivered).toBe(2);
    expect(metrics).toMatchObject([
      {
        name: 'probepipe.test.took',
        sum: { isMonotonic: true, aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE' },
      },
    ]);
    const points = pointsOf(metrics[0]?.sum);
    expect(points).toMatchObject([
      { asInt: '4611686018427387904', timeUnixNano: '1790000000000000000' },
      { asInt: '4611686018427387904', timeUnixNano: '1790000000000000001' },
    ]);
    expect(attributes(points[0]?.attributes)).toEqual({ port: '80' });
    expect(points[0]?.startTimeUnixNano).toBe(points[1]?.startTimeUnixNano);
    expect(Number(points[0]?.startTimeUnixNano) / 1e6).toBeCloseTo(Date.now(), -5);
  });

  it('that is reset has deltas from reading to reading', async () => {
    const { metrics } = await sent(map([count], 1, { reset: true }), [7], 2);
    expect(metrics[0]?.sum).toMatchObject({ aggregationTemporality: 'AGGREGATION_TEMPORALITY_DELTA' });
    expect(pointsOf(metrics[0]?.sum)[1]).toMatchObject({
      asInt: '7',
      startTimeUnixNano: '1790000000000000000',
      timeUnixNano: '1790000000000000001',
    });
  });

  it('has a hist as an exponential histogram in nanoseconds', async () => {
    const words: number[] = Array(65).fill(0);
    words[0] = 1;
    words[1] = 2;
    words[11] = 5;
    const hist: AggregateSlot = { name: '', aggregation: 'hist', offset: 0, signed: false, as: 'duration' };
    const { metrics } = await sent(map([hist], 65), words);
    expect(metrics).toMatchObject([{ name: 'probepipe.test.took', unit: 'ns' }]);
    const [point] = pointsOf(metrics[0]?.exponentialHistogram);
    // 1 is in [2^0, 2^1), and 1024 to 2047 in [2^10, 2^11).
    expect(point).toMatchObject({
      count: '8',
      zeroCount: '1',
      positive: { bucketCounts: ['2', '0', '0', '0', '0', '0', '0', '0', '0', '0', '5'] },
    });
    expect(point).not.toHaveProperty('sum');
  });

  it('has an lhist as a histogram of all its steps', async () => {
    const lhist: AggregateSlot = {
      name: 'size',
      aggregation: 'lhist',
      offset: 0,
      signed: false,
      min: '0',
      max: '25',
      step: '10',
    };
    const { metrics } = await sent(map([lhist], 5), [0, 1, 0, 2, 3]);
    expect(metrics).toMatchObject([{ name: 'probepipe.test.took.size' }]);
    expect(pointsOf(metrics[0]?.histogram)).toMatchObject([
      { count: '6', explicitBounds: [-1, 9, 19, 24], bucketCounts: ['0', '1', '0', '2', '3'] },
    ]);
  });

  it('has a bhist as a histogram with its sum, and times in the unit that is asked for', async () => {
    const bounds = ['5000000', '2500000000'];
    const bhist: AggregateSlot = { name: '', aggregation: 'bhist', offset: 0, signed: false, as: 'duration', bounds };
    const words = [1, 2, 0, 1_234_567_891];
    const named = otlpMetrics({
      metrics: { took: { name: 'call.duration', help: 'How long', unit: 's', attributes: { port: 'server.port' } } },
    });
    const { metrics } = await sent(map([bhist], 4), words, 1, named);
    expect(metrics).toMatchObject([{ name: 'call.duration', description: 'How long', unit: 's' }]);
    const [point] = pointsOf(metrics[0]?.histogram);
    expect(point).toMatchObject({
      count: '3',
      sum: 1.234567891,
      explicitBounds: [0.005, 2.5],
      bucketCounts: ['1', '2', '0'],
    });
    expect(attributes(point?.attributes)).toEqual({ 'server.port': '80' });
    const [plain] = (await sent(map([bhist], 4), words)).metrics;
    expect(plain).toMatchObject({ unit: 'ns' });
    expect(pointsOf(plain?.histogram)).toMatchObject([{ sum: 1234567891, explicitBounds: [5e6, 2.5e9] }]);
    // Of numbers below zero the sum may fall, and OTLP wants none.
    const [signed] = (await sent(map([{ ...bhist, signed: true }], 4), words)).metrics;
    expect(pointsOf(signed?.histogram)[0]).not.toHaveProperty('sum');
  });

  it('has sums and extremes of times in the unit that is asked for', async () => {
    const sum: AggregateSlot = { name: '', aggregation: 'sum', offset: 0, signed: false, as: 'duration' };
    const named = otlpMetrics({ metrics: { took: { unit: 'ms' } } });
    const { metrics } = await sent(map([sum], 1), [1_500_001], 1, named);
    expect(metrics).toMatchObject([{ unit: 'ms', sum: { isMonotonic: true } }]);
    expect(pointsOf(metrics[0]?.sum)).toMatchObject([{ asDouble: 1.500001 }]);
  });

  it('of requests are of the service, and have the attributes of the conventions', async () => {
    const text = { type: { kind: 'text', size: 16 }, size: 16 } as const;
    const requests: MapManifest = {
      ...map([count], 1),
      requests: 'server',
      keySize: 82,
      key: [
        { name: 'service', offset: 0, ...text },
        { name: 'method', offset: 16, ...text },
        { name: 'status', offset: 32, size: 2, type: { kind: 'int', bytes: 2, signed: false } },
        { name: 'error', offset: 34, ...text },
        { name: 'scheme', offset: 50, ...text },
        { name: 'mine', offset: 66, ...text },
      ],
    };
    const collector = await collect();
    const { sink } = await openOtlp(`http://127.0.0.1:${collector.server.port}`, {}, t.testManifest([], [requests]));
    const key = (service: string, method: string, status: number, error: string): Buffer =>
      Buffer.concat([
        ...[service, method].map((each) => Buffer.from(each.padEnd(16, '\0'))),
        t.int(status, 2),
        ...[error, 'http', 'x'].map((each) => Buffer.from(each.padEnd(16, '\0'))),
      ]);
    const rows = [key('shop', 'GET', 503, ''), key('shop', 'BREW', 404, ''), key('cart', 'GET', 0, 'connection_reset')];
    const entries = { count: 3, keys: Buffer.concat(rows), values: Buffer.concat(rows.map(() => t.int(7, 8))) };
    sink.acceptSnapshot(new MapReader(requests).snapshot(entries, { cpus: 1, clockOffset: 0n, time }));
    await sink.close(5000);
    const told = found(collector.taken, 'resourceMetrics').flatMap(({ resource, scopeMetrics }) =>
      found(scopeMetrics, 'dataPoints').map((point) => ({
        service: attributes(Object(resource).attributes)['service.name'],
        ...attributes(point.attributes),
      })),
    );
    const rest = { mine: 'x', 'url.scheme': 'http' };
    expect(told).toHaveLength(3);
    expect(told).toEqual(
      expect.arrayContaining([
        {
          service: 'shop',
          ...rest,
          'http.request.method': 'GET',
          'http.response.status_code': '503',
          'error.type': '503',
        },
        {
          service: 'shop',
          ...rest,
          'http.request.method': '_OTHER',
          'http.request.method_original': 'BREW',
          'http.response.status_code': '404',
        },
        { service: 'cart', ...rest, 'http.request.method': 'GET', 'error.type': 'connection_reset' },
      ]),
    );
  });

  it('has the parts of stats, averages and extremes, and sums that may fall', async () => {
    const stats: AggregateSlot = { name: 'a', aggregation: 'stats', offset: 0, signed: false };
    const signed: AggregateSlot = { name: 'b', aggregation: 'avg', offset: 32, signed: true };
    const balance: AggregateSlot = { name: 'c', aggregation: 'sum', offset: 48, signed: true };
    const words = [2, 12345678901234567n, BigInt.asUintN(64, ~5n), 9, 4, -8, -3];
    const { metrics, delivered } = await sent(map([stats, signed, balance], 7), words);
    const byName = new Map(metrics.map((metric) => [String(metric.name).replace('probepipe.test.took.', ''), metric]));
    expect(pointsOf(byName.get('a')?.histogram)).toMatchObject([{ count: '2', sum: 12345678901234568 }]);
    expect(pointsOf(byName.get('a.min')?.gauge)).toMatchObject([{ asInt: '5' }]);
    expect(pointsOf(byName.get('a.max')?.gauge)).toMatchObject([{ asInt: '9' }]);
    expect(pointsOf(byName.get('b.count')?.sum)).toMatchObject([{ asInt: '4' }]);
    expect(pointsOf(byName.get('b.sum')?.sum)).toMatchObject([{ asInt: '-8' }]);
    expect(byName.get('b.sum')?.sum).not.toHaveProperty('isMonotonic');
    expect(pointsOf(byName.get('c')?.sum)).toMatchObject([{ asInt: '-3' }]);
    expect(delivered).toBe(6);
  });
});

function pointsOf(data: unknown): Record<string, unknown>[] {
  if (typeof data !== 'object' || data === null || !('dataPoints' in data)) return [];
  return Array.isArray(data.dataPoints) ? data.dataPoints : [];
}
