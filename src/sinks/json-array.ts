/** The format `json`: all of a run as one JSON array, each event in a line of its own; written as it comes, so that a run that is killed leaves it open. */
import type { EncodedEvents } from '../events/encoding.js';
import type { Formatter } from './local-sink.js';

const comma = 0x2c;

/** `lines`: of JSON. */
export function jsonArrayFormatter(lines: Formatter): Formatter {
  let first = true;
  const separated = (events: EncodedEvents): EncodedEvents => {
    if (events.count === 0) return events;
    const made = afterCommas(events, first);
    first = false;
    return made;
  };
  return {
    preamble: Buffer.from('[\n'),
    events: (batch) => separated(lines.events(batch)),
    *rows(snapshot) {
      for (const part of lines.rows(snapshot)) yield separated(part);
    },
    ending: Buffer.from(']\n'),
  };
}

/** A comma stands before each line but the very first. */
function afterCommas({ bytes, ends, count }: EncodedEvents, first: boolean): EncodedEvents {
  const out = Buffer.allocUnsafe(bytes.length + count);
  const moved = new Uint32Array(count);
  let [from, at] = [0, 0];
  for (let item = 0; item < count; item++) {
    const end = ends[item] ?? 0;
    if (!first || item > 0) out[at++] = comma;
    out.set(bytes.subarray(from, end), at);
    at += end - from;
    from = end;
    moved[item] = at;
  }
  return { bytes: out.subarray(0, at), count, ends: moved };
}
