/**
 * What a protocol's parser gets and gives: captured bytes with direction, time and offset in, messages out. Nothing here knows of kernels or pipelines. The contract of what is captured, and how a protocol is added, is in
 * docs/internals/protocols.md.
 */

/** As the traced process sees it. */
export type Direction = 'received' | 'sent';

/** What was moved at once in one direction of a connection, as far as it was captured. */
export interface StreamData {
  readonly direction: Direction;
  /** Nanoseconds of the monotonic clock, as a double: 1 ns of error after 104 days of uptime. What is sent has the time at which it was given to the kernel, or had been taken by it. */
  readonly time: number;
  /** Of its first byte in this direction, since the connection was first seen. What lies between two pieces was not captured. */
  readonly offset: number;
  /** Bytes that were moved: at least as many as were captured. */
  readonly length: number;
  /** The first of them; valid only during the call. */
  readonly bytes: Buffer;
  /** The last of them, at most eight, where not all were captured; valid only during the call. */
  readonly tail: Buffer;
  /** Ids of the traceparent that was put into the request that begins here, after its process had sent it. */
  readonly propagated?: Propagated | undefined;
}

/** In lower-case hexadecimal digits: 32 and 16. */
export interface Propagated {
  readonly trace: string;
  readonly span: string;
}

/** How far a direction has got by itself, without its bytes. */
export interface Progress {
  readonly direction: Direction;
  /** Bytes moved since the connection was first seen. */
  readonly moved: number;
  /** When the last of them were. */
  readonly time: number;
  /** Nothing more comes; else data that was told of in between may be on its way still. */
  readonly last: boolean;
}

export type Ending = 'closed' | 'reset';

/** Why something on the wire is not told of: a closed list, since each is a count in the ledger. */
export const blindCauses = [
  /** A response whose request was before the probe was attached. */
  'joined_midway',
  /** Bytes where a head should have begun, or that are none. */
  'no_head',
  /** A head that was longer than what is captured of one, before its first line ended. */
  'head_cut',
  /** Bytes were lost (the ring buffer was full) where it mattered. */
  'lost_sync',
  /** More requests waited for their responses than are kept. */
  'queue_full',
  /** Header compression that does not decode. */
  'bad_compression',
  /** HTTP/2, where the addon that reads its headers is not built. */
  'no_decoder',
  /** Another protocol took the connection over. */
  'upgraded',
] as const;
export type BlindCause = (typeof blindCauses)[number];

/** Reads one connection. It holds a bounded number of bytes, and throws for nothing that a peer may send. */
export interface StreamParser {
  take(data: StreamData): void;
  /** Told when asked for by `awaits`, and before `close`. */
  progress(progress: Progress): void;
  /** Whether a message can only be ended by knowing how far its direction got. */
  readonly awaits: boolean;
  close(time: number, how: Ending): void;
  /** Nothing is under way: it may be forgotten without a loss. */
  readonly idle: boolean;
}

export interface ParserEvents<Message> {
  message(message: Message): void;
  blind(cause: BlindCause): void;
}
