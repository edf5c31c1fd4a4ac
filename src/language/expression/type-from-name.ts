/** Written type names → types: the language's own first, then those of the kernel (or of a binary). */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { TypeSource } from '../type-source.js';
import type { AddressSpace, Type } from '../types.js';
import * as types from '../types.js';
import type { TypeName } from './ast.js';

const own: Readonly<Record<string, Type>> = {
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
  duration: types.duration,
  timestamp: types.timestamp,
  errno: types.errno,
  signal: types.signal,
  void: types.voidType,
};

const base: Readonly<Record<string, Type>> = {
  char: { ...types.i8, char: true, name: 'char' },
  'signed char': types.i8,
  'unsigned char': types.u8,
  short: types.i16,
  'unsigned short': types.u16,
  int: types.i32,
  unsigned: types.u32,
  'unsigned int': types.u32,
  long: types.i64,
  'unsigned long': types.u64,
  'long long': types.i64,
  'unsigned long long': types.u64,
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
};

/** Names of the language's own types, for help and completion. */
export const ownTypeNames = [...Object.keys(own), 'string(N)', 'bytes(N)'];

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
  const { name, span } = written;
  const unknown = (kind: string, names: Iterable<string>): undefined => {
    sink.add('type-unknown', `${source.label} has no ${kind} "${name}"`, span, { hints: didYouMean(name, names) });
  };
  switch (written.tag) {
    case 'struct':
      return source.struct(name) ?? unknown('struct', source.names('struct'));
    case 'union':
      return source.union(name) ?? unknown('union', source.names('union'));
    case 'enum':
      return source.enumeration(name) ?? unknown('enum', source.names('enum'));
  }
  if (name === 'string' || name === 'bytes') {
    const max = Number(written.size ?? BigInt(defaultStringMax));
    if (max < 1 || max > largestString) {
      sink.add('value-range', `${name}(N) takes an N from 1 to ${largestString}`, span);
      return undefined;
    }
    return { kind: name, max };
  }
  const found = own[name] ?? base[name] ?? source.named(name);
  if (found !== undefined) return found;
  for (const tag of ['struct', 'union', 'enum'] as const) {
    const tagged =
      tag === 'struct' ? source.struct(name) : tag === 'union' ? source.union(name) : source.enumeration(name);
    if (tagged === undefined) continue;
    sink.add('type-unknown', `"${name}" is a ${tag}`, span, { hints: [`write "${tag} ${name}"`] });
    return undefined;
  }
  const names = [...Object.keys(own), ...Object.keys(base), 'string', 'bytes', ...source.names('typedef')];
  sink.add('type-unknown', `unknown type "${name}"`, span, { hints: didYouMean(name, names) });
  return undefined;
}
