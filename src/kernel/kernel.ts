/**
 * What a kernel offers, as types and names: the one interface through which the language asks. `BtfKernel` reads it
 * from BTF and tracefs; tests use a small one of their own. Nothing here needs root, and nothing loads or attaches.
 */
import type { TypeSource } from '../language/type-source.js';
import type { FunctionType, Type } from '../language/types.js';
import type { FunctionNames } from './function-names.js';

export type { TypeSource } from '../language/type-source.js';

/** A perf tracepoint `category:name`. */
export interface TracepointFormat {
  readonly category: string;
  readonly name: string;
  /** The context as a struct of `fixed` layout; `dynamic` members are `__data_loc` (a u32: length << 16 | offset). */
  readonly fields: readonly TracepointField[];
}

export interface TracepointField {
  readonly name: string;
  readonly type: Type;
  readonly offset: number;
  readonly size: number;
  /** `__data_loc` (offset from the record's start) or `__rel_loc` (from the end of the field). */
  readonly dynamic?: 'data_loc' | 'rel_loc';
}

/** One system call: what its `sys_enter_*` tracepoint carries. Pointers are user-space. */
export interface SyscallPrototype {
  readonly name: string;
  readonly nr: number;
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
}

export interface Kernel extends TypeSource {
  /** The typed arguments of `tp_btf:` and `raw_tracepoint:`, without the leading `void *__data`. */
  rawTracepoint(name: string): FunctionType | undefined;
  rawTracepointNames(): Iterable<string>;
  /** `undefined` where there is no such tracepoint, or no way to know (`tracepointsReadable` tells which). */
  tracepoint(category: string, name: string): TracepointFormat | undefined;
  readonly tracepointsReadable: boolean;
  /** `category:name` of every tracepoint. */
  tracepointNames(): Iterable<string>;
  syscall(name: string): SyscallPrototype | undefined;
  syscallNames(): Iterable<string>;
  /** Whether the symbol table has a function of that name, described by BTF or not. */
  hasFunctionSymbol(name: string): boolean;
  /** What patterns over functions are compared with. */
  functions(): FunctionNames;
  /** Well-known `#define`s that BTF does not carry: AF_INET, O_CREAT, ENOENT, SIGKILL, IPPROTO_TCP, S_IFREG, … */
  define(name: string): bigint | undefined;
  defineNames(): Iterable<string>;
  /** x86_64 or arm64: decides registers and syscall numbers. */
  readonly arch: 'x86_64' | 'arm64';
  /** A short name of what the types came from that is equal exactly when the types are equal (a hash or build-id). */
  readonly identity: string;
}
