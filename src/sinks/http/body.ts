/** How a batch of JSON lines becomes the body of a request, by what the server expects. */
import { type Batch, itemsOf } from '../delivery/batch.js';
import type { Outcome } from '../delivery/transport.js';
import { bulkBody, bulkOutcome } from './elasticsearch.js';
import { fieldsOf, unixNanoseconds } from './item-fields.js';
import type { Answer } from './request.js';

export const encodings = [
  'ndjson',
  'json_array',
  'loki',
  'elasticsearch_bulk',
  'splunk_hec',
  'clickhouse',
  'template',
  'prometheus_remote_write',
] as const;
export type BodyEncoding = (typeof encodings)[number];
/** Items that are lines of JSON of events and rows; those of the other are made of maps alone. */
export type LineEncoding = Exclude<BodyEncoding, 'prometheus_remote_write'>;

export interface BodyForm {
  readonly contentType: string;
  body(batch: Batch): Uint8Array;
  /** What the answer to a success says of each item, where its status does not say all. */
  outcome?(answer: Answer, batch: Batch, retried: (status: number) => boolean): Outcome;
  /** Headers that belong to the form. The body is compressed already where they say so. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the URL's query asks for, where the user's does not. */
  readonly query?: Readonly<Record<string, string>>;
}

const lines = ({ runs, bytes }: Batch): Uint8Array =>
  Buffer.concat(
    runs.map((run) => run.bytes),
    bytes,
  );

/** `labels`: those of Loki's streams, beside the probe's or map's name. */
export function bodyForm(encoding: LineEncoding, labels: Readonly<Record<string, string>>): BodyForm {
  switch (encoding) {
    case 'ndjson':
      return { contentType: 'application/x-ndjson', body: lines };
    case 'json_array':
      return { contentType: 'application/json', body: jsonArray };
    case 'loki':
      return { contentType: 'application/json', body: (batch) => lokiBody(batch, labels) };
    case 'elasticsearch_bulk':
      return { contentType: 'application/x-ndjson', body: bulkBody, outcome: bulkOutcome };
    case 'splunk_hec':
      return { contentType: 'application/json', body: splunkBody };
    case 'template':
      return { contentType: 'text/plain; charset=utf-8', body: lines };
    case 'clickhouse':
      return { contentType: 'application/x-ndjson', body: lines, query: clickhouseSettings };
  }
}

/**
 * A table need not have a column for every field, and times are RFC 3339. Only what all servers know: one that a server does
 * not know is an error of every insert.
 */
const clickhouseSettings = {
  date_time_input_format: 'best_effort',
  input_format_skip_unknown_fields: '1',
  // An answer that begins before the insert is through would say success too early.
  wait_end_of_query: '1',
};

function jsonArray(batch: Batch): Uint8Array {
  const out = Buffer.allocUnsafe(batch.bytes + 1);
  let at = 0;
  for (const item of itemsOf(batch)) {
    out[at] = at === 0 ? openBracket : comma;
    // Its line break becomes the next one's comma.
    out.set(item.subarray(0, -1), at + 1);
    at += item.length;
  }
  out[at++] = closeBracket;
  return out.subarray(0, at);
}

const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;

/** Loki's push API: a stream for each probe and map (https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs). */
function lokiBody(batch: Batch, labels: Readonly<Record<string, string>>): Uint8Array {
  const now = Date.now();
  const streams = new Map<string, string[]>();
  for (const item of itemsOf(batch)) {
    const line = textOf(item);
    const { name, time } = fieldsOf(line);
    const values = streams.get(name) ?? [];
    streams.set(name, values);
    values.push(`["${unixNanoseconds(time, now)}",${JSON.stringify(line)}]`);
  }
  const parts = [...streams].map(
    ([name, values]) => `{"stream":${JSON.stringify({ job: 'probepipe', ...labels, name })},"values":[${values}]}`,
  );
  return Buffer.from(`{"streams":[${parts}]}`);
}

/** Splunk's HTTP event collector: objects one after another. */
function splunkBody(batch: Batch): Uint8Array {
  const now = Date.now();
  let text = '';
  for (const item of itemsOf(batch)) {
    const line = textOf(item);
    const { name, time } = fieldsOf(line);
    const nanoseconds = unixNanoseconds(time, now);
    const seconds = `${nanoseconds.slice(0, -9)}.${nanoseconds.slice(-9)}`;
    text += `{"time":${seconds},"source":${JSON.stringify(name)},"sourcetype":"probepipe","event":${line}}`;
  }
  return Buffer.from(text);
}

/** Without its line break. */
function textOf(item: Uint8Array): string {
  return Buffer.from(item.buffer, item.byteOffset, item.byteLength - 1).toString();
}
