import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, ScriptedServer } from '../../../test/support/http-server.js';
import { balanced, KeptContext, NumberedEvents, numbersIn } from '../../../test/support/sinks.js';
import { everything } from '../../events/selection.js';
import { type HttpOptions, HttpSink } from './http.js';

const servers: ScriptedServer[] = [];
const sinks: HttpSink[] = [];
afterEach(async () => {
  await Promise.all(sinks.splice(0).map((sink) => sink.close(0)));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer: (server: ScriptedServer) => Answer, port = 0): Promise<ScriptedServer> {
  const server: ScriptedServer = new ScriptedServer((response, request, index) =>
    answer(server)(response, request, index),
  );
  servers.push(server);
  await server.listen(port);
  return server;
}

const takesAll = (server: ScriptedServer): Answer => server.take.bind(server);

/** Statuses for the first requests, success after them. */
function statuses(...first: readonly (number | readonly [number, Record<string, string>])[]) {
  return (server: ScriptedServer): Answer =>
    (response, request, index) => {
      const answer = first[index];
      if (answer === undefined) return server.take(response, request);
      const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
      response.writeHead(status, headers).end('the server says "hunter2"');
    };
}

async function open(url: string, more: Partial<HttpOptions> = {}) {
  const context = new KeptContext();
  const options: HttpOptions = {
    name: 'http',
    url,
    method: 'POST',
    urlIsSecret: false,
    encoding: 'ndjson',
    concurrency: 1,
    headers: {},
    compression: 'none',
    timeoutMs: 5000,
    maxEvents: 100,
    maxBytes: 1024 * 1024,
    maxWaitMs: 20,
    buffer: { maxBytes: 1024 * 1024, whenFull: 'drop_newest' },
    retry: { initialMs: 5, maxMs: 20, attempts: 0 },
    ...more,
  };
  const sink = new HttpSink(everything, options, context);
  sinks.push(sink);
  await sink.open();
  return { sink, context };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

function taken(server: ScriptedServer): number[] {
  return server.taken.flatMap(numbersIn);
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

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
    expect(balanced(sink)).toMatchObject({ offered: 64, waiting: 24, dropped: { 'queue full': 40 } });
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

  it('gives up after as many attempts as it may', async () => {
    const server = await serve(statuses(503, 503, 503));
    const { sink } = await open(`http://127.0.0.1:${server.port}`, {
      maxEvents: 10,
      retry: { initialMs: 1, maxMs: 2, attempts: 3 },
    });
    sink.accept(new NumberedEvents().batch(20));
    await until(() => balanced(sink).waiting === 0);
    expect(balanced(sink)).toMatchObject({ delivered: 10, dropped: { 'gave up (503)': 10 }, retries: 2 });
  });

  it('survives connections that are cut before an answer', async () => {
    const server = await serve((self) => (response, request, index) => {
      if (index < 2) response.destroy();
      else if (index === 2) {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        setTimeout(() => response.destroy(), 5);
        self.taken.push(request.text);
      } else self.take(response, request);
    });
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { maxEvents: 5 });
    sink.accept(new NumberedEvents().batch(10));
    await until(() => balanced(sink).waiting === 0);
    expect(taken(server)).toEqual(upTo(10));
    expect(balanced(sink)).toMatchObject({ delivered: 10, retries: 2 });
  });

  it('tries again when a server accepts and never answers', async () => {
    const server = await serve((self) => (response, request, index) => {
      if (index > 0) self.take(response, request);
    });
    const { sink, context } = await open(`http://127.0.0.1:${server.port}`, { timeoutMs: 50 });
    sink.accept(new NumberedEvents().batch(4));
    await until(() => balanced(sink).waiting === 0);
    expect(taken(server)).toEqual(upTo(4));
    expect(context.warnings[0]).toContain('fails (timeout)');
  });

  it('keeps events while a server is away, and sends them in order when it comes', async () => {
    const first = await serve(takesAll);
    const port = first.port;
    const { sink, context } = await open(`http://127.0.0.1:${port}`);
    const events = new NumberedEvents();
    sink.accept(events.batch(10));
    await until(() => balanced(sink).delivered === 10);
    await first.close();
    sink.accept(events.batch(10));
    await until(() => balanced(sink).retries > 2);
    expect(balanced(sink)).toMatchObject({ delivered: 10, waiting: 10 });
    const second = await serve(takesAll, port);
    await until(() => balanced(sink).waiting === 0);
    expect([...taken(first), ...taken(second)]).toEqual(upTo(20));
    expect(context.warnings.some((text) => text.includes('connection refused'))).toBe(true);
  });

  it('drops the newest when its queue is full, exactly', async () => {
    const server = await serve((self) => (response, request) => {
      setTimeout(() => self.take(response, request), 30);
    });
    // A line has 40 or 41 bytes.
    const { sink, context } = await open(`http://127.0.0.1:${server.port}`, {
      maxEvents: 10,
      buffer: { maxBytes: 1000, whenFull: 'drop_newest' },
    });
    const events = new NumberedEvents();
    for (let batch = 0; batch < 6; batch++) {
      sink.accept(events.batch(9));
      balanced(sink);
    }
    expect(balanced(sink)).toMatchObject({ offered: 54, waiting: 24, dropped: { 'queue full': 30 } });
    await until(() => balanced(sink).waiting === 0);
    sink.accept(events.batch(1));
    await sink.close(5000);
    expect(taken(server)).toEqual([...upTo(24), 54]);
    expect(balanced(sink)).toMatchObject({ delivered: 25, dropped: { 'queue full': 30 } });
    expect(context.warnings).toEqual([
      'sink "http": its queue is full (1000 bytes); new events are dropped and counted',
    ]);
  });

  it('drops at the deadline what a dead server did not take', async () => {
    const server = await serve(takesAll);
    const { port } = server;
    await server.close();
    const { sink } = await open(`http://127.0.0.1:${port}`, { maxEvents: 10 });
    sink.accept(new NumberedEvents().batch(25));
    const closing = sink.close(60);
    sink.accept(new NumberedEvents().batch(5));
    await closing;
    await sink.close(1000);
    expect(balanced(sink)).toMatchObject({ delivered: 0, waiting: 0, dropped: { deadline: 25, closed: 5 } });
  });

  it('adds up at every moment while everything goes wrong at once', async () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    const server = await serve((self) => (response, request) => {
      const chance = random();
      if (chance < 0.2) response.destroy();
      else if (chance < 0.4) response.writeHead(503).end();
      else if (chance < 0.5) response.writeHead(400).end();
      else self.take(response, request);
    });
    const { sink } = await open(`http://127.0.0.1:${server.port}`, {
      maxEvents: 20,
      buffer: { maxBytes: 8000, whenFull: 'drop_newest' },
      random,
      retry: { initialMs: 1, maxMs: 3, attempts: 4 },
    });
    const events = new NumberedEvents();
    for (let batch = 0; batch < 200; batch++) {
      sink.accept(events.batch(1 + Math.floor(random() * 30)));
      balanced(sink);
      if (batch % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await sink.close(10_000);
    const ledger = balanced(sink);
    const numbers = taken(server);
    expect([ledger.waiting, ledger.offered]).toEqual([0, events.next]);
    expect(numbers.length).toBe(ledger.delivered);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('never shows what it authenticates itself with', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-secrets-'));
    const path = join(folder, 'dead.jsonl');
    const auths = [
      [{ kind: 'bearer', token: 't0ken' }, 'Bearer t0ken'],
      [{ kind: 'basic', user: 'me', password: 'p:ss' }, `Basic ${Buffer.from('me:p:ss').toString('base64')}`],
    ] as const;
    for (const [auth, header] of auths) {
      const server = await serve(statuses(503, 401));
      const { sink, context } = await open(`http://127.0.0.1:${server.port}/`, { auth, deadLetter: path });
      sink.accept(new NumberedEvents().batch(1));
      await sink.close(5000);
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([header, header]);
      const said = JSON.stringify([context.warnings, sink.ledger(), readFileSync(path, 'utf8')]);
      for (const secret of ['t0ken', 'p:ss', header.slice(-8), 'hunter2']) expect(said).not.toContain(secret);
    }
    rmSync(folder, { recursive: true });
  });

  it('never shows credentials', async () => {
    const server = await serve(statuses(500, 401));
    const { sink, context } = await open(`http://user:p%40ss@127.0.0.1:${server.port}/x?key=s3cret`, {
      headers: { authorization2: 't0ken' },
    });
    sink.accept(new NumberedEvents().batch(1));
    await until(() => balanced(sink).waiting === 0);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
      authorization2: 't0ken',
    });
    const said = JSON.stringify([context.warnings, sink.ledger()]);
    for (const secret of ['p@ss', 'p%40ss', 's3cret', 't0ken', 'user:']) expect(said).not.toContain(secret);
  });

  it.each([
    ['127.0.0.1/x', {}, 'sink "http": its "url" is not a URL'],
    ['ftp://127.0.0.1/x', {}, 'sink "http": its "url" has the scheme "ftp", which is not HTTP'],
    ['http://127.0.0.1', { 'a b': '1' }, 'sink "http": "a b" is not a header\'s name'],
    ['http://127.0.0.1', { Host: 'x' }, 'sink "http": the header "Host" is set by probepipe itself'],
    [
      'http://127.0.0.1',
      { Token: 'se\ncret' },
      'sink "http": the value of the header "Token" holds characters that headers cannot have',
    ],
  ])('refuses %s with %j', async (url, headers, message) => {
    const failure = await open(url, { headers }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure).toMatchObject({ name: 'SinkError', message });
  });
});
