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

/** Each line with the moment when it was read, nanoseconds since 1970, as one more member. */
export function stamped({ bytes, ends, count }: EncodedEvents, nanoseconds: bigint): EncodedEvents {
  const stamp = Buffer.from(`,"${readAt}":"${nanoseconds}"}\n`);
  // Its last two bytes, `}` and the line break, make room.
  const more = stamp.length - 2;
  const out = Buffer.allocUnsafe(bytes.length + more * count);
  const grown = new Uint32Array(count);
  let from = 0;
  for (let item = 0; item < count; item++) {
    const end = ends[item] ?? 0;
    out.set(bytes.subarray(from, end - 2), from + item * more);
    out.set(stamp, end - 2 + item * more);
    grown[item] = end + (item + 1) * more;
    from = end;
  }
  return { bytes: out, count, ends: grown };
}
