/**
 * What of a condition over a protocol's messages is about the connection alone: its port, or the process. Where bytes are captured that is decided before any of them leave the kernel, so that a request elsewhere costs nothing;
 * all else needs the parser. In: conditions that must all hold. Out: the numbers that a message must have one of.
 */
import type { Typed } from '../language/expression/typed.js';
import type { HttpOptions } from '../language/spec.js';
import type { TypedProgram } from './typed-pipeline.js';

export interface CapturedCondition {
  /** By the name of the value. */
  readonly of: 'port' | 'pid';
  readonly values: readonly number[];
}

const options = { port: 'ports', pid: 'processes' } as const;
/** There is room for so many where bytes are captured. */
const mostValues = 16;

/** `undefined` for a condition that is decided when the message is whole. */
export function capturedCondition(
  { point }: Pick<TypedProgram, 'point'>,
  condition: Typed,
): CapturedCondition | undefined {
  const slots = point.message?.slots ?? [];
  const of = (name: string): number | undefined => slots.find((slot) => slot.name === name)?.offset;
  for (const name of ['port', 'pid'] as const) {
    const offset = of(name);
    const values = offset === undefined ? undefined : allowed(condition, offset / slotBytes);
    if (values !== undefined && values.length <= mostValues) return { of: name, values };
  }
  return undefined;
}

/** The options with what the program's conditions say besides: both must hold. */
export function narrowed(program: TypedProgram, given: HttpOptions): HttpOptions {
  const { body } = program;
  const conditions = body.kind === 'main' ? [...body.whereBefore, ...body.where] : [];
  let so = given;
  for (const condition of conditions) {
    const found = capturedCondition(program, condition);
    if (found === undefined) continue;
    const option = options[found.of];
    const before = so[option];
    so = { ...so, [option]: found.values.filter((value) => before?.includes(value) !== false) };
  }
  return so;
}

const slotBytes = 8;

/** Numbers of which the slot must hold one for the condition to hold; `undefined` where it may hold any, or where more than that is asked. */
function allowed(node: Typed, slot: number): readonly number[] | undefined {
  switch (node.op) {
    case 'let':
      return allowed(node.value, slot);
    case 'binary': {
      const { operator, left, right } = node;
      if (operator === 'or') {
        const [some, others] = [allowed(left, slot), allowed(right, slot)];
        return some && others && [...new Set([...some, ...others])];
      }
      if (operator !== '==') return undefined;
      if (isSlot(left, slot)) return constant(right);
      return isSlot(right, slot) ? constant(left) : undefined;
    }
    default:
      return undefined;
  }
}

function isSlot(node: Typed, slot: number): boolean {
  if (node.op === 'convert') return isSlot(node.operand, slot);
  if (node.op === 'let') return isSlot(node.value, slot);
  return node.op === 'context' && node.access.via === 'slot' && node.access.index === slot;
}

function constant(node: Typed): readonly number[] | undefined {
  if (node.op === 'convert') return constant(node.operand);
  return node.op === 'constant' ? [Number(node.value)] : undefined;
}
