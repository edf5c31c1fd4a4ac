/** Where each value lies in a record, a key or a map's value. Computed here once; the C structs and the decoders both follow it. */
import type { RecordLayout, Slot, ValueType } from './manifest.js';
import { alignmentOf, sizeOf } from './value-type.js';

export interface NamedValue {
  readonly name: string;
  readonly type: ValueType;
}

const recordHeader = 8;

/** A ring buffer record: the header, then the slots, widest alignment first so that nothing is lost to padding. */
export function recordLayout(values: readonly NamedValue[]): RecordLayout {
  const ordered = [...values].sort((a, b) => alignmentOf(b.type) - alignmentOf(a.type));
  const { slots, end } = place(ordered, recordHeader, true);
  return { slots: values.map(({ name }) => slotNamed(slots, name)), size: Math.ceil(end / 8) * 8 };
}

/** Slots in the order of their offsets, as the C struct declares them. */
export function inMemoryOrder(slots: readonly Slot[]): readonly Slot[] {
  return [...slots].sort((a, b) => a.offset - b.offset);
}

/** A map's key: packed, since padding bytes would make equal keys differ. */
export function keyLayout(values: readonly NamedValue[]): { readonly slots: readonly Slot[]; readonly size: number } {
  const { slots, end } = place(values, 0, false);
  return { slots, size: end };
}

/** A struct as C lays it out. */
export function structLayout(values: readonly NamedValue[]): {
  readonly slots: readonly Slot[];
  readonly size: number;
} {
  const { slots, end } = place(values, 0, true);
  const alignment = Math.max(1, ...values.map((each) => alignmentOf(each.type)));
  return { slots, size: Math.ceil(end / alignment) * alignment };
}

function place(values: readonly NamedValue[], start: number, aligned: boolean): { slots: Slot[]; end: number } {
  let end = start;
  const slots = values.map(({ name, type }): Slot => {
    const alignment = aligned ? alignmentOf(type) : 1;
    const offset = Math.ceil(end / alignment) * alignment;
    const size = sizeOf(type);
    end = offset + size;
    return { name, type, offset, size };
  });
  return { slots, end };
}

function slotNamed(slots: readonly Slot[], name: string): Slot {
  const found = slots.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the layout lost its slot "${name}"`);
  return found;
}
