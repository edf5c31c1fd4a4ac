/** Heads of HTTP/1 messages: the first line and the fields, from Latin-1 text. Source: RFC 9112, sections 3 to 5. */
import type { HeaderFields } from '../http-exchange.js';

/** Fields are looked up in the text when they are asked for: most never are. */
export class HeadFields implements HeaderFields {
  #lower: string | undefined;

  /** `head`: all of it, from the first line to the last field's line end. */
  constructor(private readonly head: string) {}

  get(name: string): string | undefined {
    const values = this.all(name);
    return values.length > 1 ? values.join(', ') : values[0];
  }

  all(name: string): readonly string[] {
    this.#lower ??= this.head.toLowerCase();
    const lower = this.#lower;
    const wanted = `\n${name}:`;
    let at = lower.indexOf(wanted);
    if (at < 0) return noValues;
    const values: string[] = [];
    for (; at >= 0; at = lower.indexOf(wanted, at + 1)) {
      const from = at + wanted.length;
      values.push(trimmed(this.head, from, lineEnd(this.head, from)));
    }
    return values;
  }
}

const noValues: readonly string[] = [];

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;

/** Without blanks around it, and without the carriage return of its line. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  const blank = (code: number): boolean => code === space || code === tab || code === carriageReturn;
  while (start < end && blank(text.charCodeAt(start))) start++;
  while (end > start && blank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-~\u0080-\u00ff]{1,65536}) HTTP\/1\.([01])\r?\n/;
const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t -~\u0080-\u00ff]*)?\r?\n/;

/** `undefined` for what is no request. */
export function parseRequestLine(head: string): RequestLine | undefined {
  const match = requestLine.exec(head);
  if (match === null) return undefined;
  return { method: match[1] ?? '', target: match[2] ?? '', version: match[3] === '0' ? '1.0' : '1.1' };
}

export function parseStatus(head: string): number | undefined {
  const match = statusLine.exec(head);
  return match === null ? undefined : Number(match[2]);
}

/** How a body's end is found: RFC 9112, section 6.3. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** With the connection. */
  | { readonly kind: 'close' }
  /** Its head says it in two ways, or in none that is right: no one knows what the receiver makes of it. */
  | { readonly kind: 'unknown' };

const none: Framing = { kind: 'none' };
/** Fewer than 2^50. */
const digits = /^[0-9]{1,15}$/;

export function requestFraming(fields: HeadFields): Framing {
  return writtenFraming(fields) ?? none;
}

export function responseFraming(fields: HeadFields, status: number, method: string): Framing {
  if (method === 'HEAD' || status === 204 || status === 304 || (status >= 100 && status < 200)) return none;
  return writtenFraming(fields) ?? { kind: 'close' };
}

function writtenFraming(fields: HeadFields): Framing | undefined {
  const encodings = fields.all('transfer-encoding');
  const lengths = fields.all('content-length');
  if (encodings.length > 0) {
    if (lengths.length > 0) return { kind: 'unknown' };
    return /(?:^|[ \t,])chunked$/i.test(encodings.join(', ')) ? { kind: 'chunked' } : { kind: 'close' };
  }
  if (lengths.length === 0) return undefined;
  const [length = ''] = lengths;
  if (lengths.length === 1 && digits.test(length)) return { kind: 'length', bytes: Number(length) };
  // Several that are equal are one: RFC 9110, section 8.6.
  const same = lengths.every((each) => each === length) ? [...new Set(length.split(/[ \t]*,[ \t]*/))] : [];
  return same.length === 1 && digits.test(same[0] ?? '')
    ? { kind: 'length', bytes: Number(same[0]) }
    : { kind: 'unknown' };
}
