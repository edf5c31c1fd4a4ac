/** Made-up events of http: probes → spans, against the semantic conventions. */
import { describe, expect, it } from 'vitest';
import { attributes } from '../../../test/support/otlp-sink.js';
import type { HttpRole } from '../../hooks/http.js';
import { httpAttributes, httpResourceAttributes } from './event-names.js';
import type { Item } from './item.js';
import { jsonForm } from './messages.js';
import { span } from './span.js';

const start = 1_790_000_000_000_000_000n;

function spanOf(fields: Item, http: HttpRole = 'server') {
  const shape = { duration: 'duration', http, attributes: httpAttributes[http], resource: httpResourceAttributes };
  const event = { probe: 'requests', shape, fields: { duration: 1500, ...fields }, time: start, observed: start };
  const made = span(event, jsonForm);
  return { ...made, attributes: attributes(made?.attributes) };
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

describe('a request that was served', () => {
  it('is a span with the names of the conventions', () => {
    const made = spanOf({
      method: 'GET',
      path: '/users/7',
      query: 'page=2',
      route: '/users/{id}',
      status: 200,
      host: 'shop.example:8080',
      port: 8080,
      peer: '192.0.2.7',
      peer_port: 40312,
      user_agent: 'curl/8',
      version: '1.1',
      service: 'shop',
      pid: 77,
      comm: 'node',
      grpc_status: -1,
      error: '',
      request_bytes: 3,
      tls: true,
      mine: 'x',
    });
    expect(made).toMatchObject({
      name: 'GET /users/{id}',
      kind: 2,
      startTimeUnixNano: '1790000000000000000',
      endTimeUnixNano: '1790000000000001500',
    });
    expect(made.attributes).toEqual({
      'http.request.method': 'GET',
      'url.path': '/users/7',
      'url.query': 'page=2',
      'url.scheme': 'https',
      'http.route': '/users/{id}',
      'http.response.status_code': '200',
      'server.address': 'shop.example',
      'server.port': '8080',
      'client.address': '192.0.2.7',
      'client.port': '40312',
      'user_agent.original': 'curl/8',
      'network.protocol.version': '1.1',
      'http.request.body.size': '3',
      'thread.name': 'node',
      mine: 'x',
    });
    expect(made).not.toHaveProperty('status');
    expect(made).not.toHaveProperty('parentSpanId');
  });

  it.each([
    [0, 'server', undefined],
    [5, 'server', undefined],
    [5, 'client', 'NOT_FOUND'],
    [13, 'server', 'INTERNAL'],
    [14, 'client', 'UNAVAILABLE'],
    [77, 'server', '77'],
  ] as const)('of gRPC with status %i is of a %s with the error %s', (status, role, error) => {
    const made = spanOf({ method: 'POST', path: '/shop.Orders/One', status: 200, grpc_status: status }, role);
    expect(made.attributes).toMatchObject({ 'rpc.grpc.status_code': String(status) });
    expect(made.attributes['error.type']).toBe(error);
    expect('status' in made).toBe(error !== undefined);
  });

  it('has the ids that it was given, so that both sides of a connection are one trace', () => {
    const ids = { trace_id: traceId, span_id: '00f067aa0ba902b7', parent_span_id: parent };
    const made = spanOf({ method: 'GET', ...ids });
    expect(made).toMatchObject({ traceId, spanId: '00f067aa0ba902b7', parentSpanId: parent, flags: 0x300 });
    expect(made.attributes).toEqual({ 'http.request.method': 'GET' });
    const first = spanOf({ method: 'GET', ...ids, parent_span_id: '' }, 'client');
    expect(first).toMatchObject({ traceId, spanId: '00f067aa0ba902b7', flags: 0 });
    expect(first).not.toHaveProperty('parentSpanId');
    expect(spanOf({ trace_id: 'x', span_id: 'y', parent_span_id: 'z' })).not.toHaveProperty('parentSpanId');
  });

  it('is named by its method alone where there is no route, and unknown methods are not told in names', () => {
    expect(spanOf({ method: 'POST', path: '/x' }).name).toBe('POST');
    const joke = spanOf({ method: 'BREW', route: '/pot' });
    expect(joke.name).toBe('HTTP /pot');
    expect(joke.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
    });
  });

  it('failed from 500 on, or without a whole response; 4xx is not the server’s error', () => {
    expect(spanOf({ status: 404 })).not.toHaveProperty('status');
    expect(spanOf({ status: 404 }).attributes).not.toHaveProperty('error.type');
    expect(spanOf({ status: 503 })).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': '503' } });
    expect(spanOf({ status: 0, error: 'connection_reset' })).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'connection_reset' },
    });
    expect(spanOf({ status: 0 }).attributes).not.toHaveProperty('http.response.status_code');
  });

  it('is a child of its traceparent', () => {
    expect(spanOf({ traceparent: `00-${traceId}-${parent}-01` })).toMatchObject({
      traceId,
      parentSpanId: parent,
      flags: 0x301,
      attributes: {},
    });
    expect(spanOf({ traceparent: `cc-${traceId}-${parent}-00-more` })).toMatchObject({ traceId });
  });

  it.each([
    '',
    'nothing',
    `ff-${traceId}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${parent}-01`,
    `00-${traceId}-${parent}-01-more`,
    `00-${traceId}-${parent}-1`,
  ])('begins a trace where the traceparent is "%s"', (traceparent) => {
    const made = spanOf({ traceparent });
    expect(made).not.toHaveProperty('parentSpanId');
    expect(made.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(made.traceId).not.toBe(traceId);
  });
});

describe('a request that was sent', () => {
  it('is a client’s, with the whole URL, and failed from 400 on', () => {
    const fields = {
      method: 'GET',
      path: '/a',
      query: '',
      host: '[::1]:81',
      port: 81,
      peer: '::1',
      status: 404,
      tls: false,
    };
    expect(spanOf(fields, 'client')).toMatchObject({
      name: 'GET',
      kind: 3,
      status: { code: 2 },
      attributes: {
        'url.full': 'http://[::1]:81/a',
        'server.address': '::1',
        'server.port': '81',
        'network.peer.address': '::1',
        'error.type': '404',
      },
    });
  });
});
