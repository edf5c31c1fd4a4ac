/**
 * C type text, as tracepoint formats and system call prototypes have it (`const struct sockaddr *`, `unsigned long`,
 * `__u8[16]`), to the language's types. Names come from BTF; the basic C types are known without it. Function pointers
 * and whatever else cannot be read are `undefined`, and the caller falls back to the size it knows.
 */
import type { TypeSource } from '../language/type-source.js';
import { type AddressSpace, bool, type PointerType, type Type, voidType } from '../language/types.js';

/** Words that say nothing of a value's size or meaning. `__seg_gs` and the like name an x86 address space. */
const qualifiers = /\b(?:const|volatile|restrict|__user|__rcu|__kernel|__iomem|__percpu|__seg_[fg]s)\b/g;

export function typeOfText(text: string, source: TypeSource, space: AddressSpace): Type | undefined {
  const [, base = '', stars = '', arrays = ''] =
    /^([\w\s]*?)\s*([*\s]*)((?:\[\d*\]\s*)*)$/.exec(text.replace(qualifiers, ' ').trim()) ?? [];
  const words = base.replace(/\s+/g, ' ');
  if (words === '') return undefined;
  const pointers = stars.replace(/\s/g, '').length;
  let type = pointers > 0 ? pointerTo(words, pointers, source, space) : baseType(words, source);
  if (type === undefined) return undefined;
  for (const [, count = ''] of [...arrays.matchAll(/\[(\d*)\]/g)].reverse()) {
    type = { kind: 'array', count: Number(count), element: type };
  }
  return type;
}

function pointerTo(words: string, pointers: number, source: TypeSource, space: AddressSpace): PointerType {
  let target: Type | undefined;
  return {
    kind: 'pointer',
    space,
    get target() {
      target ??= pointers > 1 ? pointerTo(words, pointers - 1, source, space) : (baseType(words, source) ?? voidType);
      return target;
    },
  };
}

function baseType(words: string, source: TypeSource): Type | undefined {
  const [first = '', second] = words.split(' ');
  if (second !== undefined) {
    if (first === 'struct') return source.struct(second);
    if (first === 'union') return source.union(second);
    if (first === 'enum') return source.enumeration(second);
  }
  return basicType(words) ?? source.named(words);
}

/** `unsigned`, `long int`, `unsigned long long`, …: the words of a basic C type in any order, on a 64-bit Linux. */
function basicType(words: string): Type | undefined {
  if (words === 'void') return voidType;
  if (words === 'bool' || words === '_Bool') return bool;
  const list = words.split(' ');
  if (!list.every((word) => basicWords.has(word))) return undefined;
  const signed = !list.includes('unsigned');
  if (list.includes('char')) {
    return list.length === 1
      ? { kind: 'int', bits: 8, signed: true, char: true, name: 'char' }
      : { kind: 'int', bits: 8, signed, name: words };
  }
  const bits = list.includes('short') ? 16 : list.includes('long') ? 64 : 32;
  return { kind: 'int', bits, signed, name: words };
}

const basicWords = new Set(['unsigned', 'signed', 'char', 'short', 'int', 'long']);

/** Bytes in memory; `undefined` for what has no size (void, functions) or is not a C type. */
export function byteSizeOf(type: Type): number | undefined {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return type.bits / 8;
    case 'bool':
      return 1;
    case 'pointer':
      return 8;
    case 'struct':
      return type.byteSize;
    case 'float':
      return type.bytes;
    case 'array': {
      const element = byteSizeOf(type.element);
      return element === undefined ? undefined : element * type.count;
    }
    default:
      return undefined;
  }
}
