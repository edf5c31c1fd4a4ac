import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Call, type CaptureOptions, seen, told } from '../../../test/support/captured-stream.js';
import type { Direction } from '../protocol.js';
import { Http1Connection } from './http1-connection.js';

const see = (calls: readonly Call[], options?: CaptureOptions) =>
  seen((side, events) => new Http1Connection(side, events), calls, options);

const direction = fc.constantFrom<Direction>('received', 'sent');
const scrap = fc.oneof(
  fc
    .constantFrom(
      'GET ',
      '/a',
      ' HTTP/1.1\r\n',
      '\r\n',
      '\n',
      '\r',
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 101 X\r\n',
      'HTTP/1.1 100 C\r\n\r\n',
      'Content-Length: 5\r\n',
      'Content-Length: 1000\r\n',
      'Transfer-Encoding: chunked\r\n',
      '5\r\nhello\r\n',
      'ffffffffffff\r\n',
      '0\r\n\r\n',
      'GET /b HTTP/1.1\r\n\r\n',
      'HTTP/1.1 204 N\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.record({ direction, bytes: fc.array(scrap, { maxLength: 8 }).map((scraps) => Buffer.concat(scraps)) }),
  { maxLength: 12 },
);
const options: fc.Arbitrary<CaptureOptions> = fc.record({
  side: fc.constantFrom('server', 'client'),
  requestWindow: fc.integer({ min: 1, max: 200 }),
  responseWindow: fc.integer({ min: 1, max: 200 }),
  ending: fc.constantFrom('closed', 'reset', 'open'),
  before: fc.constantFrom(0, 1000),
});

it('takes any bytes in any pieces, and tells only what stands in them', () => {
  fc.assert(
    fc.property(calls, options, (conversation, capture) => {
      for (const { method, target, status } of see(conversation, capture).exchanges) {
        expect(target).toMatch(/^[!-~\u0080-\u00ff]+$/);
        expect(method).toMatch(/^[!-~]+$/);
        expect([0, 101, 200, 204]).toContain(status);
      }
    }),
    { numRuns: 3_000 },
  );
});

interface Wanted {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly chunked: boolean;
  readonly status: number;
  readonly answer: string;
  readonly answerChunked: boolean;
}

/** Bodies that look like what they are not, of all lengths. */
const body = fc.oneof(
  fc.constant(''),
  fc.constantFrom('GET /fake HTTP/1.1\r\n\r\n', 'HTTP/1.1 500 Fake\r\nContent-Length: 0\r\n\r\n', '0\r\n\r\n'),
  fc.nat({ max: 3_000 }).map((length) => 'x'.repeat(length)),
);
const exchange: fc.Arbitrary<Wanted> = fc.record({
  method: fc.constantFrom('POST', 'PUT', 'DELETE', 'GET'),
  target: fc.stringMatching(/^\/[a-z0-9%?=]{0,30}$/),
  body,
  chunked: fc.boolean(),
  status: fc.constantFrom(200, 201, 404, 503),
  answer: body,
  answerChunked: fc.boolean(),
});

function framed(text: string, chunked: boolean): string {
  if (!chunked) return `Content-Length: ${text.length}\r\n\r\n${text}`;
  return `Transfer-Encoding: chunked\r\n\r\n${text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`}0\r\n\r\n`;
}

const requestOf = (wanted: Wanted): string =>
  `${wanted.method} ${wanted.target} HTTP/1.1\r\nHost: h\r\n${framed(wanted.body, wanted.chunked)}`;
const responseOf = (wanted: Wanted): string =>
  `HTTP/1.1 ${wanted.status} X\r\n${framed(wanted.answer, wanted.answerChunked)}`;

/** At places that are the same for the same numbers. */
function split(direction: Direction, text: string, places: readonly number[]): Call[] {
  const bytes = Buffer.from(text, 'latin1');
  const cuts = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return cuts.slice(1).map((cut, index) => ({ direction, bytes: bytes.subarray(cuts[index], cut) }));
}

const places = fc.array(fc.nat(), { maxLength: 12 });
const want = (all: readonly Wanted[]): string[] =>
  all.map(({ method, target, status }) => `${method} ${target} ${status}`);

it('gives the same messages wherever system calls split them', () => {
  fc.assert(
    fc.property(fc.array(exchange, { minLength: 1, maxLength: 5 }), places, places, (all, first, second) => {
      const conversation = all.flatMap((each) => [
        ...split('received', requestOf(each), first),
        ...split('sent', responseOf(each), second),
      ]);
      const whole = see(conversation);
      expect(told(whole)).toEqual(want(all));
      expect(whole.exchanges.map(({ requestBytes }) => requestBytes)).toEqual(all.map((each) => each.body.length));
      expect(whole.exchanges.map(({ responseBytes }) => responseBytes)).toEqual(all.map((each) => each.answer.length));
      expect(whole.blind).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

it('gives the same messages when they are pipelined', () => {
  fc.assert(
    fc.property(fc.array(exchange, { minLength: 1, maxLength: 5 }), places, places, (all, first, second) => {
      const conversation = [
        ...split('received', all.map(requestOf).join(''), first),
        ...split('sent', all.map(responseOf).join(''), second),
      ];
      expect(told(see(conversation))).toEqual(want(all));
    }),
    { numRuns: 300 },
  );
});

it('gives the same messages when only the beginnings of heads and ends of chunks are captured', () => {
  fc.assert(
    fc.property(
      fc.array(exchange, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 130, max: 600 }),
      (all, window) => {
        // As servers send: a head, then a body, each in one call.
        const conversation = all.flatMap((each) => [
          ...atHead('received', requestOf(each)),
          ...atHead('sent', responseOf(each)),
        ]);
        expect(told(see(conversation, { requestWindow: window, responseWindow: window }))).toEqual(want(all));
      },
    ),
    { numRuns: 500 },
  );
});

function atHead(direction: Direction, text: string): Call[] {
  const end = text.indexOf('\r\n\r\n') + 4;
  return [text.slice(0, end), text.slice(end)].flatMap((part) =>
    part === '' ? [] : [{ direction, bytes: Buffer.from(part, 'latin1') }],
  );
}
