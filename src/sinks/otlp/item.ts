/**
 * What waits in a buffer: an event as its line of JSON, or a data point of a map. Each is whole by itself, so that the
 * next run can send what this one could not.
 */
import type { EncodedEvents } from '../../events/encoding.js';

/** No field can have such a name. */
export const readAt = '@read';
export const pointKey = '@point';

/** A number of 64 bits that a double does not hold. */
export interface WideInteger {
  readonly integer: string;
}
export type ItemValue = string | number | boolean | null | WideInteger | readonly ItemValue[];
/** An event's fields; a data point is one too, as far as anyone looks who does not know. */
export type Item = Readonly<Record<string, ItemValue>>;

/** Texts, to step over them, and numbers that may be beyond 2^53. */
const textOrLongNumber = /"(?:[^"\\]|\\.)*"|-?\d{16,}/g;

/** How the line of a data point begins; its wide numbers are texts already. */
const pointStart = `{"${pointKey}":`;

/** A line of probepipe's own. */
export function parsedItem(bytes: Uint8Array): Item {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const exact =
    !text.startsWith(pointStart) && /\d{16}/.test(text)
      ? text.replace(textOrLongNumber, (found) => (found.startsWith('"') ? found : `{"integer":"${found}"}`))
      : text;
  const item: Item = JSON.parse(exact);
  return item;
}

/** Puts the moment when it was read, nanoseconds since 1970, into each line as one more member. What it gives is valid until it is asked again. */
export class Stamper {
  #out = Buffer.alloc(0);
  #ends = new Uint32Array(0);

  stamped({ bytes, ends, count }: EncodedEvents, nanoseconds: bigint): EncodedEvents {
    const stamp = Buffer.from(`,"${readAt}":"${nanoseconds}"}\n`);
    // Its last two bytes, `}` and the line break, make room.
    const more = stamp.length - 2;
    const length = bytes.length + more * count;
    if (this.#out.length < length) this.#out = Buffer.allocUnsafe(length);
    if (this.#ends.length < count) this.#ends = new Uint32Array(count);
    const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let from = 0;
    for (let item = 0; item < count; item++) {
      const end = ends[item] ?? 0;
      lines.copy(this.#out, from + item * more, from, end - 2);
      stamp.copy(this.#out, end - 2 + item * more);
      this.#ends[item] = end + (item + 1) * more;
      from = end;
    }
    return { bytes: this.#out.subarray(0, length), count, ends: this.#ends.subarray(0, count) };
  }
}
