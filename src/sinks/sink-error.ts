/** What `open` rejects with when a sink cannot work as it is set up; `diagnostic` is what the user sees. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';

export class SinkError extends Error {
  override readonly name = 'SinkError';
  readonly diagnostic: Diagnostic;
  /** The option that is wrong, as a path: `buffer.disk`. */
  readonly option: string | undefined;

  constructor(message: string, hints: readonly string[] = [], option?: string) {
    super(message);
    this.option = option;
    this.diagnostic = diagnostic('sink-config', message, undefined, { hints });
  }
}

/** `ENOSPC` of a Node error; its name where it has no code. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'input/output error',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  ENOENT: 'no such folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EFBIG: 'the file is as large as it may get',
  ENXIO: 'nothing reads from it',
  'unclear answer': 'its answer does not tell what became of each event',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  EPIPE: 'connection closed',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another name: see "tls.server_name"',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: "tls.ca" may name it',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an authority that is not trusted here: see "tls.ca"',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an authority that is not trusted here: see "tls.ca"',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a certificate: "tls.cert" and "tls.key"',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust the authority of "tls.cert"',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it does not take the certificate of "tls.cert"',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'it says that the certificate of "tls.cert" has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: one of the two clocks may be wrong',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: its URL may begin with http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: its URL may begin with http://',
  HTTPParserError: 'it does not answer in HTTP/1.1; some ports are for gRPC alone',
  ECONNABORTED: 'connection closed',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'no way leads to that host',
  ENETUNREACH: 'no way leads to that network',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an authority that is not trusted here: see "tls.ca"',
};

export function errorMeaning(code: string): string {
  return meanings[code] ?? code;
}
