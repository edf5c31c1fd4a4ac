/** Chains of members and indices → the C expression of an address. */
import { integerShape } from '../language/expression/fit.js';
import type { Load, Place, Step, Typed } from '../language/expression/typed.js';
import type { StructType, Type } from '../language/types.js';
import type { Block } from './block.js';
import { cast, infix, operand, paren } from './c-expression.js';
import { c, cType, identifier } from './c-text.js';
import { type Lowering, lineOf, lowerValue } from './lower-expression.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';

/**
 * Where a chain has got to: at a pointer, or at an lvalue. C knows what a pointer points at only where that has a name in C; of what it does not know
 * (`void *`), members and elements are found by their offsets in bytes.
 */
type Reached =
  | { readonly at: 'pointer'; readonly text: CText; readonly known: Type | undefined }
  | { readonly at: 'lvalue'; readonly text: CText };

/** `&sk_1->__sk_common.skc_dport`; members of named structs are relocated at load. */
export function addressText(node: Load | Place, block: Block, lowering: Lowering): CText {
  lowering.structs.touch(node.steps);
  return pointerText(walk(node, block, lowering));
}

function walk(node: Load | Place, block: Block, lowering: Lowering): Reached {
  const { type } = node.base;
  let reached: Reached = {
    at: 'pointer',
    text: baseText(node.base, block, lowering),
    known: type.kind === 'pointer' && hasName(type.target) ? type.target : undefined,
  };
  for (const step of node.steps)
    reached = 'member' in step ? toMember(reached, step) : toElement(reached, step, block, lowering);
  return reached;
}

/** True for a chain whose last member can only be found by its offset, since its struct has no name. */
export function endsInBytes(node: Load, block: Block, lowering: Lowering): boolean {
  const last = node.steps.at(-1);
  if (last === undefined || !('member' in last)) return false;
  const owner = walk({ ...node, steps: node.steps.slice(0, -1) }, block, lowering);
  return owner.at === 'pointer' && !reachable(owner, last.owner);
}

const pointerText = (reached: Reached): CText => (reached.at === 'pointer' ? reached.text : c`&${reached.text}`);

function hasName(type: Type): boolean {
  return type.kind === 'struct' ? type.name !== '' && type.layout === 'btf' : integerShape(type) !== undefined;
}

/** Whether C can name a member of `owner` from there: by what the pointer is known to point at, or by a cast. */
function reachable(pointer: Extract<Reached, { at: 'pointer' }>, owner: StructType): boolean {
  return owner.layout === 'btf' && (pointer.known === owner || owner.name !== '');
}

function toMember(from: Reached, step: Extract<Step, { member: string }>): Reached {
  const { owner } = step;
  if (from.at === 'lvalue') return { at: 'lvalue', text: c`${from.text}.${identifier(step.member)}` };
  if (!reachable(from, owner)) return { at: 'pointer', text: moved(from.text, step.bitOffset >> 3), known: undefined };
  const same = from.known?.kind === 'struct' && from.known.id === owner.id;
  const text = same ? paren(from.text) : c`(${cast(structPointer(owner), from.text)})`;
  return { at: 'lvalue', text: c`${text}->${identifier(step.member)}` };
}

const structPointer = ({ union, name }: StructType): CText =>
  union ? c`union ${identifier(name)} *` : c`struct ${identifier(name)} *`;

function moved(pointer: CText, bytes: CText | number): CText {
  const start = c`(void *)${operand(pointer)}`;
  return bytes === 0 ? start : c`${start} + ${bytes}`;
}

function toElement(from: Reached, step: Extract<Step, { index: Typed }>, block: Block, lowering: Lowering): Reached {
  const index = lowerValue(step.index, block, lowering);
  const constant = step.index.op === 'constant';
  // The pruned struct is smaller than the kernel's, so C must not multiply by its size; clang relocates constant indices of arrays in structs.
  const whole = isScalar(innermost(step.type));
  if (from.at === 'lvalue' && (whole || constant)) return { at: 'lvalue', text: c`${from.text}[${index}]` };
  if (from.at === 'pointer' && isScalar(step.type)) {
    const known = from.known !== undefined && cType(from.known) === cType(step.type);
    const text = known ? paren(from.text) : c`(${cast(c`${cType(step.type)} *`, from.text)})`;
    return { at: 'lvalue', text: c`${text}[${index}]` };
  }
  const size = byteSize(step.type);
  const bytes = step.index.op === 'constant' ? Number(step.index.value) * size : infix(index, '*', c`${size}`);
  if (bytes === 0 && from.at === 'pointer') return from;
  return { at: 'pointer', text: moved(pointerText(from), bytes), known: undefined };
}

const isScalar = (type: Type): boolean => integerShape(type) !== undefined || type.kind === 'pointer';

function innermost(type: Type): Type {
  return type.kind === 'array' ? innermost(type.element) : type;
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
  if (base.op === 'saved' || base.op === 'let') return base.name;
  const target = base.type.kind === 'pointer' ? base.type.target : undefined;
  return target?.kind === 'struct' && target.name !== '' ? target.name : 'pointer';
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
