import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as t from '../../test/support/records.js';
import type { ProbeManifest, ValueType } from '../compile/manifest.js';
import { csvColumns, csvHeader, EventReader } from './event-batch.js';
import { everything, Selection } from './selection.js';

const offset = 1_790_000_000_000_000_000n;

function read(probes: readonly ProbeManifest[], records: readonly Uint8Array[], flags: readonly number[] = []) {
  const ring = t.testRing(records, flags);
  return new EventReader(t.testManifest(probes)).batch(ring.memory, ring.start, ring.end, offset);
}

function jsonl(probe: ProbeManifest, values: Readonly<Record<string, Uint8Array>>): string {
  const { bytes } = read([probe], [t.testRecord(probe, values)]).encode('jsonl', everything);
  return Buffer.from(bytes).toString('utf8');
}

function one(type: ValueType, size: number, bytes: Uint8Array): string {
  const line = jsonl(t.testProbe('p', 3, [{ name: 'x', type, size }]), { x: bytes });
  return /^\{"probe":"p","x":(.*)\}\n$/s.exec(line)?.[1] ?? line;
}

const connect = t.testProbe('connect', 0, [
  { name: 'time', type: t.timestamp, size: 8 },
  { name: 'pid', type: t.u32, size: 4 },
  { name: 'comm', type: { kind: 'text', size: 16 }, size: 16 },
  { name: 'daddr', type: { kind: 'ip' }, size: 20 },
  { name: 'dport', type: t.u16, size: 2 },
]);
const open = t.testProbe('open', 1, [
  { name: 'pid', type: t.u32, size: 4 },
  { name: 'path', type: { kind: 'string', max: 16 }, size: 24 },
]);

const connectRecord = t.testRecord(connect, {
  time: t.int(7_200_000_000_123n, 8),
  pid: t.int(4242, 4),
  comm: t.text('curl'),
  daddr: t.ip4(192, 0, 2, 1),
  dport: t.int(443, 2),
});
const openRecord = t.testRecord(open, { pid: t.int(7, 4), path: t.stringSlot('/etc/hosts', 16) });

describe('JSON Lines', () => {
  it('writes an event byte for byte', () => {
    const { bytes, count, ends } = read([connect], [connectRecord]).encode('jsonl', everything);
    expect(Buffer.from(bytes).toString()).toBe(
      '{"probe":"connect","time":"2026-09-21T16:13:20.000000123Z","pid":4242,"comm":"curl","daddr":"192.0.2.1","dport":443}\n',
    );
    expect([count, [...ends]]).toEqual([1, [bytes.length]]);
  });

  it.each([
    [t.u8, 1, 255, '255'],
    [t.i8, 1, -128, '-128'],
    [t.u16, 2, 65535, '65535'],
    [t.u32, 4, 4294967295, '4294967295'],
    [t.i32, 4, -2147483648, '-2147483648'],
    [t.u64, 8, 18446744073709551615n, '18446744073709551615'],
    [t.u64, 8, 9007199254740993n, '9007199254740993'],
    [t.u64, 8, 10_000_000_000_000_000n, '10000000000000000'],
    [t.i64, 8, -9223372036854775808n, '-9223372036854775808'],
    [t.i64, 8, -1, '-1'],
    [t.duration, 8, 1_234_567, '1234567'],
    [{ ...t.u64, as: 'hex' } as const, 8, 0xffffffff81000000n, '"0xffffffff81000000"'],
    [{ ...t.i32, as: 'hex' } as const, 4, -1, '"0xffffffff"'],
    [{ ...t.i32, as: 'errno' } as const, 4, 2, '"ENOENT"'],
    [{ ...t.i32, as: 'errno' } as const, 4, 0, 'null'],
    [{ ...t.u32, as: 'signal' } as const, 4, 9, '"SIGKILL"'],
    [{ kind: 'bool' } as const, 1, 1, 'true'],
    [{ kind: 'bool' } as const, 1, 0, 'false'],
    [{ kind: 'enum', bytes: 4, signed: true, names: { '-1': 'NONE', '1': 'WRITE' } } as const, 4, -1, '"NONE"'],
    [{ kind: 'enum', bytes: 4, signed: false, names: { '1': 'WRITE' } } as const, 4, 77, '"77"'],
    [{ kind: 'enum', bytes: 8, signed: false, names: { '18446744073709551615': 'ALL' } } as const, 8, -1, '"ALL"'],
  ] as const)('writes %j of %i bytes: %s', (type, size, value, expected) => {
    expect(one(type, size, t.int(value, size))).toBe(expected);
  });

  it.each([
    [[0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], '2001:db8::1'],
    [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
    [[0, 0, 0, 0, 0, 0, 0, 1], '::1'],
    [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1'],
    [[0x2001, 0, 0, 1, 0, 0, 0, 1], '2001:0:0:1::1'],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'],
    [[0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201], '::ffff:192.0.2.1'],
    [[0xfe80, 1, 2, 3, 4, 5, 0, 0], 'fe80:1:2:3:4:5::'],
  ])('writes an IPv6 address as RFC 5952 has it: %j', (groups, expected) => {
    expect(one({ kind: 'ip' }, 20, t.ip6(groups))).toBe(`"${expected}"`);
  });

  it('writes every byte of an IPv4 address', () => {
    for (let byte = 0; byte < 256; byte++)
      expect(one({ kind: 'ip' }, 20, t.ip4(byte, 0, 10, 255 - byte))).toBe(`"${byte}.0.10.${255 - byte}"`);
    expect(one({ kind: 'ip' }, 20, new Uint8Array(20))).toBe('null');
  });

  it('writes MAC addresses and bytes in hexadecimal', () => {
    expect(one({ kind: 'mac' }, 6, Uint8Array.of(0, 0x1b, 0x21, 0xff, 0x0a, 9))).toBe('"00:1b:21:ff:0a:09"');
    expect(one({ kind: 'bytes', max: 8 }, 12, t.bytesSlot(Uint8Array.of(1, 0, 255), 8))).toBe('"0100ff"');
  });

  it.each([
    ['quotes "and" \\slashes\\', '"quotes \\"and\\" \\\\slashes\\\\"'],
    ['a\nb\tc\rd\be\f', '"a\\nb\\tc\\rd\\be\\f"'],
    ['\u001b[31m\u0007', '"\\u001b[31m\\u0007"'],
    ['c1 \u009b2J', '"c1 \\u009b2J"'],
    ['grüße 你好 🎉', '"grüße 你好 🎉"'],
    ['</script>', '"</script>"'],
  ])('escapes the text %j', (value, expected) => {
    expect(one({ kind: 'string', max: 64 }, 72, t.stringSlot(value, 64))).toBe(expected);
  });

  it('replaces what is not UTF-8', () => {
    const type = { kind: 'string', max: 16 } as const;
    for (const bytes of [
      [0xff],
      [0xc3],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x9f, 0x98],
      [0x61, 0xc0, 0xaf, 0x62],
      [0xe2, 0x82, 0x41],
    ]) {
      const value = Uint8Array.from(bytes);
      expect(JSON.parse(one(type, 24, t.stringSlot(value, 16)))).toBe(Buffer.from(value).toString('utf8'));
    }
  });

  it('shows text that the kernel cut without its last byte, and none for a count that cannot be', () => {
    const type = { kind: 'string', max: 4 } as const;
    expect(one(type, 12, t.stringSlot('abcdefgh', 4))).toBe('"abcd"');
    expect(one(type, 12, t.stringSlot('abcd', 4))).toBe('"abcd"');
    expect(one(type, 12, t.stringSlot('', 4))).toBe('""');
    expect(one(type, 12, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 97, 98))).toBe('""');
  });

  it('writes constants and the results of functions, nested ones too', () => {
    const probe = t.testProbe('p', 0, [
      { name: 'tag', type: t.u32, size: 4, value: () => ({ op: 'const', value: 'a "b"\n' }) },
      { name: 'big', type: t.u32, size: 4, value: () => ({ op: 'const', value: { integer: '18446744073709551615' } }) },
      { name: 'on', type: t.u32, size: 4, value: () => ({ op: 'const', value: true }) },
      {
        name: 'error',
        type: t.i64,
        size: 8,
        value: (slot) => ({ op: 'call', function: 'errno', arguments: [{ op: 'slot', slot, type: t.i64 }] }),
      },
      {
        name: 'address',
        type: t.u64,
        size: 8,
        value: (slot) => ({
          op: 'call',
          function: 'hex',
          arguments: [{ op: 'slot', slot, type: { ...t.u64, as: 'hex' } }],
        }),
      },
      {
        name: 'user',
        type: t.u32,
        size: 4,
        value: (slot) => ({ op: 'call', function: 'user', arguments: [{ op: 'slot', slot, type: t.u32 }] }),
      },
    ]);
    expect(jsonl(probe, { error: t.int(13, 8), address: t.int(0xfffffffffffffffen, 8) })).toBe(
      '{"probe":"p","tag":"a \\"b\\"\\n","big":18446744073709551615,"on":true,"error":"EACCES","address":"0xfffffffffffffffe","user":"root"}\n',
    );
  });

  it('keeps hostile field and probe names as text', () => {
    const probe = t.testProbe('p"\\`$(1)\n', 0, [
      { name: '__proto__', type: t.u32, size: 4 },
      { name: '"];throw 1;//', type: t.u32, size: 4 },
    ]);
    const batch = read([probe], [t.testRecord(probe, { ['__proto__']: t.int(1, 4) })]);
    const line = Buffer.from(batch.encode('jsonl', everything).bytes).toString();
    expect(Object.entries(JSON.parse(line))).toEqual([
      ['probe', 'p"\\`$(1)\n'],
      ['__proto__', 1],
      ['"];throw 1;//', 0],
    ]);
    expect(Object.entries(batch.objects(everything)[0] ?? {})).toEqual(Object.entries(JSON.parse(line)));
  });

  it('lets a field named "probe" take the place of the probe', () => {
    const probe = t.testProbe('p', 0, [{ name: 'probe', type: t.u32, size: 4 }]);
    expect(jsonl(probe, { probe: t.int(5, 4) })).toBe('{"probe":5}\n');
  });

  it('is exact for clocks of any uptime and offset', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, (1n << 63n) - 1n),
        fc.bigInt(-(10n ** 18n), 4n * 10n ** 18n),
        (monotonic, clockOffset) => {
          const probe = t.testProbe('p', 0, [{ name: 'time', type: t.timestamp, size: 8 }]);
          const ring = t.testRing([t.testRecord(probe, { time: t.int(monotonic, 8) })]);
          const batch = new EventReader(t.testManifest([probe])).batch(ring.memory, ring.start, ring.end, clockOffset);
          const line: { time: string } = JSON.parse(Buffer.from(batch.encode('jsonl', everything).bytes).toString());
          const whole = monotonic + clockOffset;
          const nanoseconds = ((whole % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
          const date = new Date(Number((whole - nanoseconds) / 1_000_000n)).toISOString().slice(0, 19);
          expect(line.time).toBe(`${date}.${String(nanoseconds).padStart(9, '0')}Z`);
        },
      ),
    );
  });
});

describe('batches', () => {
  it('tells interleaved probes apart and counts exactly', () => {
    const batch = read([connect, open], [openRecord, connectRecord, openRecord]);
    const lines = Buffer.from(batch.encode('jsonl', everything).bytes).toString().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).probe)).toEqual(['open', 'connect', 'open']);
    expect(batch.count(everything)).toBe(3);
    expect(batch.count(new Selection({ from: ['open'] }))).toBe(2);
    expect(batch.count(new Selection({ from: ['other'] }))).toBe(0);
    expect(batch.countOf(connect)).toBe(1);
    expect(batch.malformed).toBe(0);
  });

  it('skips discarded records and counts malformed ones without reading beyond them', () => {
    const short = openRecord.slice(0, 16);
    const unknown = Uint8Array.from(openRecord);
    unknown[0] = 99;
    const tiny = Uint8Array.of(1);
    const batch = read(
      [connect, open],
      [openRecord, openRecord, short, unknown, tiny, connectRecord],
      [0, 0x40000000, 0, 0, 0, 0],
    );
    expect([batch.count(everything), batch.malformed]).toEqual([2, 3]);
    expect(batch.encode('jsonl', everything).count).toBe(2);
    expect(batch.objects(everything).length).toBe(2);
  });

  it('does not read past the end of what it was given', () => {
    const ring = t.testRing([openRecord, openRecord]);
    const reader = new EventReader(t.testManifest([open]));
    const batch = reader.batch(ring.memory, ring.start, ring.end - 16, 0n);
    expect([batch.count(everything), batch.malformed]).toEqual([1, 1]);
  });

  it('encodes once for sinks of the same selection', () => {
    const batch = read([connect], [connectRecord]);
    const first = batch.encode('jsonl', new Selection({ from: ['connect'] }));
    expect(batch.encode('jsonl', new Selection({ from: ['connect'] }))).toBe(first);
  });

  it('keeps the outputs of different selections apart', () => {
    const batch = read([connect, open], [connectRecord, openRecord]);
    const pids = batch.encode('jsonl', new Selection({ from: ['connect', 'open'], fields: ['dport', 'pid'] }));
    const all = batch.encode('jsonl', everything);
    expect(Buffer.from(pids.bytes).toString()).toBe(
      '{"probe":"connect","dport":443,"pid":4242}\n{"probe":"open","pid":7}\n',
    );
    expect(all.count).toBe(2);
  });

  it('grows its output for batches larger than any before', () => {
    const probe = t.testProbe('p', 0, [{ name: 'x', type: { kind: 'string', max: 4094 }, size: 4100 }]);
    const record = t.testRecord(probe, { x: t.stringSlot('\u0001'.repeat(4094), 4094) });
    const { bytes, count, ends } = read([probe], new Array<Uint8Array>(5000).fill(record)).encode('jsonl', everything);
    expect([count, bytes.length, ends.length]).toEqual([
      5000,
      5000 * (4094 * 6 + '{"probe":"p","x":""}\n'.length),
      5000,
    ]);
    expect(new Set(Buffer.from(bytes).toString().trim().split('\n')).size).toBe(1);
  });
});

describe('CSV', () => {
  it('has one header for probes of different fields', () => {
    const manifest = t.testManifest([connect, open]);
    expect(csvHeader(csvColumns(manifest, everything))).toBe('probe,time,pid,comm,daddr,dport,path\r\n');
    const { bytes } = read([connect, open], [connectRecord, openRecord]).encode('csv', everything);
    expect(Buffer.from(bytes).toString()).toBe(
      'connect,2026-09-21T16:13:20.000000123Z,4242,curl,192.0.2.1,443,\r\nopen,,7,,,,/etc/hosts\r\n',
    );
  });

  it('quotes what needs it', () => {
    const write = (value: string) => {
      const probe = t.testProbe('p', 0, [{ name: 'x', type: { kind: 'string', max: 40 }, size: 48 }]);
      const batch = read([probe], [t.testRecord(probe, { x: t.stringSlot(value, 40) })]);
      return Buffer.from(batch.encode('csv', everything).bytes).toString();
    };
    expect(write('a,b')).toBe('p,"a,b"\r\n');
    expect(write('say "hi"')).toBe('p,"say ""hi"""\r\n');
    expect(write('two\r\nlines')).toBe('p,"two\r\nlines"\r\n');
    expect(write('')).toBe('p,\r\n');
  });
});

describe('logfmt', () => {
  it('has a word for each field', () => {
    const { bytes } = read([connect, open], [connectRecord, openRecord]).encode('logfmt', everything);
    expect(Buffer.from(bytes).toString()).toBe(
      'probe=connect time=2026-09-21T16:13:20.000000123Z pid=4242 comm=curl daddr=192.0.2.1 dport=443\nprobe=open pid=7 path=/etc/hosts\n',
    );
  });

  it('quotes what needs it', () => {
    const write = (value: string) => {
      const probe = t.testProbe('p', 0, [{ name: 'x', type: { kind: 'string', max: 40 }, size: 48 }]);
      const batch = read([probe], [t.testRecord(probe, { x: t.stringSlot(value, 40) })]);
      return Buffer.from(batch.encode('logfmt', everything).bytes).toString();
    };
    expect(write('a,b')).toBe('probe=p x=a,b\n');
    expect(write('a b')).toBe('probe=p x="a b"\n');
    expect(write('a=b')).toBe('probe=p x="a=b"\n');
    expect(write('say "hi"\n')).toBe('probe=p x="say \\"hi\\"\\n"\n');
    expect(write('ü')).toBe('probe=p x="ü"\n');
    expect(write('')).toBe('probe=p x=""\n');
  });
});

describe('round trips', () => {
  const shape = t.testProbe('p', 2, [
    { name: 'time', type: t.timestamp, size: 8 },
    { name: 'a', type: t.u64, size: 8 },
    { name: 'b', type: t.i64, size: 8 },
    { name: 'c', type: t.i32, size: 4 },
    { name: 'comm', type: { kind: 'text', size: 16 }, size: 16 },
    { name: 'path', type: { kind: 'string', max: 32 }, size: 40 },
    { name: 'raw', type: { kind: 'bytes', max: 8 }, size: 12 },
    { name: 'ip', type: { kind: 'ip' }, size: 20 },
    { name: 'flag', type: { kind: 'bool' }, size: 1 },
  ]);
  const u64 = fc.bigInt(0n, (1n << 64n) - 1n);
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 32 }),
    fc.string({ unit: 'binary', maxLength: 8 }).map((value) => Buffer.from(value)),
  );
  const record = fc
    .record({
      time: fc.bigInt(0n, 1n << 62n).map((value) => t.int(value, 8)),
      a: u64.map((value) => t.int(value, 8)),
      b: u64.map((value) => t.int(value, 8)),
      c: u64.map((value) => t.int(value, 4)),
      comm: fc.uint8Array({ minLength: 0, maxLength: 16 }),
      path: hostile.map((bytes) => t.stringSlot(bytes, 32)),
      raw: fc.uint8Array({ maxLength: 8 }).map((bytes) => t.bytesSlot(bytes, 8)),
      ip: fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .chain((address) => fc.constantFrom(0, 4, 6).map((version) => Uint8Array.of(version, 0, 0, 0, ...address))),
      flag: fc.boolean().map((value) => Uint8Array.of(value ? 1 : 0)),
    })
    .map((values) => t.testRecord(shape, values));

  it('every JSON line parses to the decoded object', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const batch = read([shape], records);
        const { bytes, ends } = batch.encode('jsonl', everything);
        const objects = batch.objects(everything);
        objects.forEach((object, index) => {
          const line = Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index])).toString();
          expect(line.indexOf('\n')).toBe(line.length - 1);
          for (const wide of ['a', 'b']) expect(line).toContain(`"${wide}":${object[wide]},`);
          const parsed = JSON.parse(line);
          expect(parsed).toEqual({ ...object, a: Number(object.a), b: Number(object.b) });
        });
      }),
    );
  });

  it('every line of logfmt parses to the decoded values', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const batch = read([shape], records);
        const lines = Buffer.from(batch.encode('logfmt', everything).bytes).toString().split('\n').slice(0, -1);
        const expected = batch
          .objects(everything)
          .map((object) => Object.values(object).map((value) => (value === null ? '' : String(value))));
        expect(lines.map(logfmtValues)).toEqual(expected);
      }),
    );
  });

  it('every CSV record parses to the decoded values', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const batch = read([shape], records);
        const parsed = parseCsv(Buffer.from(batch.encode('csv', everything).bytes).toString());
        const expected = batch
          .objects(everything)
          .map((object) => Object.values(object).map((value) => (value === null ? '' : String(value))));
        expect(parsed).toEqual(expected);
      }),
    );
  });
});

/** Words with `=` between name and value, a space between words, JSON's texts where there are quotes. */
function logfmtValues(line: string): string[] {
  const values: string[] = [];
  const word = /([a-z]+)=("(?:[^"\\]|\\.)*"|[^ "=]*)( |$)/y;
  while (word.lastIndex < line.length) {
    const at = word.lastIndex;
    const value = word.exec(line)?.[2];
    if (value === undefined) throw new Error(`not logfmt at ${at}: ${line}`);
    values.push(value.startsWith('"') ? String(JSON.parse(value)) : value);
  }
  return values;
}

/** RFC 4180, strictly. */
function parseCsv(csv: string): string[][] {
  const records: string[][] = [];
  let at = 0;
  while (at < csv.length) {
    const record: string[] = [];
    for (;;) {
      const match = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
      match.lastIndex = at;
      const found = match.exec(csv);
      if (found === null) throw new Error(`not CSV at ${at}: ${JSON.stringify(csv.slice(at, at + 40))}`);
      at = match.lastIndex;
      record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
      if (found[3] !== ',') break;
    }
    records.push(record);
  }
  return records;
}
