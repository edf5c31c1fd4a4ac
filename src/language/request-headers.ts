/** Names of headers, as HTTP has them and as a pipeline may give them. */

/** A token (RFC 9110, 5.6.2). */
export const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What belongs to the connection and is the client's own (RFC 9110, 7.6.1), in lower case. */
export const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
