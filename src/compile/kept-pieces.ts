/** Structs kept between a call's entry and its return, in pieces of at most a word: what was in registers or on the stack at the entry is gone at the return. */
import type { GatheredPiece, Typed } from '../language/expression/typed.js';
import { type StructType, type Type, u8, u16, u32, u64 } from '../language/types.js';

/** Larger ones would fill the map of started calls. */
const largest = 64;

/** In the order of the struct; `undefined` for what is no such struct. */
export function piecesOf(value: Typed): readonly GatheredPiece[] | undefined {
  if (value.op !== 'place') return undefined;
  if (value.base.op === 'gathered' && value.steps.length === 0) return value.base.pieces;
  const { type } = value;
  if (type.kind !== 'struct' || type.layout !== 'fixed' || value.space !== 'user' || type.byteSize > largest)
    return undefined;
  const pieces: GatheredPiece[] = [];
  for (let byteOffset = 0; byteOffset < type.byteSize; ) {
    const bytes = largestPiece(type.byteSize - byteOffset);
    pieces.push({ byteOffset, bytes, value: wordAt(value, type, byteOffset, words[bytes]) });
    byteOffset += bytes;
  }
  return pieces;
}

/** The struct again, of pieces that stand for those of `piecesOf`. */
export function ofPieces(value: Typed, pieces: readonly GatheredPiece[]): Typed {
  if (value.op !== 'place') throw new Error(`${value.op} has no pieces`);
  const { type, span } = value;
  const byteSize = value.base.op === 'gathered' ? value.base.byteSize : Math.ceil(sizeOf(type) / 8) * 8;
  const pointer = { kind: 'pointer', space: 'kernel', target: type } as const;
  const base: Typed = { op: 'gathered', pieces, byteSize, type: pointer, span };
  return { op: 'place', base, space: 'kernel', steps: [], type, span };
}

const words = { 1: u8, 2: u16, 4: u32, 8: u64 } as const;

function largestPiece(left: number): keyof typeof words {
  return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

const sizeOf = (type: Type): number => (type.kind === 'struct' ? type.byteSize : 0);

function wordAt(place: Extract<Typed, { op: 'place' }>, owner: StructType, byteOffset: number, type: Type): Typed {
  const step = { member: `word_${byteOffset}`, owner, bitOffset: byteOffset * 8, type };
  return { op: 'load', base: place.base, space: place.space, steps: [...place.steps, step], type, span: place.span };
}
