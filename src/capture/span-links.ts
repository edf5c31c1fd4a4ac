/**
 * Ids of requests as spans. A request whose client and server are both seen, on one connection of this host, is one trace: the server's span is the client's child. What has a `traceparent` is a child of that instead. Nothing
 * is injected: the two sides find each other by their ends and by when they moved the request.
 */
import { randomBytes } from 'node:crypto';
import type { HttpExchange, HttpSide } from '../protocols/http-exchange.js';
import { parseTraceParent } from '../protocols/traceparent.js';
import type { SocketEnd } from './captured-records.js';

/** In lower-case hexadecimal digits, as OpenTelemetry has them: 32, 16 and 16. */
export interface SpanIds {
  readonly trace: string;
  readonly span: string;
  /** Empty for the first span of a trace. */
  readonly parent: string;
}

export interface Ends {
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
}

/** What one side was told of, and the other may be. */
interface Waiting {
  readonly exchange: HttpExchange;
  readonly trace: string;
  /** The client's span. */
  readonly client: string;
}

/** Connections with something that waits, and how much of each: what finds no other side gives way. */
const mostConnections = 4_096;
const mostWaiting = 64;

export class SpanLinks {
  readonly #open: Readonly<Record<HttpSide, Map<string, number>>> = { server: new Map(), client: new Map() };
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #known = new WeakMap<HttpExchange, SpanIds>();

  /** `told`: the sides whose spans are told of; a span is no child of one that nobody is told of. */
  constructor(private readonly told: ReadonlySet<HttpSide>) {}

  opened(side: HttpSide, ends: Ends): void {
    const key = keyOf(side, ends);
    this.#open[side].set(key, (this.#open[side].get(key) ?? 0) + 1);
  }

  closed(side: HttpSide, ends: Ends): void {
    const key = keyOf(side, ends);
    const left = (this.#open[side].get(key) ?? 0) - 1;
    if (left > 0) this.#open[side].set(key, left);
    else this.#open[side].delete(key);
  }

  /** The same for the same request, however often it is asked for. */
  of(exchange: HttpExchange, ends: Ends): SpanIds {
    const known = this.#known.get(exchange);
    if (known !== undefined) return known;
    const ids = this.#idsOf(exchange, ends);
    this.#known.set(exchange, ids);
    return ids;
  }

  #idsOf(exchange: HttpExchange, ends: Ends): SpanIds {
    if (exchange.propagated !== undefined) return { ...exchange.propagated, parent: '' };
    const own = randomBytes(24).toString('hex');
    const [trace, span] = [own.slice(0, 32), own.slice(32)];
    const given = parseTraceParent(exchange.request.get('traceparent') ?? '');
    if (given !== undefined) return { trace: given.traceId, span, parent: given.spanId };
    // Local sockets have no ends to be known by.
    const other = exchange.side === 'server' ? 'client' : 'server';
    if (ends.local.version === 0 || !this.told.has(other)) return { trace, span, parent: '' };
    const key = keyOf(exchange.side, ends);
    const found = this.#taken(key, exchange);
    if (found !== undefined)
      return exchange.side === 'client'
        ? { trace: found.trace, span: found.client, parent: '' }
        : { trace: found.trace, span, parent: found.client };
    if (!this.#open[other].has(key)) return { trace, span, parent: '' };
    if (exchange.side === 'client') {
      this.#wait(key, { exchange, trace, client: span });
      return { trace, span, parent: '' };
    }
    // The client still reads the answer.
    const client = randomBytes(8).toString('hex');
    this.#wait(key, { exchange, trace, client });
    return { trace, span, parent: client };
  }

  #taken(key: string, exchange: HttpExchange): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    const index = waiting?.findIndex((each) => isSame(each.exchange, exchange)) ?? -1;
    if (waiting === undefined || index < 0) return undefined;
    const [found] = waiting.splice(index, 1);
    if (waiting.length === 0) this.#waiting.delete(key);
    return found;
  }

  #wait(key: string, one: Waiting): void {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    this.#waiting.set(key, waiting);
    waiting.push(one);
    if (waiting.length > mostWaiting) waiting.shift();
    if (this.#waiting.size <= mostConnections) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }
}

/** A server reads a request after its client began to send it, and before the client has the whole answer. */
function isSame(one: HttpExchange, other: HttpExchange): boolean {
  if (one.side === other.side || one.method !== other.method || one.target !== other.target) return false;
  const [client, server] = one.side === 'client' ? [one, other] : [other, one];
  return client.startedAt <= server.startedAt && server.startedAt <= client.endedAt;
}

/** The client's end first, whichever side tells. */
function keyOf(side: HttpSide, { local, remote }: Ends): string {
  const [client, server] = side === 'client' ? [local, remote] : [remote, local];
  return `${endText(client)} ${endText(server)}`;
}

const mapped = '00000000000000000000ffff';

/** A socket of IPv6 may have an IPv4 address: RFC 4291, section 2.5.5.2. */
function endText({ version, address, port }: SocketEnd): string {
  const digits = address.toString('hex', 0, version === 4 ? 4 : 16);
  return `${digits.startsWith(mapped) ? digits.slice(mapped.length) : digits}:${port}`;
}
