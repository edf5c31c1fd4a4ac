/** Structs that a function gets in registers → C: a member that lies in one register is a part of that; for all else they are put together in memory. */
import { integerShape } from '../language/expression/fit.js';
import type { Gathered, GatheredPiece, Load, Typed } from '../language/expression/typed.js';
import type { Type } from '../language/types.js';
import type { Block } from './block.js';
import { cast, infix, operand } from './c-expression.js';
import { c, cType } from './c-text.js';
import { type Lowering, lineOf, lowerValue } from './lower-expression.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';

/** The address of the memory. */
export function lowerGathered(node: Gathered, block: Block, lowering: Lowering): CText {
  const key = nodeKey(node);
  const known = block.find(key);
  if (known !== undefined) return known;
  const line = lineOf(node);
  const words = Math.max(1, node.byteSize / 8);
  const where = { type: c`u64`, hint: 'gathered', array: words, bytes: words * 8, zero: true };
  const memory = block.variable(where, line);
  for (const { byteOffset, bytes, value } of node.pieces) {
    const type = c`u${bytes * 8}`;
    const at = byteOffset === 0 ? c`(void *)${memory}` : c`((void *)${memory} + ${byteOffset})`;
    const number = numberOf(value, block, lowering);
    block.add({ template: 'assign', target: c`*(${type} *)${at}`, value: cast(type, number) }, line);
  }
  return block.remember(key, c`(void *)${memory}`);
}

/** The value where it is all in one register. */
export function lowerRegisterPart(node: Load, block: Block, lowering: Lowering): CText | undefined {
  const place = bitsOf(node);
  const base = node.base;
  if (place === undefined || base.op !== 'gathered') return undefined;
  const piece = base.pieces.find((each) => holds(each, place));
  if (piece === undefined) return undefined;
  const whole = cast(c`u64`, numberOf(piece.value, block, lowering));
  const offset = place.bitOffset - piece.byteOffset * 8;
  if (place.bitField) {
    const wide = integerShape(node.type)?.signed === true ? c`s64` : c`u64`;
    const left = 64 - offset - place.bits;
    return c`(${cType(node.type)})((${wide})(${whole} << ${left}) >> ${64 - place.bits})`;
  }
  const part = offset === 0 ? whole : infix(whole, '>>', c`${offset}`);
  // What stands above a narrow value is left over from before, and a bool is its low byte.
  return node.type.kind === 'bool' ? c`(bool)(u8)${operand(part)}` : cast(cType(node.type), part);
}

interface BitPlace {
  readonly bitOffset: number;
  readonly bits: number;
  readonly bitField: boolean;
}

/** `undefined` where an index is not known before the program runs. */
function bitsOf({ steps, type }: Load): BitPlace | undefined {
  let bitOffset = 0;
  let bitSize: number | undefined;
  for (const step of steps) {
    if ('member' in step) {
      if (step.owner.layout !== 'fixed') return undefined;
      bitOffset += step.bitOffset;
      bitSize = step.bitSize;
    } else {
      const bits = bitsOfType(step.type);
      if (step.index.op !== 'constant' || bits === undefined) return undefined;
      bitOffset += Number(step.index.value) * bits;
      bitSize = undefined;
    }
  }
  const bits = bitSize ?? bitsOfType(type);
  return bits === undefined ? undefined : { bitOffset, bits, bitField: bitSize !== undefined };
}

/** Of scalars only. */
function bitsOfType(type: Type): number | undefined {
  if (type.kind === 'pointer') return 64;
  return type.kind === 'bool' ? 8 : integerShape(type)?.bits;
}

function holds({ byteOffset, bytes }: GatheredPiece, { bitOffset, bits }: BitPlace): boolean {
  return bitOffset >= byteOffset * 8 && bitOffset + bits <= (byteOffset + bytes) * 8;
}

function numberOf(value: Typed, block: Block, lowering: Lowering): CText {
  const text = lowerValue(value, block, lowering);
  return value.type.kind === 'pointer' ? cast(c`u64`, text) : text;
}
