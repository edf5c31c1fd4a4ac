/** One attempt to hand a body to a server, and what its answer means. The HTTP client is loaded on first use. */
import { promisify } from 'node:util';
import type { Outcome } from '../delivery/transport.js';
import { errorCode } from '../sink-error.js';
import { loadZstd } from '../zstd.js';
import type { Compression } from './target.js';

export interface RequestTarget {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Without credentials, query and fragment included. */
  readonly url: URL;
  /** May hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: Compression;
  readonly tls?: TlsOptions | undefined;
  /** For a whole attempt, from connecting to the end of the answer. */
  readonly timeoutMs: number;
  /** Connections at a time, which are kept open. */
  readonly connections: number;
}

/** PEM texts. */
export interface TlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** False: any certificate will do. */
  readonly verify: boolean;
  readonly serverName?: string | undefined;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The first 4 MiB of it, or what came of it before the connection was cut; only of successes. */
  readonly body: Uint8Array;
  /** Whether `body` is all of it. */
  readonly whole: boolean;
}

export type Exchange =
  | { readonly answer: Answer }
  /** An error code: nothing is known of what became of the request. */
  | { readonly failure: string };

export interface Requester {
  compress(body: Uint8Array): Promise<Uint8Array>;
  /** Never rejects. */
  send(body: Uint8Array, signal: AbortSignal): Promise<Exchange>;
  close(): Promise<void>;
}

/** Bytes of an answer that are kept: the answer of a bulk request of 5000 events is well within. */
const maxAnswerBytes = 4 * 1024 * 1024;

/** `readsAnswer`: whether the body of a success says more than its status. */
export async function openRequester(target: RequestTarget, readsAnswer: boolean): Promise<Requester> {
  const [{ Pool }, { gzip, constants }] = await Promise.all([import('undici'), import('node:zlib')]);
  const gzipped = promisify(gzip);
  const zstd = target.compression === 'zstd' ? loadZstd('compression') : undefined;
  const { tls } = target;
  const pool = new Pool(target.url.origin, {
    connections: target.connections,
    connect: {
      timeout: target.timeoutMs,
      ...(tls === undefined ? {} : { rejectUnauthorized: tls.verify }),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls?.key === undefined ? {} : { key: tls.key }),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    },
    headersTimeout: target.timeoutMs,
    bodyTimeout: target.timeoutMs,
  });
  return {
    // The fastest level: text of events shrinks to a tenth even so, and the traced host pays for the rest.
    compress: async (body) => {
      if (zstd !== undefined) return zstd.compress(body, 1);
      return target.compression === 'gzip' ? gzipped(body, { level: constants.Z_BEST_SPEED }) : body;
    },
    async send(body, signal) {
      const attempt = new AbortController();
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        attempt.abort();
      }, target.timeoutMs);
      const abort = () => attempt.abort();
      signal.addEventListener('abort', abort);
      try {
        const {
          statusCode,
          headers,
          body: answer,
        } = await pool.request({
          method: target.method,
          path: target.url.pathname + target.url.search,
          headers: target.headers,
          body,
          signal: attempt.signal,
        });
        const status = { status: statusCode, headers };
        if (readsAnswer && statusCode < 300) return { answer: { ...status, ...(await bytesOf(answer)) } };
        // The status is the answer; a connection cut after it changes nothing.
        await answer.dump({ limit: maxAnswerBytes }).catch(() => undefined);
        return { answer: { ...status, body: new Uint8Array(), whole: false } };
      } catch (error) {
        return { failure: timedOut ? 'timeout' : reasonOf(error) };
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      }
    },
    async close() {
      await pool.destroy();
    },
  };
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<{ body: Uint8Array; whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let whole = false;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) break;
      chunks.push(chunk);
    }
    whole = bytes <= maxAnswerBytes;
  } catch {
    // Cut: what the caller makes of that depends on the server.
  }
  return { body: Buffer.concat(chunks), whole };
}

function reasonOf(error: unknown): string {
  const code = errorCode(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') return 'timeout';
  if (code === 'UND_ERR_SOCKET') return 'connection closed';
  return code;
}

/** Statuses after which the same request may succeed later: it came too early or too often, or the server is not well. */
const retriedStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/** Those that the user told; else the usual ones. */
export function isRetried(told: ReadonlySet<number> | undefined): (status: number) => boolean {
  return told === undefined ? (status) => retriedStatuses.has(status) || status >= 500 : (status) => told.has(status);
}

/** What is neither a success nor retried would fail again. */
export function outcomeOf(answer: Answer, retried: (status: number) => boolean): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (retried(status)) return { kind: 'retry', reason: String(status), afterMs: askedMs(answer) };
  return { kind: status === 413 ? 'too large' : 'refused', cause: `refused (${status})` };
}

function askedMs({ headers }: Answer): number | undefined {
  const asked = headers['retry-after'];
  const text = typeof asked === 'string' ? asked : asked?.[0];
  // By the server's own clock, where it tells it: one of the two may be wrong, and this host's may step.
  const serversNow = Date.parse(String(headers.date));
  return text === undefined ? undefined : retryAfterMs(text, Number.isNaN(serversNow) ? undefined : serversNow);
}

/** RFC 9110, 10.2.3: seconds, or a date. */
export function retryAfterMs(text: string, nowMs = Date.now()): number | undefined {
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
