/**
 * Where a function's arguments and its result are by the calling convention of C and C++: the System V ABI for x86-64 (3.2.3), the AAPCS64 for arm64 (6.8.2), as far as integer registers and
 * the stack go. Registers are DWARF's numbers.
 */
import type { StructType, Type } from '../language/types.js';
import { type Arch, type EntryPlace, returnAddressBytes } from './entry-location.js';
import { alignmentOfType, leavesOf, sizeOfType } from './type-layout.js';

/** `vector`: among the floating-point registers. `unknown`: not to be told, and nothing after it either. `nothing`: an empty class is not passed at all. */
export type Passed = EntryPlace | { readonly in: 'vector' | 'unknown' | 'nothing' };

const argumentRegisters = { x86_64: [5, 4, 1, 2, 8, 9], arm64: [0, 1, 2, 3, 4, 5, 6, 7] } as const;
const resultRegisters = { x86_64: [0, 1], arm64: [0, 1] } as const;
const vectorRegisters = 8;

export interface Convention {
  readonly parameters: readonly Passed[];
  readonly result: Passed;
}

type Way =
  | { readonly by: 'registers'; readonly integer: number; readonly vector: number }
  | { readonly by: 'stack' | 'reference' | 'unknown' | 'nothing' };

/** `byReference`: what C++ passes by the address of a copy, whatever its size. */
export function cConvention(
  parameters: readonly Type[],
  returns: Type,
  arch: Arch,
  byReference: (type: StructType) => boolean,
): Convention {
  const registers: readonly number[] = argumentRegisters[arch];
  const resultWay = wayOf(returns, arch, byReference);
  const inMemory = resultWay.by === 'stack' || resultWay.by === 'reference';
  // x86-64 passes the address for a large result like a first argument, arm64 in x8.
  let [integer, vector, stack] = [inMemory && arch === 'x86_64' ? 1 : 0, 0, returnAddressBytes[arch]];
  // Whether a large result's address comes first must be known.
  let known = resultWay.by !== 'unknown' || returns.kind === 'void';
  const onStack = (type: Type, bytes: number): Passed => {
    const alignment = arch === 'x86_64' && alignmentOfType(type) > 8 ? 16 : 8;
    // The argument area begins behind the return address, and is aligned there.
    const start = roundUp(stack - returnAddressBytes[arch], alignment) + returnAddressBytes[arch];
    stack = start + roundUp(bytes, 8);
    return { in: 'stack', offset: start };
  };
  const place = (type: Type): Passed => {
    const way = known ? wayOf(type, arch, byReference) : { by: 'unknown' as const };
    switch (way.by) {
      case 'unknown':
        known = false;
        return { in: 'unknown' };
      case 'nothing':
        return { in: 'nothing' };
      case 'stack':
        return onStack(type, sizeOfType(type));
      case 'reference': {
        const register = registers[integer];
        if (register === undefined) {
          known = false;
          return { in: 'unknown' };
        }
        integer++;
        return { in: 'memory', register, offset: 0 };
      }
      case 'registers': {
        // A value goes whole into registers or whole onto the stack.
        const fits = integer + way.integer <= registers.length && vector + way.vector <= vectorRegisters;
        if (!fits) {
          if (arch === 'arm64' && way.integer > 0) integer = registers.length;
          if (arch === 'arm64' && way.vector > 0) vector = vectorRegisters;
          return onStack(type, sizeOfType(type));
        }
        const taken = registers.slice(integer, integer + way.integer);
        integer += way.integer;
        vector += way.vector;
        return way.vector > 0 ? { in: 'vector' } : { in: 'registers', registers: taken };
      }
    }
  };
  return { parameters: parameters.map(place), result: resultPlace(resultWay, arch) };
}

function resultPlace(way: Way, arch: Arch): Passed {
  switch (way.by) {
    case 'registers':
      return way.vector > 0
        ? { in: 'vector' }
        : { in: 'registers', registers: resultRegisters[arch].slice(0, way.integer) };
    case 'stack':
    case 'reference':
      // x86-64 gives the address back; on arm64 no register need hold it any more.
      return arch === 'x86_64' ? { in: 'memory', register: 0, offset: 0 } : { in: 'unknown' };
    case 'nothing':
    case 'unknown':
      return { in: way.by };
  }
}

function wayOf(type: Type, arch: Arch, byReference: (type: StructType) => boolean): Way {
  switch (type.kind) {
    case 'int':
    case 'bool':
    case 'enum':
    case 'pointer':
      return { by: 'registers', integer: 1, vector: 0 };
    case 'float':
      if (type.bytes > 8) return arch === 'x86_64' ? { by: 'stack' } : { by: 'registers', integer: 0, vector: 1 };
      return { by: 'registers', integer: 0, vector: 1 };
    case 'struct':
      return byReference(type) ? { by: 'reference' } : wayOfStruct(type, arch);
    case 'array':
      // __int128, which is two words here.
      return type.count === 2 ? { by: 'registers', integer: 2, vector: 0 } : { by: 'unknown' };
    default:
      return { by: 'unknown' };
  }
}

function wayOfStruct(type: StructType, arch: Arch): Way {
  if (arch === 'arm64' && isFloats(type))
    return { by: 'registers', integer: 0, vector: leavesOf(type, 32)?.length ?? 1 };
  const leaves = leavesOf(type, 16);
  if (leaves === undefined) {
    if (type.byteSize <= 16) return { by: 'unknown' };
    return { by: arch === 'x86_64' ? 'stack' : 'reference' };
  }
  if (leaves.length === 0) return { by: type.byteSize === 0 || type.byteSize === 1 ? 'nothing' : 'unknown' };
  const floats = leaves.filter(({ type: leaf }) => leaf.kind === 'float');
  if (arch === 'arm64') return { by: 'registers', integer: Math.ceil(type.byteSize / 8), vector: 0 };
  // What is not aligned is passed in memory, and so is long double.
  if (leaves.some(({ byteOffset, type: leaf }) => byteOffset % sizeOfType(leaf) !== 0)) return { by: 'stack' };
  if (floats.some(({ type: leaf }) => leaf.kind === 'float' && leaf.bytes > 8)) return { by: 'stack' };
  let [integer, vector] = [0, 0];
  for (let at = 0; at < type.byteSize; at += 8) {
    const word = leaves.filter(({ byteOffset }) => byteOffset >= at && byteOffset < at + 8);
    if (word.some(({ type: leaf }) => leaf.kind !== 'float')) integer++;
    else if (word.length > 0) vector++;
    else return { by: 'unknown' };
  }
  return { by: 'registers', integer, vector };
}

/** Up to four floats of one size, which arm64 passes in vector registers. */
function isFloats(type: StructType): boolean {
  const leaves = leavesOf(type, 32);
  if (leaves === undefined || leaves.length === 0 || leaves.length > 4) return false;
  return leaves.every(({ type: leaf }) => leaf.kind === 'float' && sizeOfType(leaf) * leaves.length === type.byteSize);
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;
