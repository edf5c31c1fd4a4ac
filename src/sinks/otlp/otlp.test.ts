/** The sink against a real HTTP server, decoded by the official definitions and not by what encoded it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until, upTo } from '../../../test/support/http-sink.js';
import { partialSuccess } from '../../../test/support/otlp-definitions.js';
import { attributes, collect, decoded, found, openOtlp, signalOf } from '../../../test/support/otlp-sink.js';
import * as t from '../../../test/support/records.js';
import { balanced, NumberedEvents } from '../../../test/support/sinks.js';
import { EventReader } from '../../events/event-batch.js';

const numbersOf = (records: readonly Record<string, unknown>[]) =>
  records.map((record) => Number(attributes(record.attributes).n));

describe.each([
  ['protobuf', 'gzip', 'application/x-protobuf'],
  ['protobuf', 'none', 'application/x-protobuf'],
  ['json', 'gzip', 'application/json'],
] as const)('an otlp sink (%s, %s)', (encoding, compression, contentType) => {
  it('sends events as log records, every one, in order', async () => {
    const collector = await collect();
    const endpoint = `http://127.0.0.1:${collector.server.port}/base/?x=1`;
    const { sink } = await openOtlp(endpoint, { encoding, compression, resource: { 'service.name': 'shop' } });
    sink.accept(new NumberedEvents().batch(250));
    await sink.close(5000);
    expect(balanced(sink)).toMatchObject({ offered: 250, delivered: 250, waiting: 0, dropped: {}, retries: 0 });
    const records = collector.all('logs');
    expect(numbersOf(records)).toEqual(upTo(250));
    expect(records[7]).toMatchObject({
      severityText: 'INFO',
      eventName: 'p',
      body: { stringValue: 'p' },
      attributes: [
        { key: 'n', value: { intValue: '7' } },
        { key: 'path', value: { stringValue: '/some/path' } },
      ],
    });
    expect(records[7]).not.toHaveProperty('timeUnixNano');
    expect(Number(records[7]?.observedTimeUnixNano) / 1e6).toBeCloseTo(Date.now(), -5);
    const [request] = collector.server.requests;
    expect(request?.url).toBe('/base/v1/logs?x=1');
    expect(request?.headers['content-type']).toBe(contentType);
    expect(request?.headers['content-encoding']).toBe(compression === 'gzip' ? 'gzip' : undefined);
    const [resource] = found(request && decoded(request), 'resourceLogs').map((each) => each.resource);
    const [scope] = found(request && decoded(request), 'scopeLogs').map((each) => each.scope);
    expect(attributes(found({ resource }, 'attributes'))).toMatchObject({
      'service.name': 'shop',
      'host.name': hostname(),
      'os.type': 'linux',
    });
    expect(scope).toMatchObject({ name: 'probepipe', attributes: [{ key: 'probepipe.pipeline' }] });
  });

  it('sends a large batch as one request, in order', async () => {
    const collector = await collect();
    const endpoint = `http://127.0.0.1:${collector.server.port}`;
    const { sink } = await openOtlp(endpoint, { encoding, compression, maxEvents: 5000, maxWaitMs: 60_000 });
    const events = new NumberedEvents();
    // Neither of these divides the other, or what is encoded together.
    for (let batch = 0; batch < 5; batch++) sink.accept(events.batch(701));
    await sink.close(5000);
    expect(collector.server.requests).toHaveLength(1);
    expect(numbersOf(collector.all('logs'))).toEqual(upTo(3505));
    expect(balanced(sink)).toMatchObject({ offered: 3505, delivered: 3505, waiting: 0, dropped: {} });
  });

  it('sends what has a duration as spans', async () => {
    const collector = await collect();
    const probe = t.testProbe('reading', 0, [
      { name: 'time', type: t.timestamp, size: 8 },
      { name: 'pid', type: t.u32, size: 4 },
      { name: 'retval', type: t.i64, size: 8 },
      { name: 'inode', type: t.u64, size: 8 },
      { name: 'duration', type: t.duration, size: 8 },
    ]);
    const manifest = t.testManifest([probe]);
    const { sink } = await openOtlp(`http://127.0.0.1:${collector.server.port}`, { encoding, compression }, manifest);
    const record = (retval: number) =>
      t.testRecord(probe, {
        time: t.int(5_000_000_123n, 8),
        pid: t.int(42, 4),
        retval: t.int(retval, 8),
        inode: t.int(2n ** 63n - 1n, 8),
        duration: t.int(1_000_000_124, 8),
      });
    const ring = t.testRing([record(3), record(-2)]);
    sink.accept(new EventReader(manifest).batch(ring.memory, ring.start, ring.end, 1_790_000_000_000_000_000n));
    await sink.close(5000);
    expect(balanced(sink).delivered).toBe(2);
    const [good, bad] = collector.all('traces');
    expect(good).toMatchObject({
      name: 'reading',
      kind: encoding === 'json' ? 1 : 'SPAN_KIND_INTERNAL',
      startTimeUnixNano: '1790000003999999999',
      endTimeUnixNano: '1790000005000000123',
    });
    expect(attributes(good?.attributes)).toEqual({ 'process.pid': '42', retval: '3', inode: '9223372036854775807' });
    expect(attributes(bad?.attributes)).toMatchObject({ retval: '-2', 'error.type': 'ENOENT' });
    expect([good?.status, bad?.status]).toEqual([undefined, { code: encoding === 'json' ? 2 : 'STATUS_CODE_ERROR' }]);
    const bytes = encoding === 'json' ? 'hex' : 'base64';
    expect(Buffer.from(String(good?.traceId), bytes)).toHaveLength(16);
    expect(Buffer.from(String(good?.spanId), bytes)).toHaveLength(8);
    expect(good?.traceId).not.toBe(bad?.traceId);
  });
});

describe('the answers of a server', () => {
  it('are tried again after 429, 502, 503 and 504, and after nothing else', async () => {
    const statuses = [429, 502, 503, 504];
    const collector = await collect((self) => (response, request, index) => {
      const status = statuses[index] ?? (index === 5 ? 500 : 200);
      if (status === 200) self.keep(request);
      response.writeHead(status).end('hunter2');
    });
    const { sink, context } = await openOtlp(`http://127.0.0.1:${collector.server.port}`, { maxEvents: 10 });
    const events = new NumberedEvents();
    sink.accept(events.batch(20));
    await until(() => balanced(sink).waiting === 0);
    expect(balanced(sink)).toMatchObject({ delivered: 10, retries: 4, dropped: { 'refused (500)': 10 } });
    expect(numbersOf(collector.all('logs'))).toEqual(upTo(10));
    expect(context.warnings.join()).not.toContain('hunter2');
  });

  it('that refuse some of a batch are believed, and none of it is sent again', async () => {
    const collector = await collect((self) => (response, request) => {
      self.keep(request);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(partialSuccess(signalOf(request), 3));
    });
    const { sink, context } = await openOtlp(`http://127.0.0.1:${collector.server.port}`);
    sink.accept(new NumberedEvents().batch(100));
    await until(() => balanced(sink).waiting === 0);
    expect(balanced(sink)).toMatchObject({ delivered: 97, dropped: { 'refused (partial success)': 3 }, retries: 0 });
    expect(collector.server.requests).toHaveLength(1);
    expect(context.warnings).toEqual([expect.stringContaining('does not take all events: refused (partial success)')]);
    expect(context.warnings.join()).not.toContain('hunter2');
  });

  it('that are too large, or cut, are halved and sent again', async () => {
    const collector = await collect((self) => (response, request, index) => {
      const count = found(decoded(request), 'logRecords').length;
      if (count > 30) return response.writeHead(413).end();
      if (index === 3) return response.socket?.destroy();
      self.keep(request);
      return response.writeHead(200).end();
    });
    const { sink } = await openOtlp(`http://127.0.0.1:${collector.server.port}`);
    sink.accept(new NumberedEvents().batch(100));
    await until(() => balanced(sink).waiting === 0);
    expect(numbersOf(collector.all('logs'))).toEqual(upTo(100));
    expect(balanced(sink)).toMatchObject({ delivered: 100, dropped: {}, retries: 1 });
  });
});

describe('an otlp sink with a server that is away', () => {
  it('keeps on disk what waits, and the next run sends it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-otlp-'));
    const gone = await collect();
    const { port } = gone.server;
    await gone.server.close();
    const buffer = { disk: join(folder, 'buffer'), maxBytes: 1e6, whenFull: 'drop_newest' } as const;
    const first = await openOtlp(`http://127.0.0.1:${port}`, { buffer });
    first.sink.accept(new NumberedEvents().batch(25));
    await first.sink.close(60);
    expect(balanced(first.sink)).toMatchObject({ offered: 25, delivered: 0, waiting: 25, dropped: {} });
    const back = await collect(undefined, port);
    const second = await openOtlp(`http://127.0.0.1:${port}`, { buffer });
    await second.sink.close(5000);
    rmSync(folder, { recursive: true });
    expect(numbersOf(back.all('logs'))).toEqual(upTo(25));
    expect(balanced(second.sink)).toMatchObject({ offered: 0, replayed: 25, delivered: 25, waiting: 0 });
  });

  it('keeps what is refused as dead letters that people can read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-otlp-'));
    const path = join(folder, 'dead.jsonl');
    const collector = await collect(() => (response) => response.writeHead(400).end());
    const { sink } = await openOtlp(`http://127.0.0.1:${collector.server.port}`, { deadLetter: path });
    sink.accept(new NumberedEvents().batch(2));
    await sink.close(5000);
    const letters = readFileSync(path, 'utf8').trimEnd().split('\n');
    rmSync(folder, { recursive: true });
    expect(letters.map((line) => JSON.parse(line))).toMatchObject(
      upTo(2).map((n) => ({ sink: 'otlp', cause: 'refused (400)', event: { probe: 'p', n } })),
    );
  });
});
