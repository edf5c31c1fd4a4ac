/** RFC 3339 as probepipe writes it → nanoseconds since 1970. */

const billion = 1_000_000_000n;
const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z$/;
const secondsLength = 19;

/** One for a batch: its events are of few different seconds. */
export class Moments {
  #text = '';
  #nanoseconds = 0n;

  /** `undefined` where the text is no moment. */
  parse(text: unknown): bigint | undefined {
    const match = typeof text === 'string' ? shape.exec(text) : null;
    if (match === null) return undefined;
    const second = match[0].slice(0, secondsLength);
    if (second !== this.#text) {
      const milliseconds = Date.parse(`${second}Z`);
      if (Number.isNaN(milliseconds)) return undefined;
      this.#text = second;
      this.#nanoseconds = BigInt(milliseconds / 1000) * billion;
    }
    return this.#nanoseconds + BigInt((match[1] ?? '').padEnd(9, '0'));
  }
}

/** Of now. */
export function nowNanoseconds(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
