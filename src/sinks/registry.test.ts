// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedServer } from '../../test/support/http-server.js';
import { Collector } from '../../test/support/otlp-sink.js';
import { int, testManifest, u16 } from '../../test/support/records.js';
import { balanced, KeptContext, manifest, NumberedEvents, noReadings } from '../../test/support/sinks.js';
import type { MapManifest, SinkManifest } from '../compile/manifest.js';
import { MapReader } from '../events/map-snapshot.js';
import { Secret } from '../language/secret.js';
import { options } from './option-values.js';
import { createSink } from './registry.js';
import type { Sink } from './sink.js';
import { SinkError } from './sink-error.js';

const connects: MapManifest = {
  name: 'connects',
  map: 'connects',
  kind: 'hash',
  perCpu: false,
  maxEntries: 16,
  keySize: 2,
  valueSize: 8,
  key: [{ name: 'dport', type: u16, offset: 0, size: 2 }],
  value: [{ name: '', aggregation: 'count', offset: 0 }],
  reset: false,
  order: 'desc',
  shown: true,
};

const withMap = testManifest(manifest.probes, [connects]);

const snapshot = new MapReader(connects).snapshot(
  { count: 2, keys: Buffer.concat([int(80, 2), int(443, 2)]), values: Buffer.concat([int(10, 8), int(7, 8)]) },
  { cpus: 1, clockOffset: 0n, time: 0n },
);

let folder = '';
let out = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-registry-'));
  out = openSync(join(folder, 'out'), 'w');
});
afterEach(() => {
  closeSync(out);
  rmSync(folder, { recursive: true });
});

async function made(kind: string, given: Record<string, unknown>, from: readonly string[] = []): Promise<Sink> {
  const sink: SinkManifest = { kind, name: kind, from, options: given, optionPlaces: {} };
  const made = await createSink(sink, {
    manifest: withMap,
    context: new KeptContext(),
    readings: noReadings,
    stdout: { fd: out, unicode: true },
  });
  await made.open();
  return made;
}

const events = '{"probe":"p","n":0,"path":"/some/path"}\n';
const rows = '{"map":"connects","dport":80,"count":10}\n{"map":"connects","dport":443,"count":7}\n';

async function runs(sink: Sink): Promise<void> {
  sink.accept(new NumberedEvents('/some/path', withMap).batch(1));
  sink.acceptSnapshot(snapshot);
  await sink.close(5000);
}

describe('sinks by their kind', () => {
  it('show nothing of what came from outside when it cannot be used', async () => {
    const hidden = join(folder, 'hush', 'hush');
    const secret = (text = hidden): Secret => new Secret(text, '${PLACE}');
    const http = { url: 'https://127.0.0.1:1/' };
    const failures = [
      () => made('file', { path: secret() }),
      () => made('file', { path: secret(join(folder, 'hush', '{probe}')) }, ['p']),
      () => made('http', { ...http, dead_letter: secret() }),
      () => made('http', { ...http, buffer: { disk: secret() } }),
      () => made('http', { ...http, tls: { ca: secret() } }),
      () => made('http', { ...http, tls: { cert: secret('-----BEGIN hush') } }),
      () => made('http', { url: secret('hush') }),
    ];
    for (const failure of failures) {
      const error = await failure().then(
        () => expect.fail('it opened'),
        (reason: unknown) => (reason instanceof SinkError ? JSON.stringify(reason.diagnostic) : String(reason)),
      );
      expect(error).toContain('sink-config');
      expect(error).not.toContain('hush');
    }
    await expect(failures[0]?.()).rejects.toThrow('cannot open "${PLACE}" for writing: no such folder');
    await expect(failures[3]?.()).rejects.toThrow('the buffer "${PLACE}" cannot be used: no such folder');
  });

  it('stdout takes events and maps', async () => {
    const sink = await made('stdout', {});
    await runs(sink);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(events + rows);
    expect(balanced(sink)).toMatchObject({ offered: 3, delivered: 3 });
  });

  it('stdout draws maps below the events of a table', async () => {
    const sink = await made('stdout', { format: 'table' });
    await runs(sink);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(
      [
        '      N  PATH',
        '      0  /some/path',
        '',
        'connects',
        '  dport  count',
        '     80     10',
        '    443      7',
        '',
      ].join('\n'),
    );
    expect(balanced(sink)).toMatchObject({ offered: 3, delivered: 3 });
  });

  it('file takes what it names only, in the format of its path', async () => {
    const path = join(folder, 'maps.csv');
    const sink = await made('file', { path, append: false }, ['connects']);
    await runs(sink);
    expect(readFileSync(path, 'utf8')).toBe('map,dport,count\r\nconnects,80,10\r\nconnects,443,7\r\n');
    expect(balanced(sink)).toMatchObject({ offered: 2, delivered: 2 });
  });

  it('file has one CSV header for events and maps', async () => {
    const path = join(folder, 'all');
    await runs(await made('file', { path, format: 'csv' }));
    expect(readFileSync(path, 'utf8')).toBe(
      'probe,map,n,path,dport,count\r\np,,0,/some/path,,\r\n,connects,,,80,10\r\n,connects,,,443,7\r\n',
    );
  });

  it('file has one for each probe and map where its path says so, and books for all of them', async () => {
    const sink = await made('file', { path: join(folder, '{probe}.jsonl') });
    await runs(sink);
    expect(readFileSync(join(folder, 'p.jsonl'), 'utf8')).toBe(events);
    expect(readFileSync(join(folder, 'connects.jsonl'), 'utf8')).toBe(rows);
    expect(balanced(sink)).toMatchObject({ offered: 3, delivered: 3, dropped: {} });
    await expect(made('file', { path: join(folder, 'missing', '{probe}.csv') })).rejects.toThrow('no such folder');
  });

  it('http takes secrets where they are options, and sends events and maps', async () => {
    const server: ScriptedServer = new ScriptedServer((response, request) => server.take(response, request));
    const url = await server.listen();
    const secret = (text: string) => ({ reveal: () => text });
    const sink = await made('http', {
      url: secret(`${url}/in`),
      headers: { Authorization: secret('Bearer abc') },
      batch: { max_wait: '10ms', max_bytes: '4KiB' },
      retry: { initial: '1ms' },
    });
    await runs(sink);
    await server.close();
    expect(server.taken).toEqual([events + rows]);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer abc');
    expect(balanced(sink)).toMatchObject({ offered: 3, delivered: 3 });
  });

  it('http speaks OTLP, as the sink of that name does', async () => {
    const collector = new Collector();
    const url = await collector.server.listen();
    const sink = await made('http', {
      url,
      encoding: 'otlp',
      headers: { 'X-Tenant': 'a' },
      resource: { 'service.name': 'probed' },
      batch: { max_wait: '10ms' },
    });
    await runs(sink);
    await collector.server.close();
    expect(collector.server.requests.map((request) => request.url).sort()).toEqual(['/v1/logs', '/v1/metrics']);
    expect(collector.server.requests[0]?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'x-tenant': 'a',
    });
    expect(collector.all('logs')).toHaveLength(1);
    expect(JSON.stringify(collector.taken[0]?.request)).toContain('probed');
    expect(balanced(sink)).toMatchObject({ offered: 3, delivered: 3 });
  });

  it('refuses a kind that the language let through', async () => {
    const environment = {
      manifest,
      context: new KeptContext(),
      readings: noReadings,
      stdout: { fd: out, unicode: true },
    };
    await expect(
      createSink({ kind: 'pigeon', name: 'p', from: [], options: {}, optionPlaces: {} }, environment),
    ).rejects.toThrow('"pigeon"');
  });
});

describe('option values', () => {
  it.each([
    ['1s', 1000],
    ['1.5s', 1500],
    ['10ms', 10],
    ['500us', 0.5],
    ['2m', 120_000],
    [250, 250],
    ['250', 250],
    ['soon', undefined],
    [undefined, undefined],
  ])('the duration %s is %s ms', (value, milliseconds) => {
    expect(options({ value }).milliseconds('value')).toBe(milliseconds);
  });

  it('read sizes, choices and what is within', () => {
    const given = options({ size: '4MiB', plain: 100n, format: 'csv', odd: 'xml', batch: { max_events: 5 } });
    expect([given.bytes('size'), given.bytes('plain')]).toEqual([4 << 20, 100]);
    expect([given.choice('format', ['csv']), given.choice('odd', ['csv'])]).toEqual(['csv', undefined]);
    expect([given.inner('batch').count('max_events'), given.inner('none').count('x')]).toEqual([5, undefined]);
  });
});
