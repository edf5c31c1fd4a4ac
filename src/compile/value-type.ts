/** Types of the language → how their values lie in records, keys and map values. */
import type { MapForm } from '../language/map-kinds.js';
import type { Type } from '../language/types.js';
import type { Presentation, ValueType } from './manifest.js';

const byteCount = { 8: 1, 16: 2, 32: 4, 64: 8 } as const;

/** `padded` text (map keys) has a fixed size without a length, since equal texts must be equal bytes. */
export function valueTypeOf(type: Type, padded = false): ValueType {
  switch (type.kind) {
    case 'int': {
      const shape = { kind: 'int', bytes: byteCount[type.bits], signed: type.signed } as const;
      return type.meaning === undefined ? shape : { ...shape, as: type.meaning satisfies Presentation };
    }
    case 'bool':
      return { kind: 'bool' };
    case 'enum': {
      // The first name of a value is its name: later ones are aliases and markers (`__MAX`).
      const names: Record<string, string> = {};
      for (const { name, value } of type.enumerators) names[String(value)] ??= name;
      return { kind: 'enum', bytes: byteCount[type.bits], signed: type.signed, names };
    }
    case 'pointer':
      return { kind: 'int', bytes: 8, signed: false, as: 'hex' };
    case 'string':
      return padded ? { kind: 'text', size: type.max + 1 } : { kind: 'string', max: type.max };
    case 'bytes':
      return { kind: 'bytes', max: type.max };
    case 'comm':
      return { kind: 'text', size: 16 };
    case 'ip':
    case 'mac':
    case 'kstack':
    case 'ustack':
      return { kind: type.kind };
    default:
      throw new Error(`a ${type.kind} was let through to a layout`);
  }
}

/** A part of a map's key. An `lpm_trie` is asked for addresses and holds networks. */
export function keySlotType(type: Type, form: MapForm): ValueType {
  return form === 'prefixes' ? { kind: 'cidr' } : valueTypeOf(type, true);
}

const roundUp = (size: number, to: number): number => Math.ceil(size / to) * to;

export function sizeOf(type: ValueType): number {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return type.bytes;
    case 'bool':
      return 1;
    case 'string':
      return roundUp(4 + type.max + 2, 4);
    case 'bytes':
      return roundUp(4 + type.max, 4);
    case 'text':
      return type.size;
    case 'ip':
    case 'cidr':
      return 20;
    case 'mac':
      return 6;
    case 'kstack':
    case 'ustack':
      return 8;
  }
}

/** As C aligns the member that holds it. */
export function alignmentOf(type: ValueType): number {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return type.bytes;
    case 'kstack':
    case 'ustack':
      return 8;
    case 'string':
    case 'bytes':
    case 'ip':
    case 'cidr':
      return 4;
    case 'bool':
    case 'text':
    case 'mac':
      return 1;
  }
}
