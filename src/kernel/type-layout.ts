/** Sizes, alignments and the scalars inside of types whose layout is known. */
import { integerShape } from '../language/expression/fit.js';
import type { StructType, Type } from '../language/types.js';

/** Bytes; 0 for what has no size. */
export function sizeOfType(type: Type): number {
  switch (type.kind) {
    case 'struct':
      return type.byteSize;
    case 'array':
      return type.count * sizeOfType(type.element);
    case 'pointer':
      return 8;
    case 'bool':
      return 1;
    case 'float':
      return type.bytes;
    default:
      return (integerShape(type)?.bits ?? 0) / 8;
  }
}

/** Bytes, as the ABI's natural alignment: that of the largest scalar inside. */
export function alignmentOfType(type: Type, depth = 0): number {
  if (depth > 32) return 8;
  switch (type.kind) {
    case 'struct':
      return Math.max(1, ...type.members.slice(0, 1000).map((member) => alignmentOfType(member.type, depth + 1)));
    case 'array':
      return alignmentOfType(type.element, depth + 1);
    default:
      return Math.max(1, sizeOfType(type));
  }
}

export interface Leaf {
  readonly byteOffset: number;
  readonly type: Type;
}

/** The scalars of a struct of at most `most` bytes, with their offsets; `undefined` for a larger one, or one that is not understood. A bit-field counts as the unit that it is declared in. */
export function leavesOf(type: StructType, most: number): readonly Leaf[] | undefined {
  if (type.byteSize > most) return undefined;
  const leaves: Leaf[] = [];
  const visit = (each: Type, byteOffset: number, depth: number): boolean => {
    if (depth > 16 || leaves.length > 64) return false;
    switch (each.kind) {
      case 'struct':
        return each.members.every((member) => {
          const unit = sizeOfType(member.type);
          const start = member.bitOffset >> 3;
          const at = member.bitSize === undefined || unit === 0 ? start : start - (start % unit);
          return visit(member.type, byteOffset + at, depth + 1);
        });
      case 'array':
        if (each.count > most) return false;
        return Array.from({ length: each.count }, (_, index) => index).every((index) =>
          visit(each.element, byteOffset + index * sizeOfType(each.element), depth + 1),
        );
      case 'int':
      case 'bool':
      case 'enum':
      case 'pointer':
      case 'float':
        leaves.push({ byteOffset, type: each });
        return true;
      default:
        return false;
    }
  };
  return visit(type, 0, 0) ? leaves : undefined;
}
