/**
 * HTTP/1 on one connection: requests in a queue, since they may be pipelined, and responses to the first of them. Heads are told from bodies by where they stand, so that a body that looks like a head is none. A status
 * is only ever read, never concluded.
 */
import type { HttpExchange, HttpSide } from '../http-exchange.js';
import type { Direction, Ending, ParserEvents, Progress, Propagated, StreamData, StreamParser } from '../protocol.js';
import type { Framing } from './head.js';
import {
  HeadFields,
  parseRequestLine,
  parseStatus,
  type RequestLine,
  requestFraming,
  responseFraming,
} from './head.js';
import { type Carried, MessageStream, type StreamEvents } from './message-stream.js';

interface Response {
  readonly fields: HeadFields;
  readonly status: number;
  readonly firstByteAt: number;
}

interface Pending {
  readonly line: RequestLine;
  readonly fields: HeadFields;
  readonly startedAt: number;
  readonly propagated: Propagated | undefined;
  requestBytes: number;
  response?: Response;
}

interface EarlyResponse extends Response {
  ended?: { readonly time: number; readonly bodyBytes: number };
}

/** Requests that may wait for their responses; servers take far fewer. */
const mostPending = 1_000;
const mostEarly = 16;

export class Http1Connection implements StreamParser, StreamEvents {
  readonly #requests: MessageStream;
  readonly #responses: MessageStream;
  #pending: Pending[] = [];
  /** A client's thread that reads may be seen before its thread that sent. */
  #early: EarlyResponse[] = [];
  /** The request whose body is being read. */
  #reading: Pending | undefined;
  /** Of the first request that begins in what is being taken. */
  #propagated: Propagated | undefined;
  #over = false;

  constructor(
    private readonly side: HttpSide,
    private readonly events: ParserEvents<HttpExchange>,
  ) {
    this.#requests = new MessageStream('requests', this);
    this.#responses = new MessageStream('responses', this);
  }

  get idle(): boolean {
    return this.#pending.length === 0 && this.#early.length === 0;
  }

  get awaits(): boolean {
    return this.#pending.length > 0 && this.#responses.awaits;
  }

  take({ direction, offset, bytes, length, tail, time, propagated }: StreamData): void {
    if (this.#over) return;
    this.#propagated = propagated;
    const requests = this.#carriesRequests(direction);
    // A new request can only come when the response before it has ended, unless requests are pipelined.
    if (requests && this.#pending.length === 1 && this.#responses.endUnknown && !this.#requests.inBody)
      this.#responses.finish(this.#responses.lastTime);
    // Behind a head that was cut nothing tells where the next begins, but that the one before was answered.
    if (requests && this.#pending.length === 0 && this.#requests.behindCut && mayBeginRequest(bytes))
      this.#requests.restart();
    (requests ? this.#requests : this.#responses).take(offset, bytes, length, tail, time);
  }

  progress({ direction, moved, time, last }: Progress): void {
    if (!this.#over) (this.#carriesRequests(direction) ? this.#requests : this.#responses).progress(moved, time, last);
  }

  close(time: number, how: Ending): void {
    if (how === 'closed') this.#responses.finish(this.#responses.lastTime);
    for (const _ of this.#early) this.events.blind('joined_midway');
    const error = how === 'reset' ? 'connection_reset' : 'connection_closed';
    for (const pending of this.#pending.splice(0)) {
      const begun = pending.response !== undefined;
      this.#tell(pending, begun ? this.#responses.lastTime : time, begun ? this.#responses.bodyBytes : 0, error);
    }
    this.#end();
  }

  head(of: Carried, text: string, startedAt: number, time: number): Framing | undefined {
    return of === 'requests' ? this.#request(text, startedAt, false) : this.#response(text, startedAt, time, false);
  }

  cutHead(of: Carried, text: string, startedAt: number): Framing | undefined {
    return of === 'requests' ? this.#request(text, startedAt, true) : this.#response(text, startedAt, startedAt, true);
  }

  end(of: Carried, time: number, bodyBytes: number): void {
    if (of === 'responses') {
      this.#responded(time, bodyBytes);
      return;
    }
    if (this.#reading !== undefined) this.#reading.requestBytes = bodyBytes;
    this.#reading = undefined;
  }

  noHead(): void {
    this.events.blind('no_head');
  }

  lost(): void {
    this.events.blind('lost_sync');
  }

  #carriesRequests(direction: Direction): boolean {
    return (this.side === 'server') === (direction === 'received');
  }

  #request(text: string, startedAt: number, cut: boolean) {
    const line = parseRequestLine(text);
    if (line === undefined) {
      this.events.blind(cut ? 'head_cut' : 'no_head');
      return undefined;
    }
    if (this.#pending.length >= mostPending) {
      this.#pending.shift();
      this.events.blind('queue_full');
    }
    const fields = new HeadFields(text);
    const pending: Pending = { line, fields, startedAt, propagated: this.#propagated, requestBytes: 0 };
    this.#propagated = undefined;
    this.#pending.push(pending);
    const framing = cut ? ({ kind: 'unknown' } as const) : requestFraming(fields);
    this.#reading = framing.kind === 'none' ? undefined : pending;
    return this.#answeredEarly(pending) ? undefined : framing;
  }

  #response(text: string, startedAt: number, time: number, cut: boolean) {
    const status = parseStatus(text);
    if (status === undefined) {
      this.events.blind(cut ? 'head_cut' : 'no_head');
      return undefined;
    }
    if (status >= 100 && status < 200 && status !== 101) return { kind: 'none' } as const;
    const fields = new HeadFields(text);
    const [pending] = this.#pending;
    if (pending === undefined || pending.response !== undefined) {
      if (this.side === 'server' || this.#early.length >= mostEarly) this.events.blind('joined_midway');
      else this.#early.push({ fields, status, firstByteAt: startedAt });
      return cut ? ({ kind: 'unknown' } as const) : responseFraming(fields, status, '');
    }
    pending.response = { fields, status, firstByteAt: startedAt };
    if (this.#upgraded(pending, status, time)) return undefined;
    return cut ? ({ kind: 'unknown' } as const) : responseFraming(fields, status, pending.line.method);
  }

  /** From here on it is another protocol, or none that is known. */
  #upgraded(pending: Pending, status: number, time: number): boolean {
    if (status !== 101 && (pending.line.method !== 'CONNECT' || status < 200 || status >= 300)) return false;
    this.#responded(time, 0);
    this.events.blind('upgraded');
    this.#end();
    return true;
  }

  /** Gives a request the response that was seen before it, if that came later; whether it was the last one here. */
  #answeredEarly(pending: Pending): boolean {
    for (let early = this.#early.shift(); early !== undefined; early = this.#early.shift()) {
      if (early.firstByteAt < pending.startedAt) {
        this.events.blind('joined_midway');
        continue;
      }
      pending.response = early;
      if (this.#upgraded(pending, early.status, early.firstByteAt)) return true;
      if (early.ended !== undefined) this.#responded(early.ended.time, early.ended.bodyBytes);
      return false;
    }
    return false;
  }

  #responded(time: number, bodyBytes: number): void {
    const [pending] = this.#pending;
    // Of an interim response, or of one whose request was not seen.
    if (pending?.response === undefined) {
      const early = this.#early.at(-1);
      if (early !== undefined) early.ended ??= { time, bodyBytes };
      return;
    }
    this.#pending.shift();
    if (this.#reading === pending) {
      pending.requestBytes = this.#requests.bodyBytes;
      this.#reading = undefined;
    }
    this.#tell(pending, time, bodyBytes, '');
  }

  #tell(
    { line, fields, startedAt, propagated, requestBytes, response }: Pending,
    endedAt: number,
    responseBytes: number,
    error: HttpExchange['error'],
  ): void {
    const grpc = response?.fields.get('grpc-status');
    this.events.message({
      side: this.side,
      method: line.method,
      target: line.target,
      version: line.version,
      request: fields,
      status: response?.status ?? 0,
      startedAt,
      propagated,
      endedAt,
      requestBytes,
      responseBytes,
      error,
      response: response?.fields,
      firstByteAt: response?.firstByteAt,
      grpcStatus: grpc !== undefined && /^[0-9]{1,2}$/.test(grpc) ? Number(grpc) : undefined,
    });
  }

  #end(): void {
    this.#over = true;
    this.#requests.over();
    this.#responses.over();
    this.#pending = [];
    this.#early = [];
  }
}

/** As the kernel's programs tell: one to three capital letters. */
function mayBeginRequest(bytes: Buffer): boolean {
  return bytes.subarray(0, 3).every((byte) => byte >= 0x41 && byte <= 0x5a);
}
