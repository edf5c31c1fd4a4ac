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
import { heldKey, storedBytes, writeValue } from './lower-text.js';
import type { MainBody } from './typed-pipeline.js';

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
    else if (isText(value.type) && block.find(heldKey(value)) === undefined) hold(value, block, lowering);
  }
}

function letsReadingMaps(node: Typed): Extract<Typed, { op: 'let' }>[] {
  const below = operands(node).flatMap(letsReadingMaps);
  const reads =
    node.op === 'let' && stageOf(node) === 'kernel' && some(node, ({ op }) => op === 'lookup' || op === 'contains');
  return reads ? [...below, node] : below;
}

function hold(value: Typed, block: Block, lowering: Lowering): void {
  const bytes = storedBytes(value.type);
  const where = { type: c`u8`, hint: 'held', array: bytes, bytes, zero: true };
  const target = block.variable(where, lineOf(value));
  writeValue(value, target, { kind: 'text', size: bytes }, block, lowering);
  block.remember(heldKey(value), target);
}

const isNumber = (type: Type): boolean => integerShape(type) !== undefined || type.kind === 'pointer' || isStack(type);
const isText = (type: Type): boolean => type.kind === 'string' || type.kind === 'comm';
