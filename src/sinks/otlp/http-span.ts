/** Spans of requests, by https://opentelemetry.io/docs/specs/semconv/http/http-spans/. */
import type { HttpRole } from '../../hooks/http.js';
import { requestError } from '../../protocols/request-error.js';
import { httpMethods } from './event-names.js';
import type { ItemValue } from './item.js';
import type { Event } from './log-record.js';
import { type Form, type KeyValue, spanKinds } from './messages.js';
import type { SpanMeaning } from './span.js';

/** Fields that are told here, or not at all where they are empty. */
const told: ReadonlySet<string> = new Set([
  'method',
  'path',
  'query',
  'route',
  'status',
  'host',
  'user_agent',
  'version',
  'traceparent',
  'trace_id',
  'span_id',
  'parent_span_id',
  'grpc_status',
  'error',
  'error_type',
  'scheme',
  'tls',
]);

export function httpSpan({ fields, shape }: Pick<Event, 'fields' | 'shape'>, role: HttpRole, form: Form): SpanMeaning {
  const attributes: KeyValue[] = [];
  const put = (key: string, value: string): void => {
    if (value !== '') attributes.push({ key, value: { stringValue: value } });
  };
  const text = (name: string): string => textOf(fields[name]);
  for (const name of ['path', 'query', 'route', 'user_agent', 'version'])
    put(shape.attributes.get(name) ?? name, text(name));

  const given = text('method');
  const method = given === '' || httpMethods.has(given) ? given : '_OTHER';
  put('http.request.method', method);
  if (method === '_OTHER') put('http.request.method_original', given);

  const host = hostName(text('host'));
  put('server.address', host);
  const scheme = fields.tls === true ? 'https' : fields.tls === false ? 'http' : text('scheme');
  put('url.scheme', scheme);
  if (role === 'client' && scheme !== '' && host !== '' && text('path').startsWith('/'))
    put('url.full', `${scheme}://${text('host')}${text('path')}${text('query') === '' ? '' : `?${text('query')}`}`);

  const status = typeof fields.status === 'number' ? fields.status : 0;
  if (status > 0) attributes.push({ key: 'http.response.status_code', value: { intValue: form.integer(status) } });
  const grpc = fields.grpc_status;
  if (typeof grpc === 'number' && grpc >= 0)
    attributes.push({ key: 'rpc.grpc.status_code', value: { intValue: form.integer(grpc) } });

  const end = { error: text('error'), status, grpcStatus: typeof grpc === 'number' ? grpc : -1 };
  const error = text('error_type') || requestError(end, role);
  put('error.type', error);

  const verb = method === '' || method === '_OTHER' ? 'HTTP' : method;
  const route = text('route');
  return {
    name: route === '' ? verb : `${verb} ${route}`,
    kind: spanKinds[role],
    attributes,
    failed: error !== '',
    told,
  };
}

function textOf(value: ItemValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Without the port: `[::1]:80` is ::1. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  return bracketed ?? host.replace(/:\d*$/, '');
}
