import { describe, expect, it } from 'vitest';
import { int, text, u32 } from '../../../test/support/records.js';
import type { MapManifest } from '../../compile/manifest.js';
import type { PrometheusMetricOptions } from '../../compile/metrics/metric-options.js';
import { metricsOf } from '../../compile/metrics/metric-plan.js';
import { MapReader, type MapSnapshot } from '../../events/map-snapshot.js';
import { exposition } from './exposition.js';
import { SeriesTable } from './series-table.js';

const map: MapManifest = {
  name: 'calls',
  map: 'calls',
  kind: 'hash',
  perCpu: false,
  maxEntries: 100,
  keySize: 8,
  valueSize: 16,
  key: [
    { name: 'comm', type: { kind: 'text', size: 4 }, offset: 0, size: 4 },
    { name: 'pid', type: u32, offset: 4, size: 4 },
  ],
  value: [
    { name: 'n', aggregation: 'count', offset: 0 },
    { name: 'depth', aggregation: 'max', offset: 8, signed: false },
  ],
  reset: false,
  order: 'desc',
  shown: true,
};

type Row = readonly [comm: string, pid: number, n: number, depth?: number];

function held(rows: readonly Row[], of = map): MapSnapshot {
  const keys = rows.map(([comm, pid]) => Buffer.concat([Buffer.from(text(comm.padEnd(4, '\0'))), int(pid, 4)]));
  const values = rows.map(([, , n, depth = n]) => Buffer.concat([int(n, 8), int(depth, 8)]));
  return new MapReader(of).snapshot(
    { count: rows.length, keys: Buffer.concat(keys), values: Buffer.concat(values) },
    { cpus: 1, clockOffset: 0n, time: 0n },
  );
}

interface Limits {
  readonly labels?: readonly string[];
  readonly series?: number;
  readonly expireMs?: number;
  readonly of?: MapManifest;
}

function table({ labels = ['comm'], series = 100, expireMs, of = map }: Limits = {}): SeriesTable {
  const options: PrometheusMetricOptions = {
    prefix: 'p',
    metrics: new Map([['calls', { labels: new Map(labels.map((of) => [of, of])) }]]),
  };
  const plan = metricsOf({ map: of, pipeline: { name: 'test', description: '' }, options });
  return new SeriesTable(plan, { series, expireMs }, 0);
}

/** The samples, without their names where they are counters. */
function shown(of: SeriesTable): string[] {
  return exposition(of.families(0n, false), 'text')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace('p_calls_n_total', 'n').replace('p_calls_', ''));
}

describe('series', () => {
  it('are one where their labels are: counts add up, the largest stays', async () => {
    const series = table();
    await series.collect(
      held([
        ['a', 1, 5],
        ['a', 2, 7],
        ['b', 3, 1],
      ]),
      1,
    );
    expect(shown(series)).toEqual(['n{comm="a"} 12', 'n{comm="b"} 1', 'depth{comm="a"} 7', 'depth{comm="b"} 1']);
  });

  it('go on where an entry began anew, and stay where it is gone', async () => {
    const series = table({ labels: ['comm', 'pid'] });
    await series.collect(
      held([
        ['a', 1, 5],
        ['b', 2, 9],
      ]),
      1,
    );
    await series.collect(held([['a', 1, 2, 1]]), 2);
    expect(shown(series)).toEqual(['n{comm="a",pid="1"} 7', 'n{comm="b",pid="2"} 9', 'depth{comm="a",pid="1"} 1']);
    await series.collect(
      held([
        ['a', 1, 4],
        ['b', 2, 1],
      ]),
      3,
    );
    expect(shown(series).slice(0, 2)).toEqual(['n{comm="a",pid="1"} 9', 'n{comm="b",pid="2"} 10']);
  });

  it('never go down when one of several entries is gone', async () => {
    const series = table();
    await series.collect(
      held([
        ['a', 1, 5],
        ['a', 2, 7],
      ]),
      1,
    );
    await series.collect(held([['a', 1, 6]]), 2);
    expect(shown(series)[0]).toBe('n{comm="a"} 12');
    await series.collect(held([['a', 1, 8]]), 3);
    expect(shown(series)[0]).toBe('n{comm="a"} 14');
  });

  it('beyond the limit are one more, the smallest of the new ones, so that the sum is right', async () => {
    const series = table({ series: 2 });
    await series.collect(
      held([
        ['a', 1, 1],
        ['b', 1, 20],
        ['c', 1, 3],
        ['d', 1, 10],
      ]),
      1,
    );
    expect(shown(series).slice(0, 3)).toEqual(['n{comm="b"} 20', 'n{comm="d"} 10', 'n{probepipe_overflow="true"} 4']);
    expect([series.shown, series.overflowed, series.entries]).toEqual([2, 2, 4]);
    await series.collect(
      held([
        ['a', 1, 100],
        ['b', 1, 20],
        ['c', 1, 3],
        ['d', 1, 10],
        ['e', 1, 1],
      ]),
      2,
    );
    expect(shown(series).slice(0, 3)).toEqual(['n{comm="b"} 20', 'n{comm="d"} 10', 'n{probepipe_overflow="true"} 104']);
  });

  it('are right for a map that is far larger than the limit', async () => {
    const series = table({ series: 3 });
    const rows = Array.from({ length: 9000 }, (_, index): Row => [index.toString(36), 1, index]);
    await series.collect(held(rows), 1);
    const numbers = shown(series).filter((line) => line.startsWith('n'));
    expect(numbers).toHaveLength(4);
    expect(
      numbers
        .slice(0, 3)
        .map((line) => Number(line.split(' ')[1]))
        .sort(),
    ).toEqual([8997, 8998, 8999]);
    const sum = numbers.reduce((all, line) => all + Number(line.split(' ')[1]), 0);
    expect([sum, series.overflowed]).toEqual([(8999 * 9000) / 2, 8997]);
  });

  it('expire when nothing changes, come again when something does, and make room for others', async () => {
    const series = table({ series: 1, expireMs: 10 });
    await series.collect(held([['a', 1, 5]]), 1);
    await series.collect(held([['a', 1, 5]]), 12);
    expect(shown(series)).toEqual([]);
    await series.collect(
      held([
        ['a', 1, 5],
        ['b', 1, 1],
      ]),
      13,
    );
    expect(shown(series)[0]).toBe('n{comm="b"} 1');
    // No room for it any more: only what is new goes to the others.
    await series.collect(
      held([
        ['a', 1, 8],
        ['b', 1, 2],
      ]),
      14,
    );
    expect(shown(series).slice(0, 2)).toEqual(['n{comm="b"} 2', 'n{probepipe_overflow="true"} 3']);
    const roomy = table({ expireMs: 10 });
    await roomy.collect(held([['a', 1, 5]]), 1);
    await roomy.collect(held([['a', 1, 5]]), 12);
    await roomy.collect(held([['a', 1, 6]]), 13);
    expect(shown(roomy)[0]).toBe('n{comm="a"} 6');
  });

  it('of a map that starts anew add up all that it held, whenever it did', async () => {
    const of = { ...map, reset: true };
    const series = table({ of });
    await series.collect(held([['a', 1, 5]], of), 1);
    series.add(
      held(
        [
          ['a', 1, 6],
          ['b', 1, 1],
        ],
        of,
      ),
      2,
    );
    await series.collect(held([], of), 3);
    expect(shown(series)).toEqual(['n{comm="a"} 6', 'n{comm="b"} 1', 'depth{comm="a"} 6', 'depth{comm="b"} 1']);
    await series.collect(held([['b', 1, 3]], of), 4);
    expect(shown(series).slice(0, 2)).toEqual(['n{comm="a"} 6', 'n{comm="b"} 4']);
    // Told while a reading of what was there before is looked at.
    const reading = series.collect(
      held(
        Array.from({ length: 1500 }, (_, pid): Row => ['c', pid, 1]),
        of,
      ),
      5,
    );
    series.add(
      held(
        Array.from({ length: 1500 }, (_, pid): Row => ['c', pid, 1]),
        of,
      ),
      5,
    );
    await reading;
    await series.collect(held([], of), 6);
    expect(shown(series)).toContain('n{comm="c"} 1500');
  });

  it('wrap as the kernel’s own counters do, and keep 64 bits', async () => {
    const series = table();
    const value = Buffer.concat([int(2n ** 64n - 1n, 8), int(2n ** 64n - 1n, 8)]);
    const key = Buffer.concat([Buffer.from('a\0\0\0'), int(1, 4)]);
    const moment = { cpus: 1, clockOffset: 0n, time: 0n };
    await series.collect(new MapReader(map).snapshot({ count: 1, keys: key, values: value }, moment), 1);
    expect(shown(series)).toEqual(['n{comm="a"} 18446744073709551615', 'depth{comm="a"} 18446744073709551615']);
  });
});
