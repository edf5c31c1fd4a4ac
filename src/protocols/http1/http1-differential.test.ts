/** The same bytes to Node's own parser (llhttp, in a real server on loopback) and to this one. Two differences are meant: Node takes blanks before the version, and HTTP/0.9, which are no requests here. */
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seen } from '../../../test/support/captured-stream.js';
import { Http1Connection } from './http1-connection.js';

interface Understood {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly fields: readonly (string | undefined)[];
}

const compared = ['host', 'x-a', 'user-agent'];
let understood: Understood[] = [];
const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  understood.push({
    method: request.method ?? '',
    target: request.url ?? '',
    version: request.httpVersion,
    fields: compared.map((name) => one(request.headers[name])),
  });
  request.resume();
  response.end('ok');
});

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

const listen = async (on: Server): Promise<number> => {
  await new Promise<void>((resolve) => on.listen(0, '127.0.0.1', resolve));
  return addressOf(on).port;
};

function addressOf(on: Server): AddressInfo {
  const address = on.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address;
}

beforeAll(async () => {
  await listen(server);
});
afterAll(() => server.close());

/** What the server made of the bytes, and all that it sent back. */
async function ask(bytes: Buffer): Promise<{ understood: Understood[]; answer: Buffer }> {
  understood = [];
  const answer: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const socket = connect(addressOf(server).port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (data) => answer.push(data));
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  return { understood, answer: Buffer.concat(answer) };
}

const requestPart = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('GET /a HTTP/1.1\r\n', 'POST /b?c HTTP/1.1\r\n', 'GET http://h/x HTTP/1.1\r\n'),
  },
  fc.constantFrom(
    'OPTIONS * HTTP/1.1\r\n',
    'GET /old HTTP/1.0\r\n',
    'GET /a HTTP/1.1\n',
    'GET /\u0001 HTTP/1.1\r\n',
    'GET /\u00e9 HTTP/1.1\r\n',
    'FOO /a HTTP/1.1\r\n',
    'get /a HTTP/1.1\r\n',
    'GET /a HTTP/1.2\r\n',
    '\r\nGET /late HTTP/1.1\r\n',
  ),
);
const fieldPart = fc.constantFrom(
  'X-A: b\r\n',
  'x-a:\tb c \r\n',
  'X-A: \u00e9\r\n',
  'X-A : b\r\n',
  'X-A: b\r\n c\r\n',
  'X-A: b\u0000\r\n',
  'X-A: b\rc\r\n',
  'X A: b\r\n',
  'User-Agent: u\n',
  ': b\r\n',
  'nonsense\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 4\r\n',
  'Content-Length: 3, 3\r\n',
  'Content-Length: +3\r\n',
  'Content-Length:\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding: chunked, gzip\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding : chunked\r\n',
);
const bodyPart = fc.constantFrom(
  '',
  '',
  '',
  'abc',
  '3\r\nabc\r\n0\r\n\r\n',
  '03;x\r\nabc\r\n0\r\nT: u\r\n\r\n',
  '3\r\nabcd0\r\n\r\n',
  'g\r\n',
);
const request = fc
  .tuple(requestPart, fc.array(fieldPart, { maxLength: 3 }), bodyPart)
  .map(([line, fields, body]) => `${line}Host: h\r\n${fields.join('')}\r\n${body}`);

describe('requests', () => {
  it('are those that Node takes, and at most the one that it refuses, as refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        const bytes = Buffer.from(requests.join(''), 'latin1');
        const node = await ask(bytes);
        const ours = seen(
          (side, events) => new Http1Connection(side, events),
          [
            { direction: 'received', bytes },
            { direction: 'sent', bytes: node.answer },
          ],
        ).exchanges.filter(({ status }) => status !== 0 && status !== 400);
        expect(
          ours.map(({ method, target, version, request: fields }) => ({
            method,
            target,
            version,
            fields: compared.map((name) => fields.get(name)),
          })),
        ).toEqual(node.understood.slice(0, ours.length));
        // Where its own answer is there, a request that Node took is told of.
        const answers = node.answer.toString('latin1').split('HTTP/1.1 200 OK').length - 1;
        expect(ours.length).toBe(answers);
      }),
      { numRuns: 400 },
    );
  });
});
