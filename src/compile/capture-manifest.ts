/** The manifest's part of connections whose bytes are captured: shared, as manifest.ts is, by what compiles and what runs. */
import type { HttpRole } from '../hooks/http.js';
import type { HttpOptions } from '../language/spec.js';

/** Of a probe whose hits are messages of a protocol. */
export interface HttpManifest extends HttpOptions {
  readonly role: HttpRole;
}

export interface CaptureManifest {
  /** The ring buffer of captured bytes. */
  readonly ring: { readonly map: string; readonly bytes: number };
  /** Its row of the counters, in the order of `captureCounterNames`. */
  readonly row: number;
  /** Whether a traceparent is put into requests that are sent without one. */
  readonly propagates?: true;
}

/** What stands before the captured bytes: `struct capture_record` in templates/bpf/capture-record.hbs, read by capture/captured-records.ts. */
export const capturedRecordBytes = 224;

export const captureCounterNames = [
  /** What was moved had no room in the ring buffer: requests that it belonged to are not told of. */
  'ringFull',
  /** What io_uring moved over stream sockets, whose bytes are not where a system call's are; not seen where the kernel has no tracepoints at sockets (before Linux 6.3). */
  'ioUring',
  /** Packets that begin connections of QUIC, over which HTTP/3 goes; from Linux 6.3 on, too. */
  'quic',
  /** Of `propagate`: requests that a traceparent was put into, those that had one, and those whose connection had no room for them whole. */
  'injected',
  'hadParent',
  'noRoom',
  /** Connections that were left alone from a place on: a head that was not sent whole at once, no request of HTTP/1.1, and where the next request begins is not sure. */
  'splitHeads',
  'noRequests',
  'unclearEnds',
  /** Connections for which there was no place. */
  'noPlace',
] as const;
export type CaptureCounterName = (typeof captureCounterNames)[number];
