/** A sink whose host's clock is set while it goes on. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { int, testManifest, testProbe, testRecord, testRing, u32 } from '../../../test/support/records.js';
import { KeptContext } from '../../../test/support/sinks.js';
import type { MapManifest } from '../../compile/manifest.js';
import { EventReader } from '../../events/event-batch.js';
import { MapReader } from '../../events/map-snapshot.js';
import { everything } from '../../events/selection.js';
import { PrometheusSink } from './prometheus.js';

const map: MapManifest = {
  name: 'calls',
  map: 'calls',
  kind: 'hash',
  perCpu: false,
  maxEntries: 100,
  keySize: 4,
  valueSize: 8,
  key: [{ name: 'cpu', type: u32, offset: 0, size: 4 }],
  value: [{ name: '', aggregation: 'count', offset: 0 }],
  reset: false,
  order: 'desc',
  shown: true,
};

beforeEach(() => {
  // The wall clock alone.
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const probe = testProbe('call', 0, [
  { name: 'cpu', type: u32, size: 4 },
  { name: 'id', type: u32, size: 4 },
]);
const manifest = testManifest([probe], [map]);

/** A sink of a map with 42 calls on processor 3. */
function countingSink(): PrometheusSink {
  const entries = { count: 1, keys: int(3, 4), values: int(42, 8) };
  return new PrometheusSink(
    manifest,
    everything,
    {
      name: 'prometheus',
      listen: '127.0.0.1:0',
      listenIsSecret: false,
      path: '/metrics',
      metrics: { metrics: new Map([['calls', { exemplars: { probe: 'call' } }]]) },
      seriesLimit: 10,
      expireMs: 3_600_000,
      timeoutMs: 1000,
      engine: false,
      created: false,
    },
    {
      context: new KeptContext(),
      readings: {
        readMap: async () => new MapReader(map).snapshot(entries, { cpus: 1, clockOffset: 0n, time: 0n }),
        ledger: () => ({ probes: [], sinks: [], durationMs: 0 }),
        programTimes: () => [],
      },
    },
  );
}

const samples = async (sink: PrometheusSink) => (await sink.read())?.flatMap(({ samples }) => samples) ?? [];

it('shows series on when the clock steps by more than they take to expire', async () => {
  const sink = countingSink();
  const shown = async () => (await samples(sink)).map(({ value }) => value);
  expect(await shown()).toEqual(['42']);
  vi.setSystemTime(Date.now() + 86_400_000);
  expect(await shown()).toEqual(['42']);
  vi.setSystemTime(Date.now() - 2 * 86_400_000);
  expect(await shown()).toEqual(['42']);
});

it('takes exemplars on when the clock steps back, and tells their time by it', async () => {
  const sink = countingSink();
  const events = new EventReader(manifest);
  const happens = (id: number): void => {
    const ring = testRing([testRecord(probe, { cpu: int(3, 4), id: int(id, 4) })]);
    sink.accept(events.batch(ring.memory, ring.start, ring.end, 0n));
  };
  await samples(sink);
  vi.setSystemTime(1_000_000_000);
  happens(1);
  const exemplars = async () => (await samples(sink)).map(({ exemplar }) => [exemplar?.labels, exemplar?.time]);
  expect(await exemplars()).toEqual([['id="1"', '1000000.000']]);
  vi.setSystemTime(500_000_000);
  // They are taken ten times a second.
  await new Promise((resolve) => setTimeout(resolve, 150));
  happens(2);
  expect(await exemplars()).toEqual([['id="2"', '500000.000']]);
});
