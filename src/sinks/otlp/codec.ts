/** OTLP's requests and answers in one of its two encodings. Protobuf is told by the definitions in proto/, read when a sink opens. */
import { packageFile } from '../../package-files.js';
import { type Form, jsonForm, protobufForm, type Signal, signals } from './messages.js';

export const otlpEncodings = ['protobuf', 'json'] as const;
export type OtlpEncoding = (typeof otlpEncodings)[number];

export interface Codec {
  readonly contentType: string;
  readonly form: Form;
  /** Whether the bytes of several requests, one after another, are one request with all that they hold. */
  readonly joins: boolean;
  encode(signal: Signal, request: object): Uint8Array;
  /** How many items an answer of success says were refused; 0 as well for what is no such answer. */
  rejected(signal: Signal, answer: Uint8Array): number;
}

const rejectedField: Readonly<Record<Signal, string>> = {
  logs: 'rejectedLogRecords',
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
};

export async function openCodec(encoding: OtlpEncoding): Promise<Codec> {
  return encoding === 'json' ? jsonCodec : protobufCodec();
}

const jsonCodec: Codec = {
  contentType: 'application/json',
  form: jsonForm,
  joins: false,
  encode: (_, request) => Buffer.from(JSON.stringify(request)),
  rejected(signal, answer) {
    try {
      const parsed: unknown = JSON.parse(Buffer.from(answer).toString());
      return rejectedOf(signal, parsed);
    } catch {
      return 0;
    }
  },
};

/** Words of the definitions' names. */
const services: Readonly<Record<Signal, readonly [file: string, type: string]>> = {
  logs: ['logs', 'Logs'],
  traces: ['trace', 'Trace'],
  metrics: ['metrics', 'Metrics'],
};

async function protobufCodec(): Promise<Codec> {
  const { default: protobuf } = await import('protobufjs');
  const root = new protobuf.Root();
  const folder = packageFile('proto/');
  root.resolvePath = (_, target) => `${folder}${target}`;
  root.loadSync(
    signals.map(
      (signal) => `opentelemetry/proto/collector/${services[signal][0]}/v1/${services[signal][0]}_service.proto`,
    ),
  );
  const typesOf = (what: 'Request' | 'Response') =>
    new Map(
      signals.map((signal) => {
        const [file, type] = services[signal];
        return [signal, root.lookupType(`opentelemetry.proto.collector.${file}.v1.Export${type}Service${what}`)];
      }),
    );
  const [requests, responses] = [typesOf('Request'), typesOf('Response')];
  return {
    contentType: 'application/x-protobuf',
    form: protobufForm,
    // Repeated fields add up (https://protobuf.dev/programming-guides/encoding/#last-one-wins), and requests have no others.
    joins: true,
    encode: (signal, request) =>
      requests
        .get(signal)
        ?.encode({ ...request })
        .finish() ?? new Uint8Array(),
    rejected(signal, answer) {
      try {
        const decoded = responses.get(signal)?.decode(answer);
        return rejectedOf(signal, decoded?.toJSON());
      } catch {
        return 0;
      }
    },
  };
}

function rejectedOf(signal: Signal, answer: unknown): number {
  const count = Number(member(member(answer, 'partialSuccess'), rejectedField[signal]) ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Object.entries(of).find(([key]) => key === name)?.[1] : undefined;
}
