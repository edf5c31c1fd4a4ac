import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { open, serve, statuses, taken, takesAll, until, upTo } from '../../../test/support/http-sink.js';
import { balanced, NumberedEvents } from '../../../test/support/sinks.js';

describe('an http sink whose server fails', () => {
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

  it('does not wait for who answers a byte at a time, longer than an attempt may take', async () => {
    let drips: NodeJS.Timeout | undefined;
    const server = await serve((self) => (response, request, index) => {
      if (index > 0) return self.take(response, request);
      // Each byte comes well within the time-out, and the whole would take hours.
      response.writeHead(200, { 'content-length': '1000000' });
      drips = setInterval(() => response.write('x'), 5);
      response.once('close', () => clearInterval(drips));
      return undefined;
    });
    const { sink, context } = await open(`http://127.0.0.1:${server.port}/_bulk`, {
      encoding: 'elasticsearch_bulk',
      timeoutMs: 100,
    });
    sink.accept(new NumberedEvents().batch(4));
    await until(() => server.requests.length > 1 || balanced(sink).waiting === 0);
    // Its status was a success, but not what became of each event.
    expect(context.warnings[0]).toMatch(/fails \((timeout|its answer does not tell what became of each event)\)/);
    expect(balanced(sink).delivered).toBe(0);
    await sink.close(100);
    clearInterval(drips);
    expect(balanced(sink)).toMatchObject({ delivered: 0, waiting: 0, dropped: { deadline: 4 } });
  });

  it('says of who speaks something else that it does', async () => {
    const other = createServer((socket) => socket.end('SSH-2.0-other\r\n'));
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const plain = await open(`http://127.0.0.1:${port}/`);
    const encrypted = await open(`https://127.0.0.1:${port}/`);
    for (const { sink } of [plain, encrypted]) sink.accept(new NumberedEvents().batch(1));
    await until(() => plain.context.warnings.length > 0 && encrypted.context.warnings.length > 0);
    await Promise.all([plain, encrypted].map(({ sink }) => sink.close(50)));
    other.close();
    expect(plain.context.warnings[0]).toContain('fails (it does not answer in HTTP/1.1;');
    expect(encrypted.context.warnings[0]).toContain('fails (it does not speak TLS:');
    expect(balanced(plain.sink)).toMatchObject({ delivered: 0, dropped: { deadline: 1 } });
  });

  it('keeps events while a name cannot be looked up', async () => {
    // RFC 6761: nobody is called so, and never will be.
    const { sink, context } = await open('http://probepipe.invalid/');
    sink.accept(new NumberedEvents().batch(7));
    await until(() => balanced(sink).retries > 2);
    expect(balanced(sink)).toMatchObject({ offered: 7, delivered: 0, waiting: 7, dropped: {} });
    expect(context.warnings[0]).toMatch(
      /^sink "http": http:\/\/probepipe.invalid\/ fails \((no such host|its name cannot be looked up now)\)/,
    );
    await sink.close(100);
    expect(balanced(sink)).toMatchObject({ waiting: 0, dropped: { deadline: 7 } });
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

  it('drops the newest when its buffer is full, exactly', async () => {
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
    expect(balanced(sink)).toMatchObject({ offered: 54, waiting: 24, dropped: { 'buffer full': 30 } });
    await until(() => balanced(sink).waiting === 0);
    sink.accept(events.batch(1));
    await sink.close(5000);
    expect(taken(server)).toEqual([...upTo(24), 54]);
    expect(balanced(sink)).toMatchObject({ delivered: 25, dropped: { 'buffer full': 30 } });
    expect(context.warnings).toEqual([
      'sink "http": its buffer is full (1000 bytes); new events are dropped and counted',
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
});
