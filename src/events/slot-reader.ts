/** Generated readers of the slots of map keys and plain map values: to values, and to table cells. */
import type { Slot, ValueType } from '../compile/manifest.js';
import type { UserValue } from './user-value.js';
import { ValueCode, type ValueMode } from './value-code.js';
import type { ValueContext } from './value-context.js';

export interface SlotReader {
  /** The slots of what begins at `at`. */
  values(source: Uint8Array, view: DataView, at: number): readonly UserValue[];
  cells(source: Uint8Array, view: DataView, at: number): readonly string[];
  /** With stacks as frames of a flame graph. */
  folded(source: Uint8Array, view: DataView, at: number): readonly UserValue[];
}

export function slotReader(slots: readonly Slot[], context: ValueContext): SlotReader {
  return {
    values: build<UserValue>(slots, context, 'object'),
    cells: build<string>(slots, context, 'cell'),
    folded: build<UserValue>(slots, context, 'folded'),
  };
}

type Read<Value> = (source: Uint8Array, view: DataView, at: number) => readonly Value[];

function build<Value>(slots: readonly Slot[], context: ValueContext, mode: ValueMode): Read<Value> {
  const code = new ValueCode(context, mode);
  const layout = { size: 0, slots };
  const expressions = slots.map(({ type }, slot) => code.expression({ op: 'slot', slot, type }, layout));
  const read = code.bindings.build(`return function read(s, v, r) {\n  return [${expressions.join(', ')}];\n};`);
  if (!isRead<Value>(read)) throw new Error('no reader came of the generated code');
  return read;
}

function isRead<Value>(value: unknown): value is Read<Value> {
  return typeof value === 'function';
}

/** Integers, whose per-CPU values are added up. */
export function isCounter(type: ValueType): type is Extract<ValueType, { kind: 'int' }> {
  return type.kind === 'int' && (type.as === undefined || type.as === 'duration');
}
