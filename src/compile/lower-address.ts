/** Chains of members and indices → the C expression of an address. */
import { integerShape } from '../language/expression/fit.js';
import type { Load, Place, Step, Typed } from '../language/expression/typed.js';
import type { Type } from '../language/types.js';
import type { Block } from './block.js';
import { c, cast, cType, identifier } from './c-text.js';
import { type Lowering, lineOf, lowerValue } from './lower-expression.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';

/** `&sk_1->__sk_common.skc_dport`; members of `btf` structs are relocated at load, those of `fixed` ones are byte offsets. */
export function addressText(node: Load | Place, block: Block, lowering: Lowering): CText {
  const base = baseText(node.base, block, lowering);
  if (node.steps.length === 0) return base;
  lowering.structs.touch(node.steps);
  let text = base;
  let pointer = true;
  for (const step of node.steps) {
    if ('member' in step) {
      if (step.owner.layout === 'fixed') {
        text = c`((void *)(${pointer ? text : c`&${text}`}) + ${step.bitOffset >> 3})`;
        pointer = true;
      } else {
        const owner = pointer ? castToOwner(text, step) : text;
        text = pointer ? c`${owner}->${identifier(step.member)}` : c`${owner}.${identifier(step.member)}`;
        pointer = false;
      }
    } else {
      text = indexText(text, pointer, step, block, lowering);
      pointer = text.startsWith('((');
    }
  }
  return pointer ? text : c`&${text}`;
}

function baseText(base: Typed, block: Block, lowering: Lowering): CText {
  const text = lowerValue(base, block, lowering);
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return text;
  const key = `base ${nodeKey(base)}`;
  const known = block.find(key);
  if (known !== undefined) return known;
  const type: Type = base.type.kind === 'pointer' ? base.type : { kind: 'pointer', space: 'kernel', target: base.type };
  const name = block.fresh(hintOf(base));
  block.add({ template: 'declare', type: cType(type), name, value: cast(cType(type), text) }, lineOf(base));
  return block.remember(key, name);
}

function hintOf(base: Typed): string {
  switch (base.op) {
    case 'saved':
    case 'let':
      return base.name;
    case 'convert':
      return base.type.kind === 'pointer' && base.type.target.kind === 'struct' ? base.type.target.name : 'pointer';
    default:
      return base.type.kind === 'pointer' && base.type.target.kind === 'struct' && base.type.target.name !== ''
        ? base.type.target.name
        : 'pointer';
  }
}

/** After a byte offset the pointer is a `void *`. */
function castToOwner(text: CText, step: Extract<Step, { member: string }>): CText {
  const named = step.owner.name !== '' && text.startsWith('((void *)');
  return named ? c`((${step.owner.union ? c`union` : c`struct`} ${identifier(step.owner.name)} *)${text})` : text;
}

function indexText(
  text: CText,
  pointer: boolean,
  step: Extract<Step, { index: Typed }>,
  block: Block,
  lowering: Lowering,
): CText {
  const index = lowerValue(step.index, block, lowering);
  const plain = integerShape(step.type) !== undefined || step.type.kind === 'pointer';
  // The pruned struct is smaller than the kernel's, so C must not multiply by its size; clang relocates constant indices.
  if (plain || (step.index.op === 'constant' && !pointer))
    return pointer && text.startsWith('((void *)')
      ? c`((${cType(step.type)} *)${text})[${index}]`
      : c`${text}[${index}]`;
  const address = pointer ? text : c`&${text}`;
  const moved = c`(void *)(${address}) + (${index}) * ${byteSize(step.type)}`;
  if (step.type.kind === 'struct' && step.type.name !== '')
    return c`((${step.type.union ? c`union` : c`struct`} ${identifier(step.type.name)} *)(${moved}))`;
  return c`((void *)(${moved}))`;
}

function byteSize(type: Type): number {
  switch (type.kind) {
    case 'struct':
      return type.byteSize;
    case 'array':
      return type.count * byteSize(type.element);
    case 'pointer':
      return 8;
    case 'bool':
      return 1;
    default:
      return (integerShape(type)?.bits ?? 8) / 8;
  }
}
