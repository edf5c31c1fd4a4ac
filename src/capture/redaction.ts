/** What is never shown: values of headers and of query parameters that are secrets by their names. */

const redacted = '[redacted]';
const usualHeaders = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
  'x-amz-security-token',
];
/** Whole names, or parts of names between `_`, `-` and `.`. */
const usualParameter =
  /(?:^|[_.-])(?:access_?token|auth|authorization|api_?key|apikey|code|jwt|key|pass|passwd|password|pwd|secret|session|sid|sig|signature|token)(?:$|[_.-])/i;

export interface RedactionOptions {
  readonly query: readonly string[];
  readonly headers: readonly string[];
  readonly usual: boolean;
}

export class Redaction {
  readonly #headers: ReadonlySet<string>;
  readonly #parameters: ReadonlySet<string>;
  readonly #usual: boolean;

  constructor({ query, headers, usual }: RedactionOptions) {
    this.#headers = new Set([...(usual ? usualHeaders : []), ...headers.map((each) => each.toLowerCase())]);
    this.#parameters = new Set(query.map((each) => each.toLowerCase()));
    this.#usual = usual;
  }

  /** `name` in lower case. */
  header(name: string, value: string): string {
    return value !== '' && this.#headers.has(name) ? redacted : value;
  }

  query(query: string): string {
    if (!query.includes('=')) return query;
    return query
      .split('&')
      .map((each) => {
        const equals = each.indexOf('=');
        return equals > 0 && this.#isSecret(each.slice(0, equals)) ? `${each.slice(0, equals + 1)}${redacted}` : each;
      })
      .join('&');
  }

  #isSecret(written: string): boolean {
    const name = decoded(written);
    return this.#parameters.has(name.toLowerCase()) || (this.#usual && usualParameter.test(name));
  }
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
