/** Types, functions and enumerators by name: kernel BTF, or a binary's DWARF. */
import type { EnumType, FunctionType, StructType, Type } from './types.js';

export type TypeNameKind = 'struct' | 'union' | 'enum' | 'typedef' | 'func' | 'enumerator';

export interface TypeSource {
  /** For messages: `the kernel's BTF`, `libssl.so.3's DWARF`. */
  readonly label: string;
  struct(name: string): StructType | undefined;
  union(name: string): StructType | undefined;
  enumeration(name: string): EnumType | undefined;
  /** Typedefs and base types by name (`size_t`, `pid_t`, `long unsigned int`), resolved to what they stand for. */
  named(name: string): Type | undefined;
  func(name: string): FunctionType | undefined;
  /** An enumerator of any enum, anonymous ones included. */
  enumerator(name: string): { readonly value: bigint; readonly type: EnumType } | undefined;
  /** For did-you-mean and globs; may read the whole index. */
  names(kind: TypeNameKind): Iterable<string>;
}
