/**
 * The HTTP server that is scraped: one for each address, whichever pipelines of the run have pages there. It answers GET and HEAD of its pages and refuses the rest; headers, requests, answers and the number of
 * connections are limited, so that nobody who is slow or hostile can hold memory or keep others waiting.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { ListenAddress } from '../../compile/metrics/listen-address.js';
import { authorized, type BasicAuth } from './access.js';
import type { Family } from './exposition.js';
import { formatFor, patienceOf, takesGzip } from './negotiation.js';
import { Page } from './page.js';

export interface EndpointOptions {
  readonly address: ListenAddress;
  readonly timeoutMs: number;
  readonly auth?: BasicAuth | undefined;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string | undefined } | undefined;
}

const mostConnections = 64;
const headerBytes = 8192;
const requestMs = 10_000;
/** Longer than Prometheus waits between two scrapes by default, so that it can keep its connection. */
const keepAliveMs = 90_000;
const checkMs = 2000;

export class Endpoint {
  readonly options: EndpointOptions;
  readonly #server: Server;
  readonly #pages = new Map<string, Page>();
  readonly #ownFamilies: (scrapes: number) => readonly Family[];

  private constructor(options: EndpointOptions, server: Server, ownFamilies: (scrapes: number) => readonly Family[]) {
    this.options = options;
    this.#server = server;
    this.#ownFamilies = ownFamilies;
  }

  /** Rejects with the error of the socket. */
  static async open(options: EndpointOptions, ownFamilies: (scrapes: number) => readonly Family[]): Promise<Endpoint> {
    let endpoint: Endpoint | undefined;
    const server = await makeServer(options, (request, response) => endpoint?.answer(request, response));
    server.maxConnections = mostConnections;
    server.keepAliveTimeout = keepAliveMs;
    endpoint = new Endpoint(options, server, ownFamilies);
    const { host, port } = options.address;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return endpoint;
  }

  /** The port that it listens at. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  page(path: string): Page {
    const page = this.#pages.get(path) ?? new Page(this.#ownFamilies);
    this.#pages.set(path, page);
    return page;
  }

  get unused(): boolean {
    return [...this.#pages.values()].every((page) => page.empty);
  }

  /** Answers that are on their way have until the deadline. */
  async close(deadlineMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const deadline = setTimeout(() => this.#server.closeAllConnections(), deadlineMs);
    await closed;
    clearTimeout(deadline);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { auth, timeoutMs } = this.options;
    // Whoever takes the answer too slowly is cut off: nothing of it is kept for longer.
    const cut = setTimeout(() => request.socket.destroy(), timeoutMs * 2);
    response.once('close', () => clearTimeout(cut));
    // Nothing is expected behind the headers; what comes all the same is not read.
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    if (hasBody) response.setHeader('connection', 'close');
    response.setHeader('x-content-type-options', 'nosniff');
    if (auth !== undefined && !authorized(request.headers.authorization, auth)) {
      response.setHeader('www-authenticate', 'Basic realm="probepipe", charset="UTF-8"');
      refuse(response, 401, 'a user name and a password are needed');
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      refuse(response, 405, 'metrics are read with GET');
    } else {
      const [path = ''] = (request.url ?? '').split('?');
      const page = this.#pages.get(path);
      if (page !== undefined) void this.#send(page, request, response);
      else refuse(response, 404, `there is nothing here; metrics are at ${[...this.#pages.keys()].join(' ')}`);
    }
  }

  async #send(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method } = request;
    const gzipped = takesGzip(headers);
    const patience = Math.min(this.options.timeoutMs, patienceOf(headers) ?? Number.POSITIVE_INFINITY);
    const rendered = await within(patience, page.render(formatFor(headers), gzipped));
    if (response.destroyed) return;
    if (rendered === 'late') {
      refuse(response, 503, `the maps could not be read within ${patience / 1000} s`);
      return;
    }
    if (rendered === undefined) {
      refuse(response, 503, 'the probes do not count yet, or no more');
      return;
    }
    response.writeHead(200, {
      'content-type': rendered.contentType,
      'content-length': rendered.body.length,
      'cache-control': 'no-store',
      vary: 'accept, accept-encoding',
      ...(gzipped ? { 'content-encoding': 'gzip' } : {}),
    });
    const { socket } = request;
    // A response finishes too when its socket was cut.
    response.once('finish', () => {
      if (method === 'GET' && !socket.destroyed) for (const each of rendered.contributors) each.delivered();
    });
    response.end(method === 'HEAD' ? undefined : rendered.body);
  }
}

async function makeServer({ tls }: EndpointOptions, listener: RequestListener): Promise<Server> {
  const limits = {
    maxHeaderSize: headerBytes,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkMs,
  };
  if (tls === undefined) return (await import('node:http')).createServer(limits, listener);
  const { cert, key, clientCa } = tls;
  const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const options = { ...limits, cert, key, ...client, handshakeTimeout: requestMs };
  return (await import('node:https')).createServer(options, listener);
}

async function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Who is refused does not keep one of the few connections. */
function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${reason}\n`);
}
