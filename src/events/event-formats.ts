/**
 * The machine formats of events: JSON Lines, CSV and logfmt. A line of JSON begins with `"probe"`, always: a pipeline that gains
 * a second probe must not change what its readers already parse (it costs 5 ns an event). CSV has one header for all
 * probes and maps of a sink, the union of their columns.
 */
import type { FieldManifest, ProbeManifest } from '../compile/manifest.js';
import { type Dialect, type RecordEncoder, recordEncoder } from './byte-encoder.js';
import { csvGrowth, jsonGrowth, putCsvText, putJsonText, putLogfmtText } from './text-bytes.js';
import { csvText, jsonText, logfmtText } from './user-value.js';
import { putCsvValue, putJsonValue, putLogfmtValue } from './value-bytes.js';
import type { ValueContext } from './value-context.js';

export type ByteFormat = 'jsonl' | 'csv' | 'logfmt';

/** RFC 4180 ends every record with CRLF. */
export const csvLineEnd = '\r\n';

const json: Dialect = {
  quote: '"',
  absent: 'null',
  putText: putJsonText,
  putValue: putJsonValue,
  growth: jsonGrowth,
  stack: 'json',
  literal: jsonText,
};

const csv: Dialect = {
  quote: '',
  absent: '',
  putText: putCsvText,
  putValue: putCsvValue,
  growth: csvGrowth,
  stack: 'csv',
  literal: csvText,
};

const logfmt: Dialect = {
  quote: '',
  absent: '',
  putText: putLogfmtText,
  putValue: putLogfmtValue,
  growth: jsonGrowth,
  stack: 'logfmt',
  literal: logfmtText,
};

export function jsonEncoder(
  probe: ProbeManifest,
  fields: readonly FieldManifest[],
  context: ValueContext,
): RecordEncoder {
  const parts: (string | FieldManifest)[] = [];
  if (!fields.some((field) => field.name === 'probe')) parts.push(`{"probe":${jsonText(probe.name)}`);
  for (const field of fields) parts.push(`${parts.length === 0 ? '{' : ','}${jsonText(field.name)}:`, field);
  parts.push('}\n');
  return recordEncoder(parts, layoutOf(probe), json, context);
}

/** `columns`: of the whole sink; the probe's fields stand under theirs, the others are empty. */
export function csvEncoder(
  probe: ProbeManifest,
  fields: readonly FieldManifest[],
  columns: readonly string[],
  context: ValueContext,
): RecordEncoder {
  const parts: (string | FieldManifest)[] = [];
  columns.forEach((column, index) => {
    if (index > 0) parts.push(',');
    const field = fields.find((each) => each.name === column);
    if (field !== undefined) parts.push(field);
    else if (column === 'probe') parts.push(csvText(probe.name));
  });
  parts.push(csvLineEnd);
  return recordEncoder(parts, layoutOf(probe), csv, context);
}

/** Names of probes and fields are words. */
export function logfmtEncoder(
  probe: ProbeManifest,
  fields: readonly FieldManifest[],
  context: ValueContext,
): RecordEncoder {
  const parts: (string | FieldManifest)[] = [];
  if (!fields.some((field) => field.name === 'probe')) parts.push(`probe=${logfmtText(probe.name)}`);
  for (const field of fields) parts.push(`${parts.length === 0 ? '' : ' '}${field.name}=`, field);
  parts.push('\n');
  return recordEncoder(parts, layoutOf(probe), logfmt, context);
}

function layoutOf(probe: ProbeManifest) {
  if (probe.event === undefined) throw new Error(`probe "${probe.name}" emits no events`);
  return probe.event.layout;
}
