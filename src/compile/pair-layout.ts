/** A pair's key and what is kept from its start: how they lie in the map between the two, and what their types are called in C. */
import { integerShape } from '../language/expression/fit.js';
import { c, identifier } from './c-text.js';
import type { ValueType } from './manifest.js';
import type { CText } from './statements.js';
import type { PairSlot, TypedPair } from './typed-pipeline.js';
import { sizeOf, valueTypeOf } from './value-type.js';

interface Named {
  readonly name: string;
}

/** Numbers and addresses take 64 bits, whatever their own width, so that different hooks agree. */
export const isWide = ({ type }: PairSlot): boolean => integerShape(type) !== undefined || type.kind === 'pointer';

export function pairSlotType(slot: PairSlot): ValueType {
  return isWide(slot) ? { kind: 'int', bytes: 8, signed: false } : valueTypeOf(slot.type, true);
}

/** Of the entry in the map: the start's time, then what is kept, each at a multiple of 8. */
export function startBytes({ saved }: TypedPair): number {
  return 8 + saved.reduce((sum, slot) => sum + Math.ceil(sizeOf(pairSlotType(slot)) / 8) * 8, 0);
}

export const pairMap = (probe: Named): CText => c`${identifier(probe.name)}_pairs`;
export const startType = (probe: Named): CText => c`${identifier(probe.name)}_start_t`;
/** The struct of a key of several parts, or of one that is no number. */
export const pairKeyType = (probe: Named): CText => c`${identifier(probe.name)}_pair_key_t`;
export const eventType = (probe: Named): CText => c`${identifier(probe.name)}_event_t`;
