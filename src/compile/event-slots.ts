/** Which values an event's record carries, and what user space makes of them: the boundary between the kernel's stage and the user's. */
import type { Typed } from '../language/expression/typed.js';
import { stageOf } from '../language/expression/typed.js';
import type { EventManifest, FieldManifest, RecordLayout, Slot, UserExpression } from './manifest.js';
import { nodeKey } from './node-key.js';
import { type NamedValue, recordLayout } from './record-layout.js';
import type { TypedField } from './typed-pipeline.js';
import { valueTypeOf } from './value-type.js';

export class EventSlots {
  readonly layout: RecordLayout;
  readonly fields: readonly FieldManifest[];

  constructor(fields: readonly TypedField[]) {
    const values: NamedValue[] = [];
    const taken = new Set(fields.map((each) => each.name));
    const trees = fields.map(({ name, value }) => ({ name, tree: split(value, name, values, taken) }));
    this.layout = recordLayout(values);
    this.fields = trees.map(({ name, tree }) => ({ name, value: this.userExpression(tree) }));
  }

  get manifest(): EventManifest {
    return { layout: this.layout, fields: this.fields };
  }

  /** The kernel-stage value of each slot, from the fields as one of the probe's programs computes them. */
  capture(fields: readonly TypedField[]): { slot: Slot; value: Typed }[] {
    const values: { name: string; value: Typed }[] = [];
    const taken = new Set(fields.map((each) => each.name));
    for (const { name, value } of fields) {
      // Each field has slots of its own: two fields that are equal at one hook may differ at another.
      const own: { name: string; value: Typed }[] = [];
      collect(value, name, own, taken);
      values.push(...own);
    }
    return this.layout.slots.flatMap((slot) => {
      const found = values.find((each) => each.name === slot.name);
      return found === undefined ? [] : [{ slot, value: found.value }];
    });
  }

  private userExpression(tree: Tree): UserExpression {
    if ('text' in tree) return { op: 'const', value: tree.text };
    if ('call' in tree)
      return { op: 'call', function: tree.call, arguments: tree.arguments.map((each) => this.userExpression(each)) };
    const slot = this.layout.slots.findIndex((each) => each.name === tree.slot);
    const type = this.layout.slots[slot]?.type;
    if (type === undefined) throw new Error(`the record has no slot "${tree.slot}"`);
    return { op: 'slot', slot, type };
  }
}

type Tree =
  | { readonly slot: string }
  | { readonly text: string }
  | { readonly call: string; readonly arguments: readonly Tree[] };

function split(value: Typed, name: string, values: NamedValue[], taken: Set<string>): Tree {
  const collected: { name: string; value: Typed }[] = [];
  const tree = collect(value, name, collected, taken);
  for (const each of collected) values.push({ name: each.name, type: valueTypeOf(each.value.type) });
  return tree;
}

/** Walks down to where the kernel's stage begins; a field that is a kernel value itself has the field's name as its slot. */
function collect(
  value: Typed,
  name: string,
  into: { name: string; value: Typed }[],
  taken: Set<string>,
  asArgument = false,
): Tree {
  const inner = value.op === 'let' && stageOf(value) === 'user' ? value.value : value;
  if (inner.op === 'userCall') {
    return {
      call: inner.function,
      arguments: inner.arguments.map((each, index) =>
        collect(each, argumentName(name, index, taken), into, taken, true),
      ),
    };
  }
  if (asArgument && inner.op === 'text') return { text: inner.value };
  const same = into.find((each) => nodeKey(each.value) === nodeKey(inner));
  if (same !== undefined) return { slot: same.name };
  into.push({ name, value: inner });
  return { slot: name };
}

function argumentName(field: string, index: number, taken: Set<string>): string {
  let name = `${field}_argument${index === 0 ? '' : index + 1}`;
  while (taken.has(name)) name += '_';
  return name;
}
