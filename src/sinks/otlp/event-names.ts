/**
 * Which attribute a field becomes, by OpenTelemetry's semantic conventions 1.37 (https://opentelemetry.io/docs/specs/semconv/): the registries of process, thread, http, url, network, server and client. A field that is not here
 * keeps its own name.
 */
import type { HttpRole } from '../../hooks/http.js';

/** Of any event. */
export const eventAttributes: ReadonlyMap<string, string> = new Map([
  ['pid', 'process.pid'],
  ['ppid', 'process.parent_pid'],
  ['exe', 'process.executable.path'],
  ['uid', 'process.real_user.id'],
  ['tid', 'thread.id'],
  ['comm', 'thread.name'],
  ['error', 'error.type'],
]);

/** Of the resource instead: who an event is about, rather than what it was. */
export const resourceAttributes: ReadonlyMap<string, string> = new Map([
  ['service', 'service.name'],
  ['container', 'container.id'],
]);

/** A process that serves or sends requests is what OpenTelemetry calls a service. */
export const httpResourceAttributes: ReadonlyMap<string, string> = new Map([
  ...resourceAttributes,
  ['pid', 'process.pid'],
  ['exe', 'process.executable.path'],
]);

const http: readonly (readonly [string, string])[] = [
  ['tid', 'thread.id'],
  ['comm', 'thread.name'],
  ['uid', 'process.real_user.id'],
  ['method', 'http.request.method'],
  ['route', 'http.route'],
  ['status', 'http.response.status_code'],
  ['request_bytes', 'http.request.body.size'],
  ['response_bytes', 'http.response.body.size'],
  ['path', 'url.path'],
  ['query', 'url.query'],
  ['host', 'server.address'],
  ['port', 'server.port'],
  ['user_agent', 'user_agent.original'],
  ['version', 'network.protocol.version'],
  ['grpc_status', 'rpc.grpc.status_code'],
  ['error', 'error.type'],
  ['error_type', 'error.type'],
  ['scheme', 'url.scheme'],
];

/** Of requests: the other side is the client of a server, and the server of a client. */
export const httpAttributes: Readonly<Record<HttpRole, ReadonlyMap<string, string>>> = {
  server: new Map([
    ...http,
    ['peer', 'client.address'],
    ['peer_port', 'client.port'],
    ['local', 'network.local.address'],
  ]),
  client: new Map([
    ...http,
    ['peer', 'network.peer.address'],
    ['peer_port', 'network.peer.port'],
    ['local', 'network.local.address'],
  ]),
};

/** Methods that conventions know (RFC 9110, RFC 5789); others would make as many metrics as there are jokers. */
export const httpMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
]);
