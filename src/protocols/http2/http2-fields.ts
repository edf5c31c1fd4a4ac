/** Header fields of HTTP/2, and the pseudo-fields that stand for an HTTP/1 message's first line. Source: RFC 9113, section 8. */
import type { HeaderFields } from '../http-exchange.js';

export class Http2Fields implements HeaderFields {
  /** Names and values by turns. */
  constructor(private readonly fields: readonly string[]) {}

  get(name: string): string | undefined {
    let found: string | undefined;
    for (let at = 0; at < this.fields.length; at += 2) {
      if (this.fields[at] !== name) continue;
      const value = this.fields[at + 1] ?? '';
      // Cookies are sent one by one, so that they compress: section 8.2.3.
      found = found === undefined ? value : `${found}${name === 'cookie' ? ';' : ','} ${value}`;
    }
    return found === undefined && name === 'host' ? this.get(':authority') : found;
  }
}

export interface RequestStart {
  readonly method: string;
  readonly target: string;
}

/** `undefined` for what is no request. */
export function requestStart(fields: Http2Fields): RequestStart | undefined {
  const method = fields.get(':method') ?? '';
  const target = fields.get(method === 'CONNECT' ? ':authority' : ':path') ?? '';
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method) || !/^[!-~\u0080-\u00ff]{1,65536}$/.test(target))
    return undefined;
  return { method, target };
}

export function statusOf(fields: Http2Fields): number | undefined {
  const status = fields.get(':status') ?? '';
  return /^[1-9][0-9]{2}$/.test(status) ? Number(status) : undefined;
}

export function grpcStatusOf(...parts: readonly (HeaderFields | undefined)[]): number | undefined {
  for (const fields of parts) {
    const status = fields?.get('grpc-status');
    if (status !== undefined && /^[0-9]{1,2}$/.test(status)) return Number(status);
  }
  return undefined;
}
