/** One attempt to hand a batch to a server, and what its outcome means. The HTTP client is loaded on first use. */
import { promisify } from 'node:util';
import { errorCode } from './sink-error.js';

export interface RequestTarget {
  /** Without credentials, query and fragment included. */
  readonly url: URL;
  /** May hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  /** For a whole attempt, from connecting to the answer's status. */
  readonly timeoutMs: number;
}

export type Outcome =
  | { readonly kind: 'delivered' }
  /** `reason`: a status or an error code, never text from the server or the request. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number | undefined }
  | { readonly kind: 'refused'; readonly status: number };

export interface Requester {
  /** The body to send for a batch's text. */
  prepare(text: Uint8Array): Promise<Uint8Array>;
  send(body: Uint8Array, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** Bytes of an answer that are read, so that its connection can be used again. */
const maxAnswerBytes = 64 * 1024;

export async function openRequester(target: RequestTarget): Promise<Requester> {
  const [{ Pool }, { gzip, constants }] = await Promise.all([import('undici'), import('node:zlib')]);
  const compress = promisify(gzip);
  const pool = new Pool(target.url.origin, {
    connect: { timeout: target.timeoutMs },
    headersTimeout: target.timeoutMs,
    bodyTimeout: target.timeoutMs,
  });
  return {
    // The fastest level: text of events shrinks to a tenth even so, and the traced host pays for the rest.
    prepare: async (text) => (target.gzip ? compress(text, { level: constants.Z_BEST_SPEED }) : text),
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
        const response = await pool.request({
          method: 'POST',
          path: target.url.pathname + target.url.search,
          headers: target.headers,
          body,
          signal: attempt.signal,
        });
        const outcome = outcomeOf(response.statusCode, response.headers['retry-after']);
        // The status is the answer; a connection cut after it changes nothing.
        await response.body.dump({ limit: maxAnswerBytes }).catch(() => undefined);
        return outcome;
      } catch (error) {
        return { kind: 'retry', reason: timedOut ? 'timeout' : reasonOf(error) };
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

function reasonOf(error: unknown): string {
  const code = errorCode(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') return 'timeout';
  if (code === 'UND_ERR_SOCKET') return 'connection closed';
  return code;
}

/** 408 and 429 ask for another try, so does every 5xx; all else that is no success would fail again. */
export function outcomeOf(status: number, retryAfter: string | readonly string[] | undefined): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 408 || status === 429 || status >= 500) {
    const text = typeof retryAfter === 'string' ? retryAfter : retryAfter?.[0];
    return { kind: 'retry', reason: String(status), afterMs: text === undefined ? undefined : retryAfterMs(text) };
  }
  return { kind: 'refused', status };
}

/** RFC 9110, 10.2.3: seconds, or a date. */
export function retryAfterMs(text: string, nowMs = Date.now()): number | undefined {
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
