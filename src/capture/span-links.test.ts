import { describe, expect, it } from 'vitest';
import type { HttpExchange, HttpSide } from '../protocols/http-exchange.js';
import type { SocketEnd } from './captured-records.js';
import { type Ends, SpanLinks } from './span-links.js';

const end = (last: number, port: number, version = 4): SocketEnd => {
  const address = Buffer.alloc(16);
  const ipv4 = [127, 0, 0, last];
  if (version === 4) address.set(ipv4);
  else address.set([0xff, 0xff, ...ipv4], 10);
  return { version, address, port };
};
const asked: Ends = { local: end(1, 40_000), remote: end(1, 80) };
/** The same connection as a server sees it that listens on `::`. */
const served: Ends = { local: end(1, 80, 6), remote: end(1, 40_000, 6) };

const exchange = (
  side: HttpSide,
  startedAt: number,
  endedAt: number,
  more: Partial<HttpExchange> = {},
): HttpExchange => ({
  side,
  method: 'GET',
  target: '/a',
  version: '1.1',
  request: { get: () => undefined },
  status: 200,
  startedAt,
  endedAt,
  requestBytes: 0,
  responseBytes: 0,
  error: '',
  ...more,
});

function links(...told: readonly HttpSide[]): SpanLinks {
  const made = new SpanLinks(new Set(told.length === 0 ? ['server', 'client'] : told));
  made.opened('client', asked);
  made.opened('server', served);
  return made;
}

describe('both sides of a connection', () => {
  it.each(['server', 'client'] as const)('are one trace, when the %s is told of first', (first) => {
    const linked = links();
    const sides = {
      server: () => linked.of(exchange('server', 12, 18), served),
      client: () => linked.of(exchange('client', 10, 20), asked),
    };
    const one = sides[first]();
    const other = sides[first === 'server' ? 'client' : 'server']();
    const [client, server] = first === 'client' ? [one, other] : [other, one];
    expect(server).toMatchObject({ trace: client.trace, parent: client.span });
    expect(client.parent).toBe('');
    expect(server.span).not.toBe(client.span);
    expect([client.trace, client.span, server.span].map(({ length }) => length)).toEqual([32, 16, 16]);
  });

  it('are told apart by when they were', () => {
    const linked = links();
    const servers = [12, 32, 52].map((at) => linked.of(exchange('server', at, at + 3), served));
    const clients = [50, 10, 30].map((at) => linked.of(exchange('client', at, at + 10), asked));
    expect(clients.map(({ trace }) => trace)).toEqual([servers[2], servers[0], servers[1]].map((each) => each?.trace));
  });

  it('have the same ids however often they are asked for', () => {
    const linked = links();
    const one = exchange('client', 10, 20);
    expect(linked.of(one, asked)).toBe(linked.of(one, asked));
  });
});

describe('a request is the first of a trace', () => {
  it('where the other side is no process of this host', () => {
    const linked = new SpanLinks(new Set(['server', 'client']));
    linked.opened('server', served);
    expect(linked.of(exchange('server', 12, 18), served).parent).toBe('');
  });

  it('where the other side is not told of, or is gone', () => {
    expect(links('server').of(exchange('server', 12, 18), served).parent).toBe('');
    const linked = links();
    linked.closed('client', asked);
    expect(linked.of(exchange('server', 12, 18), served).parent).toBe('');
  });

  it('over local sockets', () => {
    const nowhere: SocketEnd = { version: 0, address: Buffer.alloc(16), port: 0 };
    const linked = links();
    linked.opened('client', { local: nowhere, remote: nowhere });
    expect(linked.of(exchange('server', 12, 18), { local: nowhere, remote: nowhere }).parent).toBe('');
  });
});

it('a request with a traceparent is a child of that', () => {
  const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const request = { get: (name: string) => (name === 'traceparent' ? `00-${trace}-${parent}-01` : undefined) };
  expect(links().of(exchange('server', 12, 18, { request }), served)).toMatchObject({ trace, parent });
});

it('what finds no other side gives way', () => {
  const linked = links();
  for (let at = 0; at < 100_000; at++) linked.of(exchange('client', at, at + 1, { target: `/${at}` }), asked);
  expect(linked.of(exchange('server', 0, 1, { target: '/0' }), served).parent).not.toBe('');
});
