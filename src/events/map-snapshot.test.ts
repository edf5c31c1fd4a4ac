import { describe, expect, it } from 'vitest';
import * as t from '../../test/support/records.js';
import type { AggregateSlot, MapManifest } from '../compile/manifest.js';
import { mapColumns } from '../compile/map-columns.js';
import { drawSnapshot } from './map-drawing.js';
import { MapReader, type SnapshotMoment } from './map-snapshot.js';

const moment: SnapshotMoment = { cpus: 1, clockOffset: 0n, time: 1_790_000_000_000_000_000n };
const twoCpus: SnapshotMoment = { ...moment, cpus: 2 };

function map(value: readonly AggregateSlot[], valueSize: number, more: Partial<MapManifest> = {}): MapManifest {
  return {
    name: 'm',
    map: 'm',
    kind: 'hash',
    perCpu: false,
    maxEntries: 1024,
    keySize: 2,
    valueSize,
    key: [{ name: 'dport', type: t.u16, offset: 0, size: 2 }],
    value,
    reset: false,
    order: 'desc',
    shown: true,
    ...more,
  };
}

const count: AggregateSlot = { name: '', aggregation: 'count', offset: 0 };

/** Entries of one u16 key each and the u64s of all CPUs' values. */
function entries(...rows: readonly (readonly [key: number, ...words: (number | bigint)[]])[]) {
  return {
    count: rows.length,
    keys: Buffer.concat(rows.map(([key]) => t.int(key, 2))),
    values: Buffer.concat(rows.flatMap(([, ...words]) => words.map((word) => t.int(word, 8)))),
  };
}

function lines(
  manifest: MapManifest,
  from: ReturnType<typeof entries>,
  at = moment,
  format: 'jsonl' | 'csv' | 'logfmt' = 'jsonl',
) {
  const snapshot = new MapReader(manifest).snapshot(from, at);
  const columns = ['map', ...mapColumns(manifest)];
  const chunks = [...snapshot.encode(format, columns)];
  return Buffer.concat(chunks.map((chunk) => chunk.bytes))
    .toString()
    .split(format === 'csv' ? '\r\n' : '\n')
    .filter((line) => line !== '');
}

function drawn(manifest: MapManifest, from: ReturnType<typeof entries>, at = moment) {
  return [...drawSnapshot(new MapReader(manifest).snapshot(from, at), { width: 80, unicode: false })];
}

describe('rows as logfmt', () => {
  it('have a word for each part of the key and the value', () => {
    const stats: AggregateSlot = { name: 'took', aggregation: 'stats', offset: 8, signed: false, as: 'duration' };
    const of = map([{ ...count, name: 'n' }, stats], 40, { everyNs: '1000000000' });
    expect(lines(of, entries([443, 3, 2, 30, BigInt.asUintN(64, ~10n), 20]), moment, 'logfmt')).toEqual([
      'map=m time=2026-09-21T14:13:20.000000000Z dport=443 n=3 took="{\\"count\\":2,\\"sum\\":30,\\"min\\":10,\\"max\\":20,\\"avg\\":15}"',
    ]);
  });
});

describe('rows as JSON', () => {
  it('come in the order of their values, equal ones by key', () => {
    expect(lines(map([count], 8), entries([443, 5], [80, 1000], [22, 5]))).toEqual(
      [
        '{"map":"m","dport":80,"count":1000}',
        '{"map":"m","dport":22,"count":5}',
        '{"map":"m","dport":443,"count":5}',
      ].sort((a, b) => (a.includes('1000') ? -1 : b.includes('1000') ? 1 : 0)),
    );
  });

  it('ascend where asked, and only the top ones are there', () => {
    const snapshot = new MapReader(map([count], 8, { order: 'asc', top: 2 })).snapshot(
      entries([1, 30], [2, 10], [3, 20]),
      moment,
    );
    expect([...snapshot.rows()].map((row) => row.keys[0])).toEqual([2, 3]);
    expect([snapshot.count, snapshot.total, snapshot.leftOut]).toEqual([2, 3, 1]);
  });

  it('add up every CPU’s part exactly', () => {
    const perCpu = { kind: 'percpu_hash', perCpu: true } as const;
    const half = 1n << 63n;
    expect(lines(map([count], 8, perCpu), entries([80, half - 1n, half]), twoCpus)).toEqual([
      '{"map":"m","dport":80,"count":18446744073709551615}',
    ]);
    const sum: AggregateSlot = { name: '', aggregation: 'sum', offset: 0, signed: true };
    expect(lines(map([sum], 8, perCpu), entries([80, -7, 3]), twoCpus)).toEqual(['{"map":"m","dport":80,"sum":-4}']);
  });

  it('decode min and max as they are stored', () => {
    const bias = 1n << 63n;
    const u64 = (value: bigint) => BigInt.asUintN(64, value);
    const slots = (signed: boolean): AggregateSlot[] => [
      { name: 'low', aggregation: 'min', offset: 0, signed },
      { name: 'high', aggregation: 'max', offset: 8, signed },
    ];
    const perCpu = { kind: 'percpu_hash', perCpu: true } as const;
    const stored = (low: bigint, high: bigint) => [u64(~(low + bias)), u64(high + bias)] as const;
    expect(lines(map(slots(true), 16, perCpu), entries([1, ...stored(-5n, 7n), ...stored(-9n, 2n)]), twoCpus)).toEqual([
      '{"map":"m","dport":1,"low":-9,"high":7}',
    ]);
    // The second CPU has seen nothing.
    expect(lines(map(slots(false), 16, perCpu), entries([1, u64(~3n), 40n, 0, 0]), twoCpus)).toEqual([
      '{"map":"m","dport":1,"low":3,"high":40}',
    ]);
    expect(lines(map(slots(true), 16), entries([1, 0, 0]))).toEqual(['{"map":"m","dport":1,"low":null,"high":null}']);
  });

  it('have averages and statistics', () => {
    const avg: AggregateSlot = { name: 'mean', aggregation: 'avg', offset: 0, signed: false };
    expect(lines(map([avg], 16), entries([1, 4, 10], [2, 2, 8], [3, 0, 0]))).toEqual([
      '{"map":"m","dport":2,"mean":4}',
      '{"map":"m","dport":1,"mean":2.5}',
      '{"map":"m","dport":3,"mean":null}',
    ]);
    const stats: AggregateSlot = { name: '', aggregation: 'stats', offset: 0, signed: false, as: 'duration' };
    const stored = [3, 1000, BigInt.asUintN(64, ~100n), 700] as const;
    expect(lines(map([stats], 32), entries([1, ...stored]))).toEqual([
      '{"map":"m","dport":1,"count":3,"sum":1000,"min":100,"max":700,"avg":333}',
    ]);
    expect(lines(map([{ ...stats, name: 'size' }], 32), entries([1, ...stored]))).toEqual([
      '{"map":"m","dport":1,"size":{"count":3,"sum":1000,"min":100,"max":700,"avg":333}}',
    ]);
  });

  it('have the buckets of histograms that hold something', () => {
    const hist: AggregateSlot = { name: '', aggregation: 'hist', offset: 0, signed: false };
    const words = new Array<number>(65).fill(0);
    words[0] = 2;
    words[1] = 5;
    words[64] = 1;
    expect(lines(map([hist], 65 * 8), entries([1, ...words]))).toEqual([
      '{"map":"m","dport":1,"buckets":[{"ge":0,"lt":1,"count":2},{"ge":1,"lt":2,"count":5},' +
        '{"ge":9223372036854775808,"lt":18446744073709551616,"count":1}],"count":8}',
    ]);
  });

  it('mirror the negative buckets of signed histograms', () => {
    const hist: AggregateSlot = { name: 'delta', aggregation: 'hist', offset: 0, signed: true };
    const words = new Array<number>(129).fill(0);
    words[63] = 1;
    words[62] = 2;
    words[64] = 3;
    words[65] = 4;
    expect(lines(map([hist], 129 * 8), entries([1, ...words]))).toEqual([
      '{"map":"m","dport":1,"delta":{"buckets":[{"ge":-3,"lt":-1,"count":2},{"ge":-1,"lt":0,"count":1},' +
        '{"ge":0,"lt":1,"count":3},{"ge":1,"lt":2,"count":4}],"count":10}}',
    ]);
  });

  it('have open buckets at both ends of linear histograms', () => {
    const lhist: AggregateSlot = {
      name: '',
      aggregation: 'lhist',
      offset: 0,
      signed: true,
      min: '-10',
      max: '15',
      step: '10',
    };
    expect(lines(map([lhist], 40), entries([1, 1, 2, 0, 3, 4]))).toEqual([
      '{"map":"m","dport":1,"buckets":[{"lt":-10,"count":1},{"ge":-10,"lt":0,"count":2},' +
        '{"ge":10,"lt":15,"count":3},{"ge":15,"count":4}],"count":10}',
    ]);
  });

  it('have several keys, plain values, and say when where the map is shown again and again', () => {
    const manifest = map(
      [
        { name: 'last', aggregation: 'value', offset: 0, size: 8, type: t.timestamp },
        { name: 'uid', aggregation: 'value', offset: 8, size: 4, type: t.u32 },
      ],
      16,
      {
        keySize: 18,
        everyNs: '1000000000',
        key: [
          { name: 'comm', type: { kind: 'text', size: 16 }, offset: 0, size: 16 },
          { name: 'port', type: t.u16, offset: 16, size: 2 },
        ],
      },
    );
    const key = Buffer.concat([Buffer.from('a"b\n'.padEnd(16, '\0')), t.int(443, 2)]);
    const value = Buffer.concat([t.int(5_000_000_001n, 8), t.int(1000, 8)]);
    expect(lines(manifest, { count: 1, keys: key, values: value })).toEqual([
      '{"map":"m","time":"2026-09-21T14:13:20.000000000Z","comm":"a\\"b\\n","port":443,' +
        '"last":"1970-01-01T00:00:05.000000001Z","uid":1000}',
    ]);
  });

  it('never name two things alike', () => {
    const manifest = map([count], 8, { key: [{ name: 'count', type: t.u16, offset: 0, size: 2 }] });
    expect(lines(manifest, entries([7, 9]))).toEqual(['{"map":"m","count":7,"count_":9}']);
    const unnamed = map([count], 8, { key: [{ name: '', type: t.u16, offset: 0, size: 2 }] });
    expect(lines(unnamed, entries([7, 9]))).toEqual(['{"map":"m","key":7,"count":9}']);
  });

  it('leave out what was never touched in arrays, and keep an array in its order', () => {
    const manifest = map([count], 8, {
      kind: 'percpu_array',
      perCpu: true,
      keySize: 4,
      key: [{ name: 'cpu', type: t.u32, offset: 0, size: 4 }],
    });
    const keys = Buffer.concat([0, 1, 2].map((index) => t.int(index, 4)));
    const values = Buffer.concat([0, 1, 0, 0, 5, 5].map((word) => t.int(word, 8)));
    expect(lines(manifest, { count: 3, keys, values }, twoCpus)).toEqual([
      '{"map":"m","cpu":0,"count":1}',
      '{"map":"m","cpu":2,"count":10}',
    ]);
  });

  it('read plain values of odd sizes at each CPU’s place', () => {
    const manifest = map([{ name: '', aggregation: 'value', offset: 0, size: 4, type: t.u32 }], 4, {
      kind: 'percpu_hash',
      perCpu: true,
    });
    expect(lines(manifest, entries([1, 3, 4]), twoCpus)).toEqual(['{"map":"m","dport":1,"value":7}']);
    expect(
      lines(
        { ...manifest, kind: 'hash', perCpu: false },
        {
          count: 2,
          keys: Buffer.concat([t.int(1, 2), t.int(2, 2)]),
          values: Buffer.concat([t.int(8, 4), t.int(9, 4)]),
        },
      ),
    ).toEqual(['{"map":"m","dport":2,"value":9}', '{"map":"m","dport":1,"value":8}']);
  });

  it('come in chunks, every row once', () => {
    const rows = Array.from({ length: 5001 }, (_, key) => [key, key + 1] as const);
    const snapshot = new MapReader(map([count], 8)).snapshot(entries(...rows), moment);
    const chunks = [...snapshot.encode('jsonl', [])];
    expect(chunks.map((chunk) => chunk.count)).toEqual([2000, 2000, 1001]);
    for (const chunk of chunks) expect(chunk.ends.at(-1)).toBe(chunk.bytes.length);
  });
});

describe('rows as CSV', () => {
  it('hold what JSON has as an array as its text', () => {
    const hist: AggregateSlot = { name: '', aggregation: 'hist', offset: 0, signed: false };
    const words = [0, 5, ...new Array<number>(63).fill(0)];
    expect(lines(map([hist], 65 * 8), entries([80, ...words]), moment, 'csv')).toEqual([
      'm,80,"[{""ge"":1,""lt"":2,""count"":5}]",5',
    ]);
  });
});

describe('drawings', () => {
  it('align their columns and say what is left out', () => {
    expect(drawn(map([count], 8, { top: 2 }), entries([443, 5], [80, 1000], [22, 1]))).toEqual([
      'm',
      '  dport  count',
      '     80   1000',
      '    443      5',
      '  … and 1 more',
    ]);
    expect(drawn(map([count], 8), entries())).toEqual(['m (empty)']);
  });

  it('tell the time of maps that are shown again and again', () => {
    const [title] = drawn(map([count], 8, { everyNs: '1000000000' }), entries([443, 5]));
    expect(title).toMatch(/^m at \d\d:\d\d:\d\d\.\d{3}$/);
  });

  it('draw histograms as bars with ranges in human units', () => {
    const hist: AggregateSlot = { name: '', aggregation: 'hist', offset: 0, signed: false, as: 'duration' };
    const words = new Array<number>(65).fill(0);
    words[10] = 5;
    words[12] = 10;
    expect(drawn(map([hist], 65 * 8), entries([80, ...words]))).toEqual([
      'm',
      '',
      '  dport=80  count 15',
      `  [512ns, 1.02us)    5  |${'@'.repeat(27).padEnd(53)}|`,
      `  [1.02us, 2.05us)   0  |${' '.repeat(53)}|`,
      `  [2.05us, 4.1us)   10  |${'@'.repeat(53)}|`,
    ]);
  });

  it('show something for the smallest count, in blocks where the terminal has them', () => {
    const lhist: AggregateSlot = {
      name: '',
      aggregation: 'lhist',
      offset: 0,
      signed: false,
      min: '0',
      max: '20',
      step: '10',
    };
    const snapshot = new MapReader(map([lhist], 32)).snapshot(entries([1, 0, 1, 100000, 2]), moment);
    const bars = [...drawSnapshot(snapshot, { width: 60, unicode: true })].slice(3);
    expect(bars.map((line) => line.replace(/█+/, '█').replace(/ +\|$/, '|'))).toEqual([
      '  [0, 10)        1  |▏|',
      '  [10, 20)  100000  |█|',
      '  [20, …)        2  |▏|',
    ]);
  });

  it('set the parts of statistics side by side', () => {
    const stats: AggregateSlot = { name: 'took', aggregation: 'stats', offset: 0, signed: false, as: 'duration' };
    const stored = [3, 3_000_000, BigInt.asUintN(64, ~100n), 2_999_000] as const;
    expect(drawn(map([stats], 32), entries([1, ...stored]))).toEqual([
      'm',
      '  dport  took.count  took.sum  took.min  took.max  took.avg',
      '      1           3       3ms     100ns       3ms       1ms',
    ]);
  });

  it('make control characters in keys harmless', () => {
    const manifest = map([count], 8, {
      keySize: 16,
      key: [{ name: 'comm', type: { kind: 'text', size: 16 }, offset: 0, size: 16 }],
    });
    const keys = Buffer.from('\u001b[2Jx'.padEnd(16, '\0'));
    expect(drawn(manifest, { count: 1, keys, values: Buffer.from(t.int(1, 8)) }).at(-1)).toBe('  \\x1b[2Jx      1');
  });
});
