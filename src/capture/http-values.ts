/** The values of an HTTP request by the names of the language (hooks/http.ts): what its exchange, its connection and its process tell. */
import type { HttpManifest } from '../compile/capture-manifest.js';
import type { HttpExchange } from '../protocols/http-exchange.js';
import { requestError } from '../protocols/request-error.js';
import type { SocketEnd } from './captured-records.js';
import type { SlotValue } from './message-writer.js';
import { type ProcessFacts, processFacts, serviceName } from './processes.js';
import { Redaction } from './redaction.js';
import { Routes } from './routes.js';
import type { SpanLinks } from './span-links.js';

/** Who moved the bytes of a request, and between which ends. */
export interface ConnectionFacts {
  readonly openedAt: number;
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  readonly tls: boolean;
  process: number;
  thread: number;
  user: number;
  cgroup: number;
  comm: string;
  /** What it was called the last time. */
  named?: { readonly by: HttpManifest; readonly of: ProcessFacts; readonly comm: string; readonly service: string };
}

export interface HttpMessage {
  readonly exchange: HttpExchange;
  readonly connection: ConnectionFacts;
}

/** What a slot of that name holds; of names that are none of the language's a header's value. */
export function httpValue(name: string, options: HttpManifest, links: SpanLinks): (message: HttpMessage) => SlotValue {
  const [of, header] = name.split(' ');
  const redaction = new Redaction(options.redact);
  if (header !== undefined) {
    const fields = of === 'header' ? 'request' : 'response';
    return ({ exchange }) => redaction.header(header, exchange[fields]?.get(header) ?? '');
  }
  const routes = new Routes(options);
  const getters: Readonly<Record<string, (exchange: HttpExchange, connection: ConnectionFacts) => SlotValue>> = {
    time: (exchange) => exchange.startedAt,
    method: (exchange) => exchange.method,
    path: ({ target }) => pathOf(target),
    query: ({ target }) => redaction.query(queryOf(target)),
    route: ({ target }) => routes.of(pathOf(target)),
    status: (exchange) => exchange.status,
    duration: ({ startedAt, endedAt }) => Math.max(0, endedAt - startedAt),
    time_to_first_byte: ({ startedAt, firstByteAt }) =>
      firstByteAt === undefined ? 0 : Math.max(0, firstByteAt - startedAt),
    connection_age: ({ startedAt }, { openedAt }) => (openedAt === 0 ? 0 : Math.max(0, startedAt - openedAt)),
    request_bytes: (exchange) => exchange.requestBytes,
    response_bytes: (exchange) => exchange.responseBytes,
    version: (exchange) => exchange.version,
    host: ({ request, target }) => authorityOf(target) ?? request.get('host') ?? '',
    user_agent: ({ request }) => request.get('user-agent') ?? '',
    traceparent: ({ request }) => request.get('traceparent') ?? '',
    trace_id: (exchange, connection) => links.of(exchange, connection).trace,
    span_id: (exchange, connection) => links.of(exchange, connection).span,
    parent_span_id: (exchange, connection) => links.of(exchange, connection).parent,
    grpc_status: ({ grpcStatus }) => grpcStatus ?? -1,
    error: (exchange) => exchange.error,
    peer: (_, { remote }) => remote,
    peer_port: (_, { remote }) => remote.port,
    port: ({ side }, connection) => servedPort(side, connection),
    local: (_, { local }) => local,
    service: ({ side }, connection) => {
      const facts = factsOf(connection);
      const { named } = connection;
      // Requests of a connection come from one process, nearly always.
      if (named?.by === options && named.of === facts && named.comm === connection.comm) return named.service;
      const served = { comm: connection.comm, port: servedPort(side, connection) };
      const service = latin1(serviceName(facts, served, options.services));
      connection.named = { by: options, of: facts, comm: connection.comm, service };
      return service;
    },
    pid: (_, connection) => connection.process,
    tid: (_, connection) => connection.thread,
    uid: (_, connection) => connection.user,
    comm: (_, connection) => connection.comm,
    exe: (_, connection) => latin1(factsOf(connection).exe),
    container: (_, connection) => factsOf(connection).container,
    cgroup: (_, connection) => connection.cgroup,
    error_type: ({ side, error, status, grpcStatus = -1 }) => requestError({ error, status, grpcStatus }, side),
    tls: (_, connection) => connection.tls,
    scheme: (_, { tls }) => (tls ? 'https' : 'http'),
  };
  const get = getters[name];
  if (get === undefined) throw new Error(`a request has no value "${name}"`);
  return ({ exchange, connection }) => get(exchange, connection);
}

const factsOf = ({ process }: ConnectionFacts): ProcessFacts => processFacts(process);
const servedPort = (side: HttpExchange['side'], { local, remote }: ConnectionFacts): number =>
  (side === 'server' ? local : remote).port;
/** Messages hold bytes, one a character. */
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** `/a?b`, `http://host/a?b`, `*`, `host:443`: a scheme and a host before the path are those of a request to a proxy. */
const targetParts = /^(?:https?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/is;

const pathOf = (target: string): string => targetParts.exec(target)?.[2] || '/';
const queryOf = (target: string): string => targetParts.exec(target)?.[3] ?? '';
const authorityOf = (target: string): string | undefined => targetParts.exec(target)?.[1];
