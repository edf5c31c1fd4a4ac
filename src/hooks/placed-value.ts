/** What a function of a program takes or gives back → the value that its probe's program reads, from registers, from the stack, or from where a register points. */
import type { Span } from '../diagnostics/source.js';
import { type Arch, type RegisterLeaf, stackPointer } from '../kernel/entry-location.js';
import type { PlacedValue } from '../kernel/function-view.js';
import { sizeOfType } from '../kernel/type-layout.js';
import type { GatheredPiece, Typed } from '../language/expression/typed.js';
import type { PointerType, StructType, Type } from '../language/types.js';
import { u64, voidType } from '../language/types.js';
import { inRegister } from './arguments.js';

/** More would not go through registers. */
const largestGathered = 256;

/** The value, or in words why there is none: `is a double, …`. */
export function placedValue({ type, place }: PlacedValue, arch: Arch): ((span: Span) => Typed) | string {
  const scalar = inRegister(type);
  const aggregate = type.kind === 'struct' || type.kind === 'array';
  if (type.kind === 'float') return 'is a floating-point number, which stands in a register that BPF cannot read';
  switch (place.in) {
    case 'optimized':
      return 'was left out by the compiler, or is passed in a way of its own, so that it is nowhere when the function begins';
    case 'vector':
      return 'has floating-point numbers in it, which stand in registers that BPF cannot read';
    case 'unknown':
      return 'is passed in a way that is not known';
    case 'nothing':
      return 'is empty, so nothing is passed';
    case 'constant': {
      const { value } = place;
      return scalar
        ? (span) => ({ op: 'constant', value: constantOf(value, type), type, span })
        : 'has a constant that is no number';
    }
    case 'registers': {
      const [only] = place.registers;
      if (scalar && only !== undefined) return (span) => registerValue(only, type, arch, span);
      if (!aggregate || sizeOfType(type) > 8 * place.registers.length) break;
      const leaves = place.registers.map(
        (register, index): RegisterLeaf => ({ byteOffset: index * 8, bytes: 8, register }),
      );
      return (span) => gathered(type, leaves, arch, span);
    }
    case 'leaves':
      if (!aggregate || sizeOfType(type) > largestGathered) break;
      return (span) => gathered(type, place.leaves, arch, span);
    case 'stack':
      return (span) => inMemory(type, stackPointer[arch], place.offset, arch, span);
    case 'memory':
      return (span) => inMemory(type, place.register, place.offset, arch, span);
  }
  return 'is of a type that cannot be read';
}

/** What follows a pointer in a register, at an offset. */
function inMemory(type: Type, register: number, offset: number, arch: Arch, span: Span): Typed {
  // As if the register pointed at a struct that has the value there.
  const owner: StructType = {
    kind: 'struct',
    union: false,
    name: 'stack',
    byteSize: offset + sizeOfType(type),
    layout: 'fixed',
    id: `stack:${offset}`,
    members: [{ name: 'value', bitOffset: offset * 8, type }],
  };
  const base = registerValue(register, { kind: 'pointer', space: 'user', target: owner }, arch, span);
  const steps = [{ member: 'value', owner, bitOffset: offset * 8, type }];
  return type.kind === 'struct' || type.kind === 'array'
    ? { op: 'place', base, space: 'user', steps, type, span }
    : { op: 'load', base, space: 'user', steps, type, span };
}

function gathered(
  type: Extract<Type, { kind: 'struct' | 'array' }>,
  leaves: readonly RegisterLeaf[],
  arch: Arch,
  span: Span,
): Typed {
  const pieces = leaves.map(({ byteOffset, bytes, register }): GatheredPiece => {
    return { byteOffset, bytes, value: registerValue(register, u64, arch, span) };
  });
  const pointer: PointerType = { kind: 'pointer', space: 'kernel', target: type };
  const byteSize = Math.max(Math.ceil(sizeOfType(type) / 8) * 8, leaves.length === 0 ? 8 : 0);
  const base: Typed = { op: 'gathered', pieces, byteSize, type: pointer, span };
  return { op: 'place', base, space: 'kernel', steps: [], type, span };
}

/** All of a register, by DWARF's number of it. */
export function registerValue(register: number, type: Type, arch: Arch, span: Span): Typed {
  const name = arch === 'arm64' ? (register === stackPointer.arm64 ? 'sp' : `x${register}`) : dwarfNames[register];
  if (name === undefined) throw new Error(`there is no integer register ${register}`);
  const operand = { at: 'register', register: name, shift: 0 } as const;
  return { op: 'context', access: { via: 'operand', operand, bits: 64, signed: false }, type, span };
}

/** x86-64: psABI, figure 3.36. */
const dwarfNames = [
  ...['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
];

function constantOf(value: bigint, type: Type): bigint {
  if (type.kind === 'int' || type.kind === 'enum')
    return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
  return type.kind === 'bool' ? (value === 0n ? 0n : 1n) : BigInt.asUintN(64, value);
}

/** Several results of a Go function as the members of one struct. */
export function resultsTogether(results: readonly PlacedValue[]): PlacedValue | undefined {
  const [only] = results;
  if (results.length <= 1) return only;
  const leaves: RegisterLeaf[] = [];
  let byteOffset = 0;
  const members: { name: string; bitOffset: number; type: Type }[] = [];
  for (const { name, type, place } of results) {
    members.push({ name, bitOffset: byteOffset * 8, type });
    const size = Math.ceil(sizeOfType(type) / 8) * 8;
    const register = place.in === 'registers' ? place.registers[0] : undefined;
    if (register !== undefined) leaves.push({ byteOffset, bytes: 8, register });
    else if (place.in === 'leaves')
      leaves.push(...place.leaves.map((leaf) => ({ ...leaf, byteOffset: byteOffset + leaf.byteOffset })));
    else if (place.in !== 'nothing') members.pop();
    byteOffset += size;
  }
  const type: StructType = {
    kind: 'struct',
    union: false,
    name: 'results',
    byteSize: byteOffset,
    layout: 'fixed',
    id: `results:${members.map(({ name }) => name).join()}`,
    members,
  };
  return { name: '', type: members.length === 0 ? voidType : type, place: { in: 'leaves', leaves } };
}
