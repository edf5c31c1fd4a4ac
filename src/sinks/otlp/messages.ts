/**
 * OTLP's messages (proto/opentelemetry), as far as they are filled here, in the shape that both of its encodings share.
 * What they write in different ways stands behind `Form`.
 */

/** A 64-bit number as the encoding takes it without a loss: two halves, or decimal digits. */
export type Wide = string | number | { readonly low: number; readonly high: number };
/** An id: bytes, or hexadecimal digits (the one field that OTLP's JSON does not have in base64). */
export type Id = string | Uint8Array;

export interface Form {
  wide(value: bigint): Wide;
  integer(value: number): Wide;
  /** Of lower-case hexadecimal digits. */
  id(hex: string): Id;
}

export const jsonForm: Form = { wide: String, integer: String, id: (hex) => hex };

export const protobufForm: Form = {
  wide: (value) => halves(value),
  integer: (value) => value,
  id: (hex) => Buffer.from(hex, 'hex'),
};

/** Unlike a division, exact; unlike a shift and a mask, without a BigInt for each half. */
const words = new DataView(new ArrayBuffer(8));

function halves(value: bigint): Wide {
  words.setBigInt64(0, value, true);
  return { low: words.getInt32(0, true), high: words.getInt32(4, true) };
}

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: Wide }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

export interface LogRecord {
  readonly timeUnixNano: Wide | undefined;
  readonly observedTimeUnixNano: Wide;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly eventName: string;
}

export interface Span {
  readonly traceId: Id;
  readonly spanId: Id;
  readonly parentSpanId?: Id;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: Wide;
  readonly endTimeUnixNano: Wide;
  readonly attributes: readonly KeyValue[];
  readonly status?: { readonly code: number };
}

export const spanKinds = { internal: 1, server: 2, client: 3 } as const;
export const statusError = 2;
/** SEVERITY_NUMBER_INFO. */
export const severityInfo = 9;
export const delta = 1;
export const cumulative = 2;

export const signals = ['logs', 'traces', 'metrics'] as const;
export type Signal = (typeof signals)[number];
