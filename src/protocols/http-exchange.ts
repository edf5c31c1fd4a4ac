/** A request and its response, whichever version of HTTP carried them. */

import type { Propagated } from './protocol.js';

export type HttpSide = 'server' | 'client';

/** Header fields by their lower-case names; of several of one name the values with `, ` between them. */
export interface HeaderFields {
  get(name: string): string | undefined;
}

/** Texts are Latin-1: one character for each byte that was sent. */
export interface HttpExchange {
  readonly side: HttpSide;
  readonly method: string;
  /** As it was sent: `/a?b=c`, `http://host/a`, `*`, `host:443`. */
  readonly target: string;
  readonly version: '1.0' | '1.1' | '2';
  readonly request: HeaderFields;
  /** Missing where no response was seen. */
  readonly response?: HeaderFields | undefined;
  /** 0 where no response was seen. */
  readonly status: number;
  /** Nanoseconds of the monotonic clock: the request's first byte. */
  readonly startedAt: number;
  /** Of the response, the first byte and the last known one; missing without a response. */
  readonly firstByteAt?: number | undefined;
  readonly endedAt: number;
  /** Of the bodies, as far as they are known: without the lengths of chunks, where their bytes were seen. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Why there is no whole response; empty when there is. */
  readonly error: '' | 'connection_closed' | 'connection_reset' | 'response_cut' | 'stream_reset' | 'given_up';
  /** The ids of a traceparent that it was given on its way. */
  readonly propagated?: Propagated | undefined;
  /** The value of grpc-status, from the trailers or the headers. */
  readonly grpcStatus?: number | undefined;
}
