/** The options that all sinks have in common that send over HTTP, as schema/requests.ts describes them; files of certificates are read here. */
import { readFileSync } from 'node:fs';
import type { Options } from '../option-values.js';
import { errorCode, errorMeaning, SinkError } from '../sink-error.js';
import type { RequestTarget, TlsOptions } from './request.js';
import { type Compression, compressions, type HttpAuth } from './target.js';

export interface RequestOptions extends Pick<RequestTarget, 'headers' | 'timeoutMs' | 'tls'> {
  readonly compression: Compression;
  readonly auth?: HttpAuth | undefined;
  /** Those that are tried again; the usual ones where it is missing. */
  readonly retriedStatuses?: ReadonlySet<number> | undefined;
}

/** Throws a `SinkError` where a file of a certificate cannot be read. */
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

function tlsOf(name: string, tls: Options): TlsOptions {
  const pem = (option: string) => {
    const path = tls.text(option);
    return path === undefined ? undefined : pemText(name, option, path, tls.secret(option));
  };
  return {
    ca: pem('ca'),
    cert: pem('cert'),
    key: pem('key'),
    verify: tls.flag('verify') ?? true,
    serverName: tls.text('server_name'),
  };
}

function pemText(name: string, option: string, path: string, isSecret: boolean): string {
  // `${file:PATH}` gives the text itself.
  if (path.includes('-----BEGIN ')) return path;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const which = isSecret ? 'the file that it names' : `"${path}"`;
    const code = errorCode(error);
    throw new SinkError(
      `sink "${name}": cannot read ${which} for "tls.${option}": ${code === 'ENOENT' ? 'no such file or folder' : errorMeaning(code)}`,
      [],
      `tls.${option}`,
    );
  }
}
