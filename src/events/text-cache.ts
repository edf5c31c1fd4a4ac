/**
 * Strings interned by their bytes: the same few comms and paths come again and again, and making a JavaScript string of
 * bytes costs more than everything else in an event. Direct-mapped, so it is bounded and never needs a sweep.
 */

const slots = 1024;
/** Longer texts repeat less and cost more to compare. */
const maxCached = 64;

interface CachedText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class TextCache {
  readonly #entries: (CachedText | undefined)[] = new Array<CachedText | undefined>(slots).fill(undefined);
  readonly #transform: (text: string) => string;

  /** What is kept is `transform` of the text. */
  constructor(transform: (text: string) => string = (text) => text) {
    this.#transform = transform;
  }

  /** UTF-8 decoded, U+FFFD for what is not valid. */
  get(source: Uint8Array, from: number, to: number): string {
    const length = to - from;
    if (length <= 0) return '';
    if (length > maxCached) return this.#transform(decode(source, from, to));
    let hash = length;
    for (let index = from; index < to; index++) hash = (Math.imul(hash, 31) + (source[index] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (slots - 1);
    const cached = this.#entries[slot];
    if (cached !== undefined && cached.bytes.length === length) {
      let index = 0;
      while (index < length && cached.bytes[index] === source[from + index]) index++;
      if (index === length) return cached.text;
    }
    const text = this.#transform(decode(source, from, to));
    this.#entries[slot] = { bytes: source.slice(from, to), text };
    return text;
  }
}

function decode(source: Uint8Array, from: number, to: number): string {
  return Buffer.from(source.buffer, source.byteOffset + from, to - from).toString('utf8');
}
