/** A sink whose host's clock is set while it goes on. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { int, testManifest, u32 } from '../../../test/support/records.js';
import { KeptContext } from '../../../test/support/sinks.js';
import type { MapManifest } from '../../compile/manifest.js';
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

it('shows series on when the clock steps by more than they take to expire', async () => {
  const entries = { count: 1, keys: int(3, 4), values: int(42, 8) };
  const sink = new PrometheusSink(
    testManifest([], [map]),
    everything,
    {
      name: 'prometheus',
      listen: '127.0.0.1:0',
      listenIsSecret: false,
      path: '/metrics',
      metrics: { metrics: new Map() },
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
  const shown = async () => (await sink.read())?.flatMap(({ samples }) => samples.map(({ value }) => value));
  expect(await shown()).toEqual(['42']);
  vi.setSystemTime(Date.now() + 86_400_000);
  expect(await shown()).toEqual(['42']);
  vi.setSystemTime(Date.now() - 2 * 86_400_000);
  expect(await shown()).toEqual(['42']);
});
