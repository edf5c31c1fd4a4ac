/**
 * HTTP/2 on one connection: streams side by side, each a request and its response. All that was sent must have been read from the connection's beginning on, since header blocks build on those before: where one is missing,
 * what was under way is told as given up, and nothing is guessed.
 */
import type { HttpExchange, HttpSide } from '../http-exchange.js';
import type { Direction, Ending, ParserEvents, Progress, StreamData, StreamParser } from '../protocol.js';
import { type FrameEvents, FrameStream } from './frame-stream.js';
import { type HpackInflater, startInflater } from './hpack.js';
import { grpcStatusOf, Http2Fields, type RequestStart, requestStart, statusOf } from './http2-fields.js';

interface Response {
  readonly fields: Http2Fields;
  readonly status: number;
  readonly firstByteAt: number;
}

interface Stream {
  /** Missing while only the response was seen: a client's thread that reads may be seen before its thread that sent. */
  request?: RequestStart & { readonly fields: Http2Fields; readonly startedAt: number };
  requestBytes: number;
  response?: Response;
  responseBytes: number;
  trailers?: Http2Fields;
  lastAt: number;
  ended: boolean;
}

/** Streams that are open at a time; servers allow 100 to 250. */
const mostStreams = 1_000;
/** Of the names and values of one block. */
const mostFieldBytes = 65_536;

export class Http2Connection implements StreamParser {
  readonly #requests: FrameStream;
  readonly #responses: FrameStream;
  readonly #streams = new Map<number, Stream>();
  /** Streams that the client has reset, and when: what the server had sent before may be seen later, from another thread. */
  readonly #resets = new Map<number, number>();
  #lastRequest = 0;
  #over = false;

  constructor(
    private readonly side: HttpSide,
    private readonly events: ParserEvents<HttpExchange>,
  ) {
    const [ofRequests, ofResponses] = [startInflater(), startInflater()];
    this.#requests = new FrameStream(
      true,
      this.#frames(ofRequests, {
        fields: (stream, fields, _ended, startedAt) => this.#request(stream, fields, startedAt),
        data: (stream, bytes) => {
          stream.requestBytes += bytes;
        },
        reset: (id, time) => {
          if (this.#streams.has(id)) this.#resets.set(id, time);
        },
      }),
    );
    this.#responses = new FrameStream(
      false,
      this.#frames(ofResponses, {
        fields: (stream, fields, ended, startedAt, time) => this.#response(stream, fields, ended, startedAt, time),
        data: (stream, bytes, ended, time, id) => {
          stream.responseBytes += bytes;
          stream.lastAt = time;
          if (ended) this.#responded(id, stream);
        },
        reset: (id, time) => this.#fail(id, time, 'stream_reset'),
      }),
    );
    if (ofRequests === undefined || ofResponses === undefined) {
      events.blind('no_decoder');
      this.#end();
    }
  }

  get idle(): boolean {
    return this.#streams.size === 0;
  }

  get awaits(): boolean {
    return this.#resets.size > 0 || (this.#streams.size > 0 && this.#responses.awaits);
  }

  take({ direction, offset, bytes, length, time }: StreamData): void {
    if (this.#over) return;
    const stream = this.#stream(direction);
    stream.take(offset, bytes, length, time);
    if (stream === this.#responses && this.#resets.size > 0) this.#endReset(time);
  }

  progress({ direction, moved, time, last }: Progress): void {
    if (this.#over) return;
    this.#stream(direction).progress(moved, time, last);
    // It has been quiet since.
    this.#endReset(Number.POSITIVE_INFINITY);
  }

  close(time: number, how: Ending): void {
    this.#endReset(Number.POSITIVE_INFINITY);
    this.#giveUp(time, how === 'reset' ? 'connection_reset' : 'connection_closed');
  }

  #stream(direction: Direction): FrameStream {
    return (this.side === 'server') === (direction === 'received') ? this.#requests : this.#responses;
  }

  /** Those that were reset before this. */
  #endReset(before: number): void {
    for (const [id, time] of this.#resets) if (time < before) this.#fail(id, time, 'stream_reset');
  }

  /** What is the same of both directions. */
  #frames(
    inflater: HpackInflater | undefined,
    to: {
      fields(stream: number, fields: Http2Fields, ended: boolean, startedAt: number, time: number): void;
      data(stream: Stream, bytes: number, ended: boolean, time: number, id: number): void;
      reset(id: number, time: number): void;
    },
  ): FrameEvents {
    return {
      block: (stream, block, ended, startedAt, time) => {
        const fields = inflater?.inflate(block, mostFieldBytes);
        if (fields === undefined) {
          this.events.blind('bad_compression');
          this.#giveUp(time, 'given_up');
        } else if (stream !== 0) to.fields(stream, new Http2Fields(fields), ended, startedAt, time);
      },
      data: (id, bytes, ended, time) => {
        const stream = this.#streams.get(id);
        if (stream !== undefined) to.data(stream, bytes, ended, time, id);
      },
      reset: to.reset,
      goAway: (lastStream, time) => {
        for (const id of this.#streams.keys()) if (id > lastStream) this.#fail(id, time, 'stream_reset');
      },
      lost: (cause) => {
        this.events.blind(cause);
        this.#giveUp(Math.max(this.#requests.lastTime, this.#responses.lastTime), 'given_up');
      },
    };
  }

  #request(id: number, fields: Http2Fields, startedAt: number): void {
    const early = this.#streams.get(id);
    // Trailers.
    if (early?.request !== undefined) return;
    const start = id % 2 === 1 ? requestStart(fields) : undefined;
    if (start === undefined || (id <= this.#lastRequest && early === undefined)) {
      this.events.blind('no_head');
      this.#streams.delete(id);
      this.#lastRequest = Math.max(id, this.#lastRequest);
      return;
    }
    this.#lastRequest = Math.max(id, this.#lastRequest);
    const stream = early ?? this.#open(id, startedAt);
    stream.request = { ...start, fields, startedAt };
    if (stream.ended) this.#responded(id, stream);
  }

  #response(id: number, fields: Http2Fields, ended: boolean, startedAt: number, time: number): void {
    // What a server pushes was not asked for.
    if (id % 2 === 0) return;
    const known = this.#streams.get(id);
    if (known === undefined && (this.side === 'server' || id <= this.#lastRequest)) {
      this.events.blind('joined_midway');
      return;
    }
    const stream = known ?? this.#open(id, time);
    stream.lastAt = time;
    if (stream.response === undefined) {
      const status = statusOf(fields);
      if (status === undefined) this.events.blind('no_head');
      else if (status >= 200) stream.response = { fields, status, firstByteAt: startedAt };
    } else stream.trailers = fields;
    if (ended) this.#responded(id, stream);
  }

  #open(id: number, time: number): Stream {
    if (this.#streams.size >= mostStreams) {
      const [oldest] = this.#streams.keys();
      if (oldest !== undefined) this.#streams.delete(oldest);
      this.events.blind('queue_full');
    }
    const stream: Stream = { requestBytes: 0, responseBytes: 0, lastAt: time, ended: false };
    this.#streams.set(id, stream);
    return stream;
  }

  #responded(id: number, stream: Stream): void {
    stream.ended = true;
    if (stream.request === undefined) return;
    this.#streams.delete(id);
    this.#resets.delete(id);
    this.#tell(stream, stream.lastAt, stream.response === undefined ? 'response_cut' : '');
  }

  #fail(id: number, time: number, error: HttpExchange['error']): void {
    const stream = this.#streams.get(id);
    this.#resets.delete(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    this.#tell(stream, time, error);
  }

  #giveUp(time: number, error: HttpExchange['error']): void {
    for (const [id, { response, lastAt }] of [...this.#streams])
      this.#fail(id, response === undefined ? time : lastAt, error);
    this.#end();
  }

  #tell(
    { request, requestBytes, response, responseBytes, trailers }: Stream,
    endedAt: number,
    error: HttpExchange['error'],
  ): void {
    if (request === undefined) {
      this.events.blind('joined_midway');
      return;
    }
    const grpcStatus = grpcStatusOf(trailers, response?.fields);
    this.events.message({
      side: this.side,
      method: request.method,
      target: request.target,
      version: '2',
      request: request.fields,
      status: response?.status ?? 0,
      startedAt: request.startedAt,
      endedAt,
      requestBytes,
      responseBytes,
      error,
      ...(response === undefined ? {} : { response: response.fields, firstByteAt: response.firstByteAt }),
      ...(grpcStatus === undefined ? {} : { grpcStatus }),
    });
  }

  #end(): void {
    this.#over = true;
    this.#requests.over();
    this.#responses.over();
    this.#streams.clear();
    this.#resets.clear();
  }
}
