/** What a body needs to know of a line of JSON beside its text. The lines are probepipe's own, so their shape is known. */

export interface ItemFields {
  /** The probe's or the map's name. */
  readonly name: string;
  /** When it happened, or the map was read, in RFC 3339 with nanoseconds; `undefined` where no field tells. */
  readonly time: string | undefined;
}

const start = /^\{"(?:probe|map)":("(?:[^"\\]|\\.)*")/;
/** A quote within a text is escaped, so that this is found in no text. */
const timeField = /[^\\],"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))"/;

export function fieldsOf(line: string): ItemFields {
  const quoted = start.exec(line)?.[1];
  const name: unknown = quoted === undefined ? '' : JSON.parse(quoted);
  return { name: String(name), time: timeField.exec(line)?.[1] };
}

/** Nanoseconds since 1970, all digits; of now where there is no time. */
export function unixNanoseconds(time: string | undefined, nowMs: number): string {
  if (time === undefined) return `${nowMs}000000`;
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '';
  const seconds = Math.floor(Date.parse(time) / 1000);
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0')));
}
