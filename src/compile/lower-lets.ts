/**
 * `let` values that read maps: each is what it was when the hit came, before the probe's own updates. Other values are
 * the same at any time of a hit, and are computed where they are first needed.
 */
import { integerShape } from '../language/expression/fit.js';
import { isStack } from '../language/expression/stacks.js';
import { operands, some, stageOf, type Typed } from '../language/expression/typed.js';
import type { Type } from '../language/types.js';
import type { Block } from './block.js';
import { c } from './c-text.js';
import { type Lowering, lineOf, lowerValue } from './lower-expression.js';
import { heldKey, writeValue } from './lower-text.js';
import type { ValueType } from './manifest.js';
import type { CText } from './statements.js';
import type { MainBody } from './typed-pipeline.js';
import { sizeOf, valueTypeOf } from './value-type.js';

/** Computes them now. */
export function settleLets({ updates, fields }: MainBody, block: Block, lowering: Lowering): void {
  if (updates.length === 0) return;
  const uses = [
    ...updates.flatMap(({ key, operation }) => ('value' in operation ? [...key, operation.value] : key)),
    ...fields.map(({ value }) => value),
  ];
  for (const each of uses.flatMap(letsReadingMaps)) {
    const { value } = each;
    if (isNumber(value.type)) lowerValue(each, block, lowering);
    else if (block.find(heldKey(value)) === undefined) hold(value, block, lowering);
  }
}

function letsReadingMaps(node: Typed): Extract<Typed, { op: 'let' }>[] {
  const below = operands(node).flatMap(letsReadingMaps);
  const reads =
    node.op === 'let' && stageOf(node) === 'kernel' && some(node, ({ op }) => op === 'lookup' || op === 'contains');
  return reads ? [...below, node] : below;
}

function hold(value: Typed, block: Block, lowering: Lowering): void {
  const slot = valueTypeOf(value.type, true);
  const bytes = sizeOf(slot);
  const target = block.variable({ ...variableOf(slot), hint: 'held', bytes, zero: true }, lineOf(value));
  writeValue(value, target, slot, block, lowering);
  block.remember(heldKey(value), target);
}

function variableOf(slot: ValueType): { readonly type: CText; readonly array?: number } {
  switch (slot.kind) {
    case 'text':
      return { type: c`u8`, array: slot.size };
    case 'mac':
      return { type: c`u8`, array: sizeOf(slot) };
    case 'ip':
      return { type: c`ip_t` };
    case 'bytes':
      return { type: c`struct { u32 length; u8 bytes[${slot.max}]; }` };
    default:
      throw new Error(`a ${slot.kind} is held as a number`);
  }
}

const isNumber = (type: Type): boolean => integerShape(type) !== undefined || type.kind === 'pointer' || isStack(type);
