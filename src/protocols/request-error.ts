/** What is an error of a request, by OpenTelemetry's conventions: https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ and …/http-spans/. */
import type { HttpRole } from '../hooks/http.js';
import { grpcError } from './grpc-status.js';

export interface RequestEnd {
  /** Why there is no whole response; else empty. */
  readonly error: string;
  /** 0 where none was seen. */
  readonly status: number;
  /** Below 0 where it is no call of gRPC. */
  readonly grpcStatus: number;
}

/** `error.type`; empty where nothing failed. What a server answers with 4xx is its client's mistake, and no error of its own. */
export function requestError({ error, status, grpcStatus }: RequestEnd, role: HttpRole): string {
  if (error !== '') return error;
  return status >= (role === 'server' ? 500 : 400) ? String(status) : grpcError(grpcStatus, role);
}
