/** Which statuses of gRPC are errors, by https://opentelemetry.io/docs/specs/semconv/rpc/grpc/, and their names, by https://grpc.io/docs/guides/status-codes/. */
import type { HttpRole } from '../hooks/http.js';

const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
/** The others are the client's mistake, or what it asked for. */
const ofServers: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** `error.type` of a call with this status; empty where it is no error of that side. A negative one is that of no call. */
export function grpcError(status: number, role: HttpRole): string {
  if (status <= 0) return '';
  const name = names[status] ?? String(status);
  return role === 'client' || ofServers.has(name) || status >= names.length ? name : '';
}
