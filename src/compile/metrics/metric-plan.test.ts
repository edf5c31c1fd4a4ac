import { describe, expect, it } from 'vitest';
import { duration, timestamp, u32 } from '../../../test/support/records.js';
import type { AggregateSlot, MapManifest } from '../manifest.js';
import { isLoopback, listenAddress } from './listen-address.js';
import { bucketsOf } from './metric-buckets.js';
import { metricOptions } from './metric-options.js';
import { metricsOf } from './metric-plan.js';
import { inUnit, unitNamed, unitOf } from './metric-units.js';

function planned(
  value: readonly AggregateSlot[],
  options: Record<string, unknown> = {},
  more: Partial<MapManifest> = {},
) {
  const map: MapManifest = {
    name: 'usecs',
    map: 'usecs',
    kind: 'hash',
    perCpu: false,
    maxEntries: 16,
    keySize: 8,
    valueSize: 8,
    key: [{ name: 'comm', type: { kind: 'text', size: 16 }, offset: 0, size: 16 }],
    value,
    reset: false,
    order: 'desc',
    shown: true,
    ...more,
  };
  return metricsOf({ map, pipeline: { name: 'run-queue', description: 'Waits' }, options: metricOptions(options) });
}

const names = (...given: Parameters<typeof planned>): string[] =>
  planned(...given).metrics.map(({ kind, name }) => `${kind} ${name}`);
const sum = { name: '', aggregation: 'sum', offset: 0, signed: false } as const;
const hist = { name: '', aggregation: 'hist', offset: 0, signed: false } as const;

describe('metrics', () => {
  it('are named by pipeline, map, member and unit', () => {
    expect(names([{ name: '', aggregation: 'count', offset: 0 }])).toEqual(['counter probepipe_run_queue_usecs']);
    // What the unit says already is not said twice.
    expect(names([{ ...hist, as: 'duration' }])).toEqual(['histogram probepipe_run_queue_seconds']);
    expect(names([hist], { metrics: { usecs: { unit: 'us' } } })).toEqual(['histogram probepipe_run_queue_seconds']);
    expect(names([{ ...sum, name: 'sent_bytes' }], { metrics: { 'usecs.sent_bytes': { unit: 'KiB' } } })).toEqual([
      'counter probepipe_run_queue_usecs_sent_bytes',
    ]);
    expect(names([sum], { prefix: 'net', metrics: { usecs: { unit: 'packets' } } })).toEqual([
      'counter net_usecs_packets',
    ]);
    expect(names([sum], { metrics: { usecs: { name: 'requests_total' } } })).toEqual(['counter requests']);
    expect(
      names(
        [
          { ...sum, name: 'a' },
          { ...sum, name: 'b' },
        ],
        { metrics: { usecs: { name: 'x' }, 'usecs.b': { name: 'y' } } },
      ),
    ).toEqual(['counter x_a', 'counter y']);
  });

  it('are of the kind that the value is', () => {
    expect(names([{ ...sum, signed: true }])).toEqual(['gauge probepipe_run_queue_usecs']);
    expect(
      names([{ name: '', aggregation: 'stats', offset: 0, signed: false, as: 'duration' }], {
        metrics: { usecs: { name: 'wait' } },
      }),
    ).toEqual(['summary wait_seconds', 'gauge wait_min_seconds', 'gauge wait_max_seconds']);
    expect(names([{ name: 'at', aggregation: 'value', offset: 0, size: 8, type: timestamp }])).toEqual([
      'gauge probepipe_run_queue_usecs_at_timestamp_seconds',
    ]);
    expect(
      names([{ name: 'name', aggregation: 'value', offset: 0, size: 16, type: { kind: 'text', size: 16 } }]),
    ).toEqual([]);
  });

  it('have the key as labels, but for the index of a single number', () => {
    const single = { kind: 'array', maxEntries: 1, key: [{ name: 'index', type: u32, offset: 0, size: 4 }] } as const;
    expect(planned([sum], {}, single)).toMatchObject({ labels: [], dropped: [] });
    expect(planned([sum]).labels).toEqual([{ name: 'comm', of: 'comm', from: 'key', index: 0 }]);
    expect(planned([sum], { metrics: { usecs: { labels: [] } } })).toMatchObject({ labels: [], dropped: ['comm'] });
    const text = {
      name: 'owner',
      aggregation: 'value',
      offset: 8,
      size: 16,
      type: { kind: 'text', size: 16 },
    } as const;
    expect(planned([sum, text], { metrics: { usecs: { labels: ['owner', 'comm'] } } }).labels).toEqual([
      { name: 'owner', of: 'owner', from: 'value', index: 1 },
      { name: 'comm', of: 'comm', from: 'key', index: 0 },
    ]);
    // A mapping gives them other names.
    expect(planned([sum, text], { metrics: { usecs: { labels: { owner: 'owned_by' } } } })).toMatchObject({
      labels: [{ name: 'owned_by', of: 'owner' }],
      dropped: ['comm'],
    });
  });

  it('tell what they are', () => {
    expect(planned([sum]).metrics[0]?.help).toBe('Waits: usecs, sum');
    expect(planned([sum], { metrics: { usecs: { help: 'Mine' } } }).metrics[0]?.help).toBe('Mine');
  });
});

describe('buckets', () => {
  const bounds = (unit: string, range = {}, slot: AggregateSlot = hist): number[] =>
    bucketsOf(slot, unit === 'duration' ? unitOf(duration.as) : unitNamed(unit), range).map(({ le }) => le);

  it('are the kernel’s own powers of two, from where to where they are wanted', () => {
    expect(bounds('duration', { min: 1e-6, max: 4e-6 })).toEqual([1.024e-6, 2.048e-6, 4.096e-6]);
    expect(bounds('us', { min: 1e-6, max: 4e-6 })).toEqual([1e-6, 2e-6, 4e-6]);
    expect(bounds('B', { min: 100, max: 1000 })).toEqual([127, 255, 511, 1023]);
    expect(bounds('KiB', { min: 1000, max: 3000 })).toEqual([1023, 2047, 4095]);
    expect(bounds('', { max: 3 })).toEqual([0, 1, 3]);
    // 4 KiB is where the bucket up to 4095 ends.
    expect(bounds('B', { min: 4096, max: 8192 })).toEqual([4095, 8191]);
  });

  it('have defaults by the unit, and end with what 64 bits hold', () => {
    expect([bounds('duration').length, bounds('B').at(-1), bounds('').at(-1)]).toEqual([26, 2 ** 30 - 1, 2 ** 20 - 1]);
    expect(bounds('', { max: 1e30 }).at(-1)).toBe(2 ** 63);
  });

  it('have one for all below zero, or as many as are wanted', () => {
    const signed = { ...hist, signed: true };
    expect(bounds('', { max: 1 }, signed)).toEqual([-1, 0, 1]);
    expect(bounds('', { min: -5, max: 1 }, signed)).toEqual([-4, -2, -1, 0, 1]);
  });

  it('of a bhist are as they were written, of times as well', () => {
    const slot = {
      name: '',
      aggregation: 'bhist',
      offset: 0,
      signed: false,
      bounds: ['5000000', '2500000000'],
    } as const;
    expect(bounds('duration', {}, slot)).toEqual([0.005, 2.5]);
    expect(bounds('B', {}, { ...slot, bounds: ['1024', '4096'] })).toEqual([1024, 4096]);
  });

  it('of an lhist are its steps', () => {
    const slot = { name: '', aggregation: 'lhist', offset: 0, signed: true, min: '-5', max: '6', step: '4' } as const;
    expect(bounds('', {}, slot)).toEqual([-6, -2, 2, 5]);
  });
});

describe('numbers', () => {
  it.each([
    [0n, 'ns', '0'],
    [1n, 'ns', '0.000000001'],
    [-1_500_000_000n, 'ns', '-1.5'],
    [18446744073709551615n, 'ns', '18446744073.709551615'],
    [3n, 'KiB', '3072'],
    [18446744073709551615n, 'packets', '18446744073709551615'],
  ])('%s in %s is %s', (value, unit, text) => {
    expect(inUnit(value, unitNamed(unit))).toBe(text);
  });
});

describe('an address to listen at', () => {
  it.each([
    ['127.0.0.1:9435', { host: '127.0.0.1', port: 9435 }, true],
    ['[::1]:0', { host: '::1', port: 0 }, true],
    [':80', { host: '', port: 80 }, false],
    ['example.org:1', { host: 'example.org', port: 1 }, false],
    ['127.evil.example:1', { host: '127.evil.example', port: 1 }, false],
  ])('%s', (text, address, loopback) => {
    expect(listenAddress(text)).toEqual(address);
    expect(isLoopback(address.host)).toBe(loopback);
  });

  it.each(['', '9435', '127.0.0.1', '127.0.0.1:65536', '::1:80', 'a b:1'])('%s is none', (text) => {
    expect(listenAddress(text)).toBe(undefined);
  });
});
