/** OTLP decoded by others: protoc reads the official definitions, and another protobuf library than probepipe's the bytes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const services = { logs: ['logs', 'Logs'], traces: ['trace', 'Trace'], metrics: ['metrics', 'Metrics'] } as const;
export type OtlpSignal = keyof typeof services;

let registry: FileRegistry | undefined;

function readDefinitions(): FileRegistry {
  const folder = mkdtempSync(join(tmpdir(), 'probepipe-proto-'));
  const out = join(folder, 'set');
  const proto = fileURLToPath(new URL('../../proto/', import.meta.url));
  const files = Object.values(services).map(
    ([file]) => `opentelemetry/proto/collector/${file}/v1/${file}_service.proto`,
  );
  execFileSync('protoc', ['--include_imports', `--descriptor_set_out=${out}`, `-I${proto}`, ...files]);
  const set = fromBinary(FileDescriptorSetSchema, readFileSync(out));
  rmSync(folder, { recursive: true });
  return createFileRegistry(set);
}

function typeOf(signal: OtlpSignal, what: 'Request' | 'Response'): DescMessage {
  registry ??= readDefinitions();
  const [file, type] = services[signal];
  const message = registry.getMessage(`opentelemetry.proto.collector.${file}.v1.Export${type}Service${what}`);
  if (message === undefined) throw new Error(`no definition of ${signal}`);
  return message;
}

/** As protobuf's own JSON: 64-bit numbers are texts, bytes are in base64. Throws for what is no such request. */
export function decodedRequest(signal: OtlpSignal, body: Uint8Array): unknown {
  registry ??= readDefinitions();
  const type = typeOf(signal, 'Request');
  return toJson(type, fromBinary(type, body), { registry });
}

/** An answer that refuses so many. */
export function partialSuccess(signal: OtlpSignal, rejected: number): Uint8Array {
  const type = typeOf(signal, 'Response');
  const field = { logs: 'rejectedLogRecords', traces: 'rejectedSpans', metrics: 'rejectedDataPoints' }[signal];
  return toBinary(type, create(type, { partialSuccess: { [field]: BigInt(rejected), errorMessage: 'hunter2' } }));
}
