/**
 * Certificates and keys of sinks, looked at before anything is sent or listened to: what is wrong with them would otherwise be
 * the error of a connection, or OpenSSL's own. An option holds a path, or through `${file:PATH}` the text itself, which is in no message.
 */
import { readFileSync } from 'node:fs';
import { errorCode, errorMeaning, SinkError } from './sink-error.js';

export interface PemOption {
  /** Of the sink. */
  readonly sink: string;
  /** As a path: `tls.ca`. */
  readonly option: string;
  readonly given: string;
  /** In messages. */
  readonly shown: string;
  readonly holds: 'certificates' | 'a key';
}

/** Throws a `SinkError` for what cannot be read and what holds something else. */
export function pemText(pem: PemOption): string {
  const text = pem.given.includes('-----BEGIN ') ? pem.given : fileText(pem);
  const found =
    pem.holds === 'a key' ? /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----/ : /-----BEGIN ([A-Z0-9]+ )?CERTIFICATE-----/;
  if (!found.test(text))
    throw refusal(
      pem,
      `there is no ${pem.holds === 'a key' ? 'private key' : 'certificate'} in ${nameOf(pem)}, which is for "${pem.option}"`,
      ['it is a PEM file, a text with lines such as "-----BEGIN CERTIFICATE-----" or "-----BEGIN PRIVATE KEY-----"'],
    );
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text))
    throw refusal(pem, `the key in ${nameOf(pem)} has a password`, [
      'take it off: openssl pkey -in KEY -out OTHER; and let only the one who runs probepipe read that file',
    ]);
  return text;
}

/** Throws a `SinkError` where the two do not belong together, or hold what OpenSSL cannot read. */
export async function checkKeyPair(sink: string, cert: string | undefined, key: string | undefined): Promise<void> {
  if (cert === undefined || key === undefined) return;
  const { createSecureContext } = await import('node:tls');
  try {
    // With authorities of its own, or else it would read all of the system's.
    createSecureContext({ cert, key, ca: cert });
  } catch (error) {
    if (errorCode(error) === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH')
      throw new SinkError(`sink "${sink}": "tls.key" is the key of another certificate than "tls.cert"`, [], 'tls.key');
    // OpenSSL's words end in its reason: `error:0480006C:PEM routines::no start line`.
    const reason = error instanceof Error ? error.message.split(':').at(-1) : undefined;
    throw new SinkError(
      `sink "${sink}": "tls.cert" and "tls.key" cannot be used: ${reason}`,
      ['they are PEM files that belong together'],
      'tls.cert',
    );
  }
}

function fileText(pem: PemOption): string {
  try {
    return readFileSync(pem.given, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    const reason = code === 'ENOENT' ? 'no such file or folder' : errorMeaning(code);
    throw refusal(pem, `cannot read ${nameOf(pem)} for "${pem.option}": ${reason}`, []);
  }
}

function nameOf({ given, shown }: PemOption): string {
  // A key that was pasted into the pipeline.
  return given === shown && given.includes('-----BEGIN ') ? 'it' : `"${shown}"`;
}

function refusal({ sink, option }: PemOption, message: string, hints: readonly string[]): SinkError {
  return new SinkError(`sink "${sink}": ${message}`, hints, option);
}
