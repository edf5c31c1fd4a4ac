/**
 * Generated decoders from record bytes to JavaScript values: one object an event for sinks that need objects, or one
 * array of table cells. Values in objects are the same that JSON text shows.
 */
import type { FieldManifest, ProbeManifest, RecordLayout } from '../compile/manifest.js';
import type { UserValue } from './user-value.js';
import { ValueCode } from './value-code.js';
import type { ValueContext } from './value-context.js';

/** `probe` first, then the fields in their order; a field named `probe` takes its place. */
export type EventObject = Readonly<Record<string, UserValue>>;

export type ObjectDecoder = (source: Uint8Array, view: DataView, record: number) => EventObject;
/** The event's values in the order of the fields, stacks as frames of a flame graph. */
export type FoldedDecoder = (source: Uint8Array, view: DataView, record: number) => readonly UserValue[];
export type CellDecoder = (source: Uint8Array, view: DataView, record: number) => readonly string[];

export function objectDecoder(
  probe: ProbeManifest,
  fields: readonly FieldManifest[],
  context: ValueContext,
): ObjectDecoder {
  const values = new ValueCode(context, 'object');
  const layout = layoutOf(probe);
  const members = fields.map((field) => `${key(field.name)}: ${values.expression(field.value, layout)}`);
  if (!fields.some((field) => field.name === 'probe')) members.unshift(`"probe": ${JSON.stringify(probe.name)}`);
  const decode = values.bindings.build(`return function decode(s, v, r) {\n  return { ${members.join(', ')} };\n};`);
  if (!isDecoder<ObjectDecoder>(decode)) throw new Error('no decoder came of the generated code');
  return decode;
}

export function cellDecoder(
  probe: ProbeManifest,
  fields: readonly FieldManifest[],
  context: ValueContext,
): CellDecoder {
  const values = new ValueCode(context, 'cell');
  const layout = layoutOf(probe);
  const cells = fields.map((field) => values.expression(field.value, layout));
  const decode = values.bindings.build(`return function cells(s, v, r) {\n  return [${cells.join(', ')}];\n};`);
  if (!isDecoder<CellDecoder>(decode)) throw new Error('no decoder came of the generated code');
  return decode;
}

export function foldedDecoder(
  probe: ProbeManifest,
  fields: readonly FieldManifest[],
  context: ValueContext,
): FoldedDecoder {
  const values = new ValueCode(context, 'folded');
  const layout = layoutOf(probe);
  const members = fields.map((field) => values.expression(field.value, layout));
  const decode = values.bindings.build(`return function folded(s, v, r) {\n  return [${members.join(', ')}];\n};`);
  if (!isDecoder<FoldedDecoder>(decode)) throw new Error('no decoder came of the generated code');
  return decode;
}

function isDecoder<Decoder>(value: unknown): value is Decoder {
  return typeof value === 'function';
}

function layoutOf(probe: ProbeManifest): RecordLayout {
  if (probe.event === undefined) throw new Error(`probe "${probe.name}" emits no events`);
  return probe.event.layout;
}

/** As a computed key where a plain one would set the prototype. */
function key(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}
