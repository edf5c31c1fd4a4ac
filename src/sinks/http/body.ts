/** How a batch of JSON lines becomes the body of a request, by what the server expects. */
import { type Batch, itemsOf } from '../delivery/batch.js';

export const encodings = ['ndjson', 'json_array'] as const;
export type BodyEncoding = (typeof encodings)[number];

export interface BodyForm {
  readonly contentType: string;
  body(batch: Batch): Uint8Array;
}

export const bodyForms: Readonly<Record<BodyEncoding, BodyForm>> = {
  ndjson: {
    contentType: 'application/x-ndjson',
    body: ({ runs, bytes }) =>
      Buffer.concat(
        runs.map((run) => run.bytes),
        bytes,
      ),
  },
  json_array: { contentType: 'application/json', body: jsonArray },
};

function jsonArray(batch: Batch): Uint8Array {
  const out = Buffer.allocUnsafe(batch.bytes + 1);
  let at = 0;
  for (const item of itemsOf(batch)) {
    out[at++] = at === 1 ? openBracket : comma;
    // Its line break becomes the next one's comma.
    out.set(item.subarray(0, -1), at);
    at += item.length - 1;
  }
  out[at++] = closeBracket;
  return out.subarray(0, at);
}

const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
