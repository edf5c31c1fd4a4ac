/**
 * Where an HTTP sink sends to: the URL without its credentials, which become a header. Refused are URLs and headers that
 * cannot be sent; neither credentials nor header values are ever part of a message.
 */
import { headerName, ownHeaders } from '../../language/request-headers.js';
import { SinkError } from '../sink-error.js';

export interface HttpTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpTargetOptions {
  /** Of the sink, for messages. */
  readonly name: string;
  readonly url: string;
  /** What the URL is called among the sink's options: `url` where it is missing. */
  readonly option?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly compression: Compression;
  readonly auth?: HttpAuth | undefined;
  /** That there is some is all that matters here. */
  readonly tls?: object | undefined;
}

export const compressions = ['gzip', 'zstd', 'none'] as const;
export type Compression = (typeof compressions)[number];

/** Secrets, all of them. */
export type HttpAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

export function httpTarget(options: HttpTargetOptions): HttpTarget {
  const url = parsedUrl(options);
  // Told by the language already, but for what came from the environment.
  if (options.tls !== undefined && url.protocol === 'http:')
    throw new SinkError(
      `sink "${options.name}": "tls" is for https://, and nothing is encrypted on the way to its "${options.option ?? 'url'}"`,
      ['let its URL begin with https://, or leave "tls" out'],
      'tls',
    );
  const headers: Record<string, string> = {
    'content-type': options.contentType,
    'user-agent': 'probepipe',
    ...(options.compression === 'none' ? {} : { 'content-encoding': options.compression }),
  };
  if (url.username !== '' || url.password !== '') {
    headers.authorization = basic(decoded(url.username), decoded(url.password));
    url.username = '';
    url.password = '';
  }
  const { auth } = options;
  if (auth !== undefined)
    headers.authorization = auth.kind === 'basic' ? basic(auth.username, auth.password) : `Bearer ${auth.token}`;
  if (auth?.kind === 'bearer') checkHeader(options.name, 'Authorization', auth.token);
  for (const [name, value] of Object.entries(options.headers)) {
    checkHeader(options.name, name, value);
    headers[name.toLowerCase()] = value;
  }
  return { url, headers };
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function parsedUrl({ name, url: text, option = 'url' }: HttpTargetOptions): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new SinkError(
      `sink "${name}": its "${option}" is not a URL`,
      ['write it whole: http://127.0.0.1:8080/events'],
      option,
    );
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  const scheme = url.protocol.slice(0, -1);
  throw new SinkError(
    `sink "${name}": its "${option}" has the scheme "${scheme}", which is not HTTP`,
    ['use http:// or https://'],
    option,
  );
}

/** A `%` that begins no escape stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function checkHeader(sink: string, name: string, value: string): void {
  if (!headerName.test(name)) throw new SinkError(`sink "${sink}": "${name}" is not a header's name`, [], 'headers');
  if (ownHeaders.has(name.toLowerCase()))
    throw new SinkError(
      `sink "${sink}": the header "${name}" is set by probepipe itself`,
      ['leave it out'],
      `headers.${name}`,
    );
  // What a field value may hold (RFC 9110, 5.5).
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
  throw new SinkError(
    `sink "${sink}": the value of the header "${name}" holds characters that headers cannot have`,
    ['a line break in a secret file is a usual cause'],
    name === 'Authorization' ? undefined : `headers.${name}`,
  );
}
