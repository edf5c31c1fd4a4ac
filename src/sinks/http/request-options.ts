/** The options that all sinks have in common that send over HTTP, as schema/requests.ts describes them; files of certificates are read here. */
import type { Options } from '../option-values.js';
import { pemText } from '../pem.js';
import type { RequestTarget, TlsOptions } from './request.js';
import { type Compression, compressions, type HttpAuth } from './target.js';

export interface RequestOptions extends Pick<RequestTarget, 'headers' | 'timeoutMs' | 'tls'> {
  readonly compression: Compression;
  readonly auth?: HttpAuth | undefined;
  /** Those that are tried again; the usual ones where it is missing. */
  readonly retriedStatuses?: ReadonlySet<number> | undefined;
}

/** Throws a `SinkError` where a certificate or a key cannot be read. */
export function requestOptions(name: string, given: Options): RequestOptions {
  const statuses = given.inner('retry').counts('statuses');
  return {
    headers: given.texts('headers'),
    auth: authOf(given.inner('auth')),
    tls: given.has('tls') ? tlsOf(name, given.inner('tls')) : undefined,
    compression: given.choice('compression', compressions) ?? 'gzip',
    timeoutMs: given.milliseconds('timeout') ?? 10_000,
    retriedStatuses: statuses === undefined ? undefined : new Set(statuses),
  };
}

function authOf(auth: Options): HttpAuth | undefined {
  const token = auth.text('bearer');
  if (token !== undefined) return { kind: 'bearer', token };
  const basic = auth.inner('basic');
  const username = basic.text('username');
  return username === undefined ? undefined : { kind: 'basic', username, password: basic.text('password') ?? '' };
}

function tlsOf(sink: string, tls: Options): TlsOptions {
  const pem = (name: string, holds: 'certificates' | 'a key') => {
    const given = tls.text(name);
    return given === undefined
      ? undefined
      : pemText({ sink, option: `tls.${name}`, given, shown: tls.shown(name) ?? '', holds });
  };
  return {
    ca: pem('ca', 'certificates'),
    cert: pem('cert', 'certificates'),
    key: pem('key', 'a key'),
    verify: tls.flag('verify') ?? true,
    serverName: tls.text('server_name'),
  };
}
