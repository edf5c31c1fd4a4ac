/**
 * Where arguments of Rust's own functions are, as far as rustc has kept to it in all versions: one scalar in a register, two scalars (`&str`, a slice) in two. What it does with other structs
 * changes between versions, so of those nothing is said.
 */
import type { Type } from '../language/types.js';
import { type Convention, cConvention, type Passed } from './calling-convention.js';
import type { Arch, RegisterLeaf } from './entry-location.js';
import { leavesOf, sizeOfType } from './type-layout.js';

export function rustConvention(parameters: readonly Type[], returns: Type, arch: Arch): Convention {
  // As if each scalar were an argument by itself.
  const flat = parameters.map((type) => scalarsOf(type));
  const firstUnknown = flat.indexOf(undefined);
  const known = flat.slice(0, firstUnknown < 0 ? flat.length : firstUnknown);
  const result = scalarsOf(returns);
  // A result of another kind may or may not take the first register for its address.
  const usable = returns.kind === 'void' || result !== undefined;
  const places = cConvention(
    known.flatMap((each) => each?.map(({ type }) => type) ?? []),
    returns.kind === 'struct' ? { kind: 'void' } : returns,
    arch,
    () => false,
  );
  let next = 0;
  const passed = parameters.map((type, index): Passed => {
    const scalars = usable ? known[index] : undefined;
    if (scalars === undefined) return { in: 'unknown' };
    const own = places.parameters.slice(next, next + scalars.length);
    next += scalars.length;
    const [only] = own;
    if (type.kind !== 'struct' && only !== undefined) return only;
    return together(scalars, own);
  });
  // rax and rdx; x0 and x1.
  const resultRegisters = [0, 1];
  if (returns.kind !== 'struct') return { parameters: passed, result: places.result };
  const own = resultRegisters.map((register): Passed => ({ in: 'registers', registers: [register] }));
  return { parameters: passed, result: result === undefined ? { in: 'unknown' } : together(result, own) };
}

type Scalars = NonNullable<ReturnType<typeof leavesOf>>;

function scalarsOf(type: Type): Scalars | undefined {
  switch (type.kind) {
    case 'int':
    case 'bool':
    case 'enum':
    case 'pointer':
    case 'float':
      return [{ byteOffset: 0, type }];
    case 'struct': {
      const leaves = leavesOf(type, 16);
      const fits = leaves !== undefined && leaves.length >= 1 && leaves.length <= 2;
      return fits && leaves.every((leaf) => leaf.type.kind !== 'float') ? leaves : undefined;
    }
    default:
      return undefined;
  }
}

function together(scalars: Scalars, places: readonly Passed[]): Passed {
  const leaves: RegisterLeaf[] = [];
  for (const [index, { byteOffset, type }] of scalars.entries()) {
    const place = places[index];
    const register = place?.in === 'registers' ? place.registers[0] : undefined;
    const bytes = sizeOfType(type);
    if (register === undefined || (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8)) return { in: 'unknown' };
    leaves.push({ byteOffset, bytes, register });
  }
  return { in: 'leaves', leaves };
}
