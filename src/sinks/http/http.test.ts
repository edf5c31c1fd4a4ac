import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { open, serve, statuses, taken, takesAll, until, upTo } from '../../../test/support/http-sink.js';
import { balanced, NumberedEvents, numbersIn } from '../../../test/support/sinks.js';

describe('an http sink', () => {
  it('sends batches by count, in order, one at a time', async () => {
    const server = await serve(takesAll);
    const { sink } = await open(`http://127.0.0.1:${server.port}/in?x=1`, {
      headers: { 'X-Token': 'abc' },
      compression: 'gzip',
    });
    const events = new NumberedEvents();
    for (let batch = 0; batch < 5; batch++) {
      sink.accept(events.batch(70));
      balanced(sink);
    }
    await sink.close(5000);
    expect(taken(server)).toEqual(upTo(350));
    expect(server.taken.map((text) => numbersIn(text).length)).toEqual([100, 100, 100, 50]);
    expect(server.mostUnderWay).toBe(1);
    expect(balanced(sink)).toMatchObject({ offered: 350, delivered: 350, waiting: 0, dropped: {}, retries: 0 });
    expect(server.requests[0]?.url).toBe('/in?x=1');
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-token': 'abc',
      'user-agent': 'probepipe',
    });
  });

  it('sends batches by bytes and by time', async () => {
    const server = await serve(takesAll);
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { maxBytes: 100, maxWaitMs: 10 });
    sink.accept(new NumberedEvents().batch(5));
    await until(() => balanced(sink).delivered === 5);
    // A line has 40 bytes.
    expect(server.taken.map((text) => numbersIn(text).length)).toEqual([2, 2, 1]);
  });

  it('sends an event alone that is larger than a batch may be', async () => {
    const server = await serve(takesAll);
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { maxBytes: 10 });
    sink.accept(new NumberedEvents().batch(3));
    await sink.close(5000);
    expect(server.taken.map((text) => numbersIn(text))).toEqual([[0], [1], [2]]);
  });

  it('tries again after 429, 408 and every 5xx, and loses nothing', async () => {
    const server = await serve(statuses(500, 503, 429, 408, 599));
    const { sink, context } = await open(`http://127.0.0.1:${server.port}/path`);
    sink.accept(new NumberedEvents().batch(10));
    await until(() => balanced(sink).waiting === 0);
    expect(taken(server)).toEqual(upTo(10));
    expect(balanced(sink)).toMatchObject({ delivered: 10, dropped: {}, retries: 5 });
    expect(context.warnings[0]).toBe(
      `sink "http": http://127.0.0.1:${server.port}/path fails (500); events wait and are sent again`,
    );
    expect(context.warnings.at(-1)).toBe(`sink "http": http://127.0.0.1:${server.port}/path takes events again`);
    expect(context.warnings.join()).not.toContain('hunter2');
  });

  it('waits as long as the server asks, but at the end tries once more at once', async () => {
    const server = await serve(statuses([429, { 'Retry-After': '3000' }]));
    const { sink } = await open(`http://127.0.0.1:${server.port}`);
    sink.accept(new NumberedEvents().batch(1));
    await until(() => server.requests.length === 1);
    // Many times the longest delay of the policy.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([server.requests.length, balanced(sink).waiting]).toEqual([1, 1]);
    await sink.close(5000);
    expect(balanced(sink)).toMatchObject({ delivered: 1, retries: 1 });
  });

  it('drops what the server refuses, by status, and goes on', async () => {
    const server = await serve(statuses(400, 302));
    const { sink, context } = await open(`http://127.0.0.1:${server.port}`, { maxEvents: 10 });
    sink.accept(new NumberedEvents().batch(40));
    await until(() => balanced(sink).waiting === 0);
    expect(balanced(sink)).toMatchObject({ delivered: 20, dropped: { 'refused (400)': 10, 'refused (302)': 10 } });
    expect(taken(server)).toEqual(upTo(40).slice(20));
    expect(context.warnings[0]).toContain('does not take events: refused (400); they are dropped and counted');
  });

  it('halves what is too large, until only what is too large by itself is refused', async () => {
    const server = await serve((self) => (response, request) => {
      const numbers = numbersIn(request.text);
      if (numbers.length > 3 || numbers.includes(13)) response.writeHead(413).end();
      else self.take(response, request);
    });
    const { sink } = await open(`http://127.0.0.1:${server.port}`);
    sink.accept(new NumberedEvents().batch(40));
    await until(() => balanced(sink).waiting === 0);
    expect(taken(server)).toEqual(upTo(40).filter((n) => n !== 13));
    expect(balanced(sink)).toMatchObject({ delivered: 39, dropped: { 'refused (413)': 1 }, retries: 0 });
  });

  it('keeps what is refused as dead letters, with the cause', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-letters-'));
    const path = join(folder, 'dead.jsonl');
    const server = await serve(statuses(422));
    const { sink, context } = await open(`http://127.0.0.1:${server.port}`, { maxEvents: 3, deadLetter: path });
    sink.accept(new NumberedEvents().batch(5));
    await sink.close(5000);
    const letters = readFileSync(path, 'utf8').trimEnd().split('\n');
    rmSync(folder, { recursive: true });
    expect(letters.map((line) => JSON.parse(line))).toMatchObject(
      upTo(3).map((n) => ({ sink: 'http', cause: 'refused (422)', event: { probe: 'p', n } })),
    );
    expect(balanced(sink)).toMatchObject({ delivered: 2, dropped: { 'refused (422)': 3 } });
    expect(context.warnings).toEqual([expect.stringContaining('they are kept as dead letters and counted')]);
  });

  it('tries again after the statuses that it is told', async () => {
    const server = await serve(statuses(404, 500));
    const retriedStatuses = new Set([404]);
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { retriedStatuses });
    sink.accept(new NumberedEvents().batch(1));
    await until(() => balanced(sink).waiting === 0);
    expect(balanced(sink)).toMatchObject({ retries: 1, dropped: { 'refused (500)': 1 } });
  });

  it('sends as many requests at a time as it may', async () => {
    const server = await serve((self) => (response, request) => {
      setTimeout(() => self.take(response, request), 20);
    });
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { maxEvents: 10, concurrency: 3 });
    sink.accept(new NumberedEvents().batch(100));
    await sink.close(5000);
    expect(server.mostUnderWay).toBe(3);
    expect(taken(server).sort((a, b) => a - b)).toEqual(upTo(100));
    expect(balanced(sink)).toMatchObject({ delivered: 100, waiting: 0 });
  });

  it('gives up the oldest where it is told to, but not what is under way', async () => {
    const server = await serve((self) => (response, request) => {
      setTimeout(() => self.take(response, request), 50);
    });
    const buffer = { maxBytes: 1000, whenFull: 'drop_oldest' } as const;
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { maxEvents: 10, buffer });
    const events = new NumberedEvents();
    sink.accept(events.batch(10));
    await until(() => server.underWay === 1);
    for (let batch = 0; batch < 6; batch++) sink.accept(events.batch(9));
    expect(balanced(sink)).toMatchObject({ offered: 64, waiting: 24, dropped: { 'buffer full': 40 } });
    await sink.close(5000);
    expect(taken(server)).toEqual([...upTo(10), ...upTo(64).slice(50)]);
  });

  it('says when it has room again, where it blocks, and drops nothing', async () => {
    const server = await serve((self) => (response, request) => {
      setTimeout(() => self.take(response, request), 5);
    });
    const buffer = { maxBytes: 1000, whenFull: 'block' } as const;
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { maxEvents: 10, buffer });
    const events = new NumberedEvents();
    let waits = 0;
    for (let batch = 0; batch < 20; batch++) {
      const room = sink.room();
      if (room !== undefined) waits++;
      await room;
      sink.accept(events.batch(9));
      expect(balanced(sink).waiting).toBeLessThan(40);
    }
    await sink.close(5000);
    expect(waits).toBeGreaterThan(5);
    expect(taken(server)).toEqual(upTo(180));
  });

  it('sends of a bulk request what was not taken, and loses what was refused', async () => {
    let asked = 0;
    const server = await serve((self) => (response, request) => {
      const documents = request.text.split('\n').filter((line) => line.startsWith('{"@timestamp"'));
      const numbers = documents.map((line): number => JSON.parse(line).n);
      const first = asked++ === 0;
      const status = (n: number) => (n === 5 ? 400 : first && n % 2 === 1 ? 429 : 201);
      self.taken.push(...numbers.filter((n) => status(n) === 201).map((n) => `{"probe":"p","n":${n}}\n`));
      response.end(JSON.stringify({ errors: true, items: numbers.map((n) => ({ create: { status: status(n) } })) }));
    });
    const { sink } = await open(`http://127.0.0.1:${server.port}/i/_bulk`, { encoding: 'elasticsearch_bulk' });
    sink.accept(new NumberedEvents().batch(10));
    await until(() => balanced(sink).waiting === 0);
    expect(taken(server)).toEqual([0, 2, 4, 6, 8, 1, 3, 7, 9]);
    expect(balanced(sink)).toMatchObject({ delivered: 9, dropped: { 'refused (400)': 1 }, retries: 1 });
  });

  it('sends JSON arrays', async () => {
    const server = await serve(takesAll);
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { encoding: 'json_array', method: 'PUT' });
    sink.accept(new NumberedEvents().batch(3));
    await sink.close(5000);
    expect(server.requests[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(server.taken[0] ?? '')).toEqual(upTo(3).map((n) => ({ probe: 'p', n, path: '/some/path' })));
  });

  it('keeps on disk what was not delivered, and sends it in the next run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-disk-'));
    const server = await serve(takesAll);
    const { port } = server;
    await server.close();
    const buffer = { disk: join(folder, 'buffer'), maxBytes: 1e6, whenFull: 'drop_newest' } as const;
    const first = await open(`http://127.0.0.1:${port}`, { maxEvents: 10, buffer });
    first.sink.accept(new NumberedEvents().batch(25));
    await first.sink.close(60);
    expect(balanced(first.sink)).toMatchObject({ offered: 25, delivered: 0, waiting: 25, dropped: {} });
    const back = await serve(takesAll, port);
    const second = await open(`http://127.0.0.1:${port}`, { maxEvents: 10, buffer });
    await second.sink.close(5000);
    rmSync(folder, { recursive: true });
    expect(taken(back)).toEqual(upTo(25));
    expect(balanced(second.sink)).toMatchObject({ offered: 0, replayed: 25, delivered: 25, waiting: 0 });
  });
});
