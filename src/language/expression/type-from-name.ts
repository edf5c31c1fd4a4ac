/** Written type names → types: the language's own first, then those of the kernel (or of a binary). */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { TypeSource } from '../type-source.js';
import type { AddressSpace, Type } from '../types.js';
import * as types from '../types.js';
import type { TypeName } from './ast.js';

const own: ReadonlyMap<string, Type> = new Map(
  Object.entries({
    u8: types.u8,
    u16: types.u16,
    u32: types.u32,
    u64: types.u64,
    i8: types.i8,
    i16: types.i16,
    i32: types.i32,
    i64: types.i64,
    bool: types.bool,
    comm: types.comm,
    ip: types.ip,
    mac: types.mac,
    kstack: types.kstack,
    ustack: types.ustack,
    duration: types.duration,
    timestamp: types.timestamp,
    errno: types.errno,
    signal: types.signal,
    void: types.voidType,
  }),
);

/** C's own names besides those that `baseType` reads. */
const fixed: ReadonlyMap<string, Type> = new Map(
  Object.entries({
    size_t: { ...types.u64, name: 'size_t' },
    ssize_t: { ...types.i64, name: 'ssize_t' },
    uintptr_t: types.u64,
    intptr_t: types.i64,
    int8_t: types.i8,
    int16_t: types.i16,
    int32_t: types.i32,
    int64_t: types.i64,
    uint8_t: types.u8,
    uint16_t: types.u16,
    uint32_t: types.u32,
    uint64_t: types.u64,
  }),
);

const baseNames = ['char', 'short', 'int', 'long', 'unsigned', 'signed'];

/** `unsigned long int`, in any order that C allows. */
function baseType(name: string): Type | undefined {
  const words = name.split(' ');
  const count = (word: string): number => words.filter((each) => each === word).length;
  const [char, short, int, long] = [count('char'), count('short'), count('int'), count('long')];
  const [unsigned, signed] = [count('unsigned'), count('signed')];
  if (words.some((word) => !baseNames.includes(word))) return undefined;
  if (unsigned + signed > 1 || char > 1 || short > 1 || int > 1 || long > 2) return undefined;
  if (char + short + (long > 0 ? 1 : 0) > 1 || (char > 0 && int > 0)) return undefined;
  if (char > 0)
    return unsigned + signed > 0 ? (unsigned > 0 ? types.u8 : types.i8) : { ...types.i8, char: true, name: 'char' };
  if (short > 0) return unsigned > 0 ? types.u16 : types.i16;
  if (long > 0) return unsigned > 0 ? types.u64 : types.i64;
  return unsigned > 0 ? types.u32 : types.i32;
}

/** Names of the language's own types, for help and completion. */
export const ownTypeNames = [...own.keys(), 'string(N)', 'bytes(N)'];

export const defaultStringMax = 128;
export const largestString = 4096;

/** `space` is where plain pointers point: user-space in signatures of user functions. */
export function typeFromName(
  written: TypeName,
  source: TypeSource,
  sink: DiagnosticSink,
  space: AddressSpace = 'kernel',
): Type | undefined {
  let type = plainType(written, source, sink);
  if (type === undefined) return undefined;
  for (let pointer = 0; pointer < written.pointers; pointer++) {
    type = { kind: 'pointer', space: written.user ? 'user' : space, target: type };
  }
  return type;
}

function plainType(written: TypeName, source: TypeSource, sink: DiagnosticSink): Type | undefined {
  const { name, span, tag } = written;
  if (tag !== '') {
    const found = tagged(tag, name, source);
    if (found !== undefined) return found;
    const other = tags.find((each) => tagged(each, name, source) !== undefined);
    const hints = other === undefined ? didYouMean(name, source.names(tag)) : [`write "${other} ${name}"`];
    sink.add('type-unknown', `${source.label} has no ${tag} "${name}"`, span, { hints });
    return undefined;
  }
  if (name === 'string' || name === 'bytes') {
    const max = Number(written.size ?? BigInt(defaultStringMax));
    if (max < 1 || max > largestString) {
      sink.add('value-range', `${name}(N) takes an N from 1 to ${largestString}`, span);
      return undefined;
    }
    return { kind: name, max };
  }
  const found = own.get(name) ?? baseType(name) ?? fixed.get(name) ?? source.named(name);
  if (found !== undefined) return found;
  const other = tags.find((each) => tagged(each, name, source) !== undefined);
  if (other !== undefined) {
    sink.add('type-unknown', `"${name}" is ${other === 'enum' ? 'an' : 'a'} ${other}`, span, {
      hints: [`write "${other} ${name}"`],
    });
    return undefined;
  }
  const names = [...own.keys(), ...baseNames, ...fixed.keys(), 'string', 'bytes', ...source.names('typedef')];
  const close = didYouMean(name, names);
  const integers = /^[ui](nt)?[0-9]+$/.test(name) && close.length === 0;
  sink.add('type-unknown', `unknown type "${name}"`, span, {
    hints: integers ? ['the integers are u8 u16 u32 u64 i8 i16 i32 i64'] : close,
  });
  return undefined;
}

const tags = ['struct', 'union', 'enum'] as const;

function tagged(tag: (typeof tags)[number], name: string, source: TypeSource): Type | undefined {
  switch (tag) {
    case 'struct':
      return source.struct(name);
    case 'union':
      return source.union(name);
    case 'enum':
      return source.enumeration(name);
  }
}
