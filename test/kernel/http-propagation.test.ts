/** `propagate` of http:client: what servers receive is byte for byte what clients sent, but for one traceparent in each request that it was sure of. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { hasProgram, makeCertificate } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const run = promisify(execFile);
const header = /traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n/g;

/** Answers with how many bytes the body had, and keeps all that came, by connection. */
class RecordingServer {
  readonly received: Buffer[][] = [];
  readonly bodies: Buffer[] = [];
  port = 0;

  constructor(readonly server: Server) {
    server.on(server.listenerCount('secureConnection') > 0 ? 'secureConnection' : 'connection', (socket: Socket) => {
      const chunks: Buffer[] = [];
      this.received.push(chunks);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    });
    server.on('request', (incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const body = Buffer.concat(chunks);
        this.bodies.push(body);
        response.end(`${incoming.url} ${body.length} ${incoming.headers.traceparent ?? ''}`);
      });
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '::', resolve));
    const address = this.server.address();
    this.port = isAddress(address) ? address.port : 0;
    onTestFinished(() => {
      this.server.closeAllConnections();
      this.server.close();
    });
    return this;
  }

  /** All that came over all connections, in Latin-1. */
  get text(): string {
    return this.received.map((chunks) => Buffer.concat(chunks).toString('latin1')).join('');
  }
}

const isAddress = (address: unknown): address is AddressInfo => typeof address === 'object' && address !== null;

/** Where the clients are this process, the pipeline's text is always the same, and is compiled once. */
async function propagating(clients = `processes: [${process.pid}]`): Promise<Probepipe> {
  const fields = 'fields: [path, status, trace_id, span_id, parent_span_id]';
  const file = workspace.file(
    'propagate.yaml',
    `probes:\n  asked: { attach: http:client, http: { ${clients}, propagate: true, tls: false }, ${fields} }\n  served: { attach: http:server, http: { processes: [${process.pid}], tls: false }, ${fields} }\nsinks: [stdout: { format: jsonl }]\n`,
  );
  const running = new Probepipe(['run', file, '--stats-file', workspace.path('stats.json')]);
  onTestFinished(async () => void (await running.stop()));
  await running.attached();
  return running;
}

/** Sends the writes one after another, each by itself, and gives what was answered until the server closes. */
async function sendRaw(port: number, writes: readonly (string | Buffer)[], pauseMs = 30): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  for (const each of writes) {
    await new Promise<void>((resolve) => socket.write(each, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await closed;
  return answer;
}

const last = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n`;
const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
const fake = 'GET /fake HTTP/1.1\r\nHost: x\r\n\r\n';
const chunk = `5\r\nhello\r\n`;
const big = randomBytes(3_000_000);

/** How many of the requests are given a header, and what was sent. */
const exchanges: Readonly<Record<string, { readonly writes: readonly (string | Buffer)[]; readonly given: number }>> = {
  'one after another': { writes: [get('/1'), get('/2'), last], given: 3 },
  'several in one write': { writes: [get('/1') + get('/2') + last], given: 1 },
  'a body that begins like a request': { writes: [post('/1', fake.length), fake, last], given: 2 },
  'a body behind its head': { writes: [post('/1', 5) + 'hello', last], given: 2 },
  'a head in two writes': { writes: ['GET /1 HTT', 'P/1.1\r\nHost: x\r\n\r\n', last], given: 0 },
  'a head line by line': { writes: ['GET /1 HTTP/1.1\r\n', 'Host: x\r\n', '\r\n', last], given: 0 },
  'a chunked body': {
    writes: ['POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', chunk, `0\r\n\r\n`, last],
    given: 1,
  },
  'a chunked body that ends with a request': {
    writes: [
      'POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      `${fake.length.toString(16)}\r\n`,
      fake,
      `\r\n0\r\n\r\n`,
      last,
    ],
    given: 1,
  },
  'one that has a traceparent': {
    writes: [
      'GET /1 HTTP/1.1\r\nTraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nHost: x\r\n\r\n',
      last,
    ],
    given: 1,
  },
  'a long head': { writes: [`GET /1 HTTP/1.1\r\nHost: x\r\nCookie: ${'c'.repeat(3000)}\r\n\r\n`, last], given: 2 },
  'a head that is too long': {
    writes: [`GET /1 HTTP/1.1\r\nHost: x\r\nCookie: ${'c'.repeat(5000)}\r\n\r\n`, last],
    given: 0,
  },
  'a large body': { writes: [post('/1', big.length), big, last], given: 2 },
  'a large body behind its head': {
    writes: [Buffer.concat([Buffer.from(post('/1', big.length)), big]), last],
    given: 2,
  },
  'two lengths': {
    writes: [
      `POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX: y\r\nConnection: close\r\ncontent-length:5\r\n\r\nhello`,
    ],
    given: 1,
  },
  'no HTTP': { writes: ['HELLO\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n'], given: 0 },
};

describe.skipIf(!isRoot || !hasProgram('curl'))('propagate (needs root and curl)', () => {
  it.each(Object.entries(exchanges))('leaves all other bytes as they were sent: %s', async (_, { writes, given }) => {
    const server = await new RecordingServer(createServer()).listen();
    const running = await propagating();
    const answer = await sendRaw(server.port, writes);
    const { stderr } = await running.stop();
    const sent = Buffer.concat(writes.map((each) => Buffer.from(each)));
    expect(server.text.match(header)?.length ?? 0).toBe(given);
    expect(Buffer.from(server.text.replace(header, ''), 'latin1').equals(sent)).toBe(true);
    // Behind the request line, and nowhere else.
    for (const [found] of server.text.matchAll(/.*\r\ntraceparent: 00-/g))
      expect(found).toMatch(/(GET|POST) \/\S* HTTP\/1.1\r\ntraceparent: 00-$/);
    expect(answer).not.toBe('');
    expect(stderr).toContain(`given a traceparent: ${given}`);
  });

  it('leaves what waits for a server that does not read as it was sent', async () => {
    const server = await new RecordingServer(createServer()).listen();
    server.server.on('connection', (socket: Socket) => {
      const stopped = setInterval(() => socket.pause(), 1);
      setTimeout(() => {
        clearInterval(stopped);
        socket.resume();
      }, 600);
    });
    const running = await propagating();
    const writes = [post('/1', 2 * big.length), big, big, last];
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    // Behind each other, without waiting: some find the buffer full.
    for (const each of writes) {
      socket.write(each);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    socket.resume();
    await closed;
    const { stderr } = await running.stop();
    const sent = Buffer.concat(writes.map((each) => Buffer.from(each)));
    expect(Buffer.from(server.text.replace(header, ''), 'latin1').equals(sent)).toBe(true);
    expect(stderr).toMatch(/given a traceparent: [12]/);
  });

  it('gives 10,000 requests over kept-alive connections one each, and both sides are one trace', async () => {
    const count = 10_000;
    const server = await new RecordingServer(createServer()).listen();
    const running = await propagating();
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    let next = 0;
    const answers: string[] = [];
    const one = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const index = next++;
        const body = index % 3 === 0 ? undefined : fake.repeat(index % 50);
        const sending = request(
          {
            host: index % 2 === 0 ? '127.0.0.1' : '::1',
            port: server.port,
            path: `/${index}`,
            method: body === undefined ? 'GET' : 'POST',
            agent,
            ...(body === undefined ? {} : { headers: { 'content-length': Buffer.byteLength(body) } }),
          },
          (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (part: string) => {
              text += part;
            });
            response.once('end', () => {
              const [path, length, parent = ''] = text.split(' ');
              expect(`${path} ${length}`).toBe(`/${index} ${body?.length ?? 0}`);
              answers.push(parent);
              resolve();
            });
          },
        );
        sending.once('error', reject);
        sending.end(body);
      });
    const worker = async (): Promise<void> => {
      while (next < count) await one();
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    agent.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout, stderr } = await running.stop();
    expect(stderr).toContain('nothing lost');
    const { propagated } = JSON.parse(readFileSync(workspace.path('stats.json'), 'utf8')).capture;
    // What it was not sure of it left alone, and counted.
    const given = answers.filter((parent) => parent !== '');
    expect(given.length).toBe(propagated.injected);
    expect(new Set(given).size).toBe(given.length);
    expect({ given: given.length, propagated }).toMatchObject({
      given: count,
      propagated: { injected: count, no_room: 0, split_head: 0, unclear_end: 0 },
    });
    const lines = jsonLines(stdout);
    const asked = new Map(lines.filter(({ probe }) => probe === 'asked').map((line) => [line.path, line]));
    const served = lines.filter(({ probe }) => probe === 'served');
    expect([asked.size, served.length]).toEqual([count, count]);
    for (const { path, trace_id, parent_span_id } of served)
      expect({ trace_id, span_id: parent_span_id }).toMatchObject({
        trace_id: asked.get(path)?.trace_id,
        span_id: asked.get(path)?.span_id,
      });
    expect(new Set(lines.map(({ span_id }) => span_id)).size).toBe(2 * count);
  }, 60_000);

  it('takes requests of curl, over IPv4 and IPv6, large, chunked, or with a traceparent', async () => {
    const server = await new RecordingServer(createServer()).listen();
    const file = workspace.path('body');
    workspace.file('body', big.toString('latin1'));
    const running = await propagating('comms: [curl]');
    const curl = async (path: string, ...args: string[]): Promise<string> =>
      (await run('curl', ['-s', ...args, path])).stdout;
    const v4 = `http://127.0.0.1:${server.port}`;
    const length = readFileSync(file).length;
    expect(await curl(`${v4}/get`)).toMatch(/^\/get 0 00-/);
    expect(await curl(`http://[::1]:${server.port}/six`, '-d', 'hello')).toMatch(/^\/six 5 00-/);
    expect(await curl(`${v4}/large`, '--data-binary', `@${file}`)).toMatch(new RegExp(`^/large ${length} 00-`));
    expect(await curl(`${v4}/chunked`, '-H', 'Transfer-Encoding: chunked', '-T', file)).toMatch(
      new RegExp(`^/chunked ${length} 00-`),
    );
    const own = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(await curl(`${v4}/own`, '-H', `traceparent: ${own}`)).toBe(`/own 0 ${own}`);
    // Of other processes than those that were chosen nothing is changed.
    expect(await (await fetch(`${v4}/other`)).text()).toBe('/other 0 ');
    for (const body of server.bodies.filter((each) => each.length === length))
      expect(body.equals(readFileSync(file))).toBe(true);
    const { stderr } = await running.stop();
    expect(stderr).toMatch(/given a traceparent: 4; without: had_traceparent: 1/);
  });

  it('does not touch TLS', async () => {
    const keys = workspace.path('keys');
    makeCertificate(keys);
    const secure = createSecureServer({ key: readFileSync(`${keys}.key`), cert: readFileSync(`${keys}.crt`) });
    const server = await new RecordingServer(secure).listen();
    const running = await propagating('comms: [curl]');
    const { stdout } = await run('curl', ['-s', '-k', '--http1.1', `https://127.0.0.1:${server.port}/secret`]);
    expect(stdout).toBe('/secret 0 ');
    expect((await running.stop()).stderr).toContain('given a traceparent: 0');
  });

  it('lets connections go on as they were when the run begins and ends', async () => {
    const server = await new RecordingServer(createServer()).listen();
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    let over = false;
    let asked = 0;
    const worker = async (): Promise<void> => {
      while (!over) {
        const body = fake.repeat(asked % 40);
        const index = asked++;
        await new Promise<void>((resolve, reject) => {
          const headers = { 'content-length': body.length };
          const sending = request(
            { port: server.port, path: `/${index}`, method: 'POST', agent, headers },
            (response) => {
              let text = '';
              response.setEncoding('utf8').on('data', (part: string) => {
                text += part;
              });
              response.once('end', () => {
                expect(text.startsWith(`/${index} ${body.length} `)).toBe(true);
                resolve();
              });
            },
          );
          sending.once('error', reject);
          // In two writes.
          sending.write(body.slice(0, 20));
          sending.end(body.slice(20));
        });
      }
    };
    const before = worker();
    const running = await propagating();
    const during = [worker(), worker(), worker()];
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { code } = await running.stop();
    const asOfEnd = asked;
    while (asked < asOfEnd + 500) await new Promise((resolve) => setTimeout(resolve, 10));
    over = true;
    await Promise.all([before, ...during]);
    agent.destroy();
    expect(code).toBe(0);
    expect(server.text.match(header)?.length ?? 0).toBeGreaterThan(0);
    expect(server.text.replace(header, '').match(/^POST \/\d+ HTTP\/1.1\r\ncontent-length/gim)?.length).toBe(asked);
  }, 60_000);
});
