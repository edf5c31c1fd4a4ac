/**
 * `http:server` and `http:client`: requests with their responses, of every process that serves or sends them over sockets. Bytes are captured in the kernel (templates/bpf/capture-*.hbs), put together in user
 * space (protocols/http1, protocols/http2), and handed back to the probe's own program as messages.
 */
import { didYouMean } from '../diagnostics/suggest.js';
import type { StringType } from '../language/types.js';
import * as types from '../language/types.js';
import { type HookKind, noArgs, noRetval } from './hook.js';
import { MessageLayout, type MessageValue } from './message.js';

export const httpRoles = ['server', 'client'] as const;
export type HttpRole = (typeof httpRoles)[number];

const text = (max: number, description: string): MessageValue => ({
  kind: 'text',
  type: { kind: 'string', max } satisfies StringType,
  description,
});
const number = (type: types.Type, description: string): MessageValue => ({ kind: 'number', type, description });

/** What a request has, by name. */
export const httpValues: ReadonlyMap<string, MessageValue> = new Map([
  ['time', number(types.timestamp, 'when the first byte of the request was read or sent')],
  ['method', text(16, 'GET, POST, …')],
  ['path', text(256, 'the target without its query, as it was sent')],
  ['query', text(256, 'what stands behind the ? of the target, secrets left out')],
  ['route', text(128, 'the pattern of "routes" that the path matches, or a guess that begins with ~')],
  ['status', number(types.u16, 'of the response; 0 where none was seen')],
  ['duration', number(types.duration, 'from the first byte of the request to the last known of the response')],
  ['time_to_first_byte', number(types.duration, 'from the first byte of the request to the first of the response')],
  [
    'connection_age',
    number(types.duration, 'how old the connection was at the request; 0 where its beginning was not seen'),
  ],
  ['request_bytes', number(types.u64, 'of the body')],
  ['response_bytes', number(types.u64, 'of the body')],
  ['version', text(4, '1.0, 1.1 or 2')],
  ['host', text(128, 'the Host header, or :authority')],
  ['user_agent', text(128, 'the User-Agent header')],
  ['traceparent', text(64, 'the traceparent header')],
  ['trace_id', text(32, 'of its span: that of traceparent, or of both sides of a connection of this host')],
  ['span_id', text(16, 'of its span')],
  ['parent_span_id', text(16, 'the span that it is a child of; empty for the first of a trace')],
  ['grpc_status', number(types.i32, 'grpc-status; -1 where there is none')],
  ['error', text(32, 'why there is no whole response: connection_closed, connection_reset, …; else empty')],
  ['peer', { kind: 'ip', type: types.ip, description: 'the address of the other side' }],
  ['peer_port', number(types.u16, 'the port of the other side')],
  ['port', number(types.u16, 'the port that serves')],
  ['local', { kind: 'ip', type: types.ip, description: 'the address of this side' }],
  ['service', text(64, 'what the process is called: see docs/http.md')],
  ['pid', number(types.u32, 'the process that serves or asks')],
  ['tid', number(types.u32, 'its thread that read or sent the request')],
  ['uid', number(types.u32, 'its user')],
  ['comm', text(16, 'the name of that thread')],
  ['exe', text(128, 'the path of its program')],
  ['container', text(64, 'the id of its container; empty outside of one')],
  ['cgroup', number(types.u64, 'the id of its cgroup')],
  [
    'error_type',
    text(32, 'what OpenTelemetry calls error.type: error, else the status where it is an error; empty where none is'),
  ],
  ['tls', number(types.bool, 'whether it went through a TLS library')],
  ['scheme', text(8, 'https where it went through a TLS library, else http')],
]);

export const httpHook: HookKind = {
  kind: 'http',
  target: 'server or client',
  description: 'requests with their responses, in any process and language',
  listed: () => ({ names: httpRoles }),
  resolve(hook, { sink }) {
    const name = hook.target.text.trim();
    const role = httpRoles.find((each) => each === name);
    if (role === undefined) {
      const near = didYouMean(name, httpRoles);
      sink.add('hook-target', `"${name}" is no side of HTTP`, hook.target.span, {
        hints:
          near.length > 0
            ? near
            : ['write http:server for requests that are served, http:client for those that are sent'],
      });
      return undefined;
    }
    const message = new MessageLayout('an HTTP request', httpValues);
    const hints = ['write path, status, duration, or header("accept")'];
    return [
      [
        {
          label: `http:${role}`,
          main: {
            mechanism: 'message',
            section: 'raw_tp',
            target: role,
            offset: 0,
            message,
            noTask: { missing: 'a request is told of by probepipe, after it was served', hints },
            args: noArgs('what a request has stands by itself', ...hints),
            retval: noRetval('a request returns nothing; it has a status'),
          },
        },
      ],
    ];
  },
};
