/**
 * Where arguments and results of Go's functions are: its own convention ABIInternal (src/cmd/compile/abi-internal.md in Go's sources), each scalar in a register of its own; before it, and in
 * assembler functions, everything was on the stack. Registers are DWARF's numbers.
 */
import type { Type } from '../language/types.js';
import type { Convention, Passed } from './calling-convention.js';
import { type Arch, type RegisterLeaf, returnAddressBytes } from './entry-location.js';
import { alignmentOfType, leavesOf, sizeOfType } from './type-layout.js';

/** x86-64: rax rbx rcx rdi rsi r8 r9 r10 r11; arm64: x0 to x15. */
const integerRegisters = {
  x86_64: [0, 3, 2, 5, 4, 8, 9, 10, 11],
  arm64: Array.from({ length: 16 }, (_, register) => register),
} as const;
const vectorRegisters = { x86_64: 15, arm64: 16 } as const;
/** Holds the running goroutine's `g`: r14; x28. */
export const goroutineRegister = { x86_64: 14, arm64: 28 } as const;
/** More scalars than there are registers never fit. */
const largest = 256;

export function goConvention(
  parameters: readonly Type[],
  results: readonly Type[],
  arch: Arch,
  inRegisters: boolean,
): Pick<Convention, 'parameters'> & { readonly results: readonly Passed[] } {
  // arm64's callees may store their link register right above the stack pointer.
  const start: number = arch === 'arm64' ? 8 : returnAddressBytes[arch];
  const stack = { at: start };
  const passed = assign(parameters, arch, inRegisters, stack, start);
  stack.at = roundUp(stack.at - start, 8) + start;
  return { parameters: passed, results: assign(results, arch, inRegisters, stack, start) };
}

function assign(
  types: readonly Type[],
  arch: Arch,
  inRegisters: boolean,
  stack: { at: number },
  start: number,
): readonly Passed[] {
  const registers: readonly number[] = inRegisters ? integerRegisters[arch] : [];
  let [integer, vector] = [0, 0];
  return types.map((type): Passed => {
    const leaves = scalars(type);
    const floats = leaves?.filter((leaf) => leaf.type.kind === 'float').length ?? 0;
    const integers = (leaves?.length ?? 0) - floats;
    const fits =
      leaves !== undefined &&
      inRegisters &&
      integer + integers <= registers.length &&
      vector + floats <= vectorRegisters[arch];
    if (!fits) {
      stack.at = roundUp(stack.at - start, alignmentOfType(type)) + start;
      const offset = stack.at;
      stack.at += sizeOfType(type);
      return { in: 'stack', offset };
    }
    const taken = registers.slice(integer, integer + integers);
    integer += integers;
    vector += floats;
    if (floats > 0) return { in: 'vector' };
    if (leaves.length === 0) return { in: 'nothing' };
    if (type.kind !== 'struct' && type.kind !== 'array') return { in: 'registers', registers: taken };
    const placed: RegisterLeaf[] = [];
    for (const [index, { byteOffset, type: leaf }] of leaves.entries()) {
      const bytes = sizeOfType(leaf);
      const register = taken[index];
      if (register !== undefined && (bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8))
        placed.push({ byteOffset, bytes, register });
    }
    return { in: 'leaves', leaves: placed };
  });
}

/** `undefined` for what never goes into registers: an array of more than one. */
function scalars(type: Type): ReturnType<typeof leavesOf> {
  switch (type.kind) {
    case 'struct':
      return hasLongArray(type, 0) ? undefined : leavesOf(type, largest);
    case 'array':
      if (type.count === 0) return [];
      return type.count === 1 ? scalars(type.element) : undefined;
    case 'void':
    case 'function':
      return undefined;
    default:
      return [{ byteOffset: 0, type }];
  }
}

function hasLongArray(type: Type, depth: number): boolean {
  if (depth > 16) return true;
  if (type.kind === 'array') return type.count > 1 || hasLongArray(type.element, depth + 1);
  return type.kind === 'struct' && type.members.some((member) => hasLongArray(member.type, depth + 1));
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;
