/** The options of `http` as schema/http-sink.ts describes them; files of certificates are read here. */
import { readFileSync } from 'node:fs';
import { deliveryOptions } from '../delivery/delivery-options.js';
import type { Options } from '../option-values.js';
import { errorCode, errorMeaning, SinkError } from '../sink-error.js';
import { encodings } from './body.js';
import type { HttpOptions } from './http.js';
import type { TlsOptions } from './request.js';
import { compressions, type HttpAuth } from './target.js';

/** Throws a `SinkError` where a file of a certificate cannot be read. */
export function httpOptions(name: string, given: Options): HttpOptions {
  const statuses = given.inner('retry').counts('statuses');
  return {
    ...deliveryOptions(name, given),
    url: given.text('url') ?? '',
    urlIsSecret: given.secret('url'),
    method: given.choice('method', ['POST', 'PUT', 'PATCH']) ?? 'POST',
    headers: given.texts('headers'),
    auth: authOf(given.inner('auth')),
    tls: given.has('tls') ? tlsOf(name, given.inner('tls')) : undefined,
    encoding: given.choice('encoding', encodings) ?? 'ndjson',
    labels: given.texts('labels'),
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
