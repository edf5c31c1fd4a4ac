/**
 * What the addon `binary-reader.node` reads of programs and libraries: debug information (DWARF, by elfutils' libdw), the names behind mangled ones (libiberty), machine code (capstone). It is
 * inert: it needs no privilege, and no kernel is asked. What a file says is never trusted, so what is malformed is missing.
 */
import { existsSync } from 'node:fs';
import { addonFile, requireFromPackage } from './package-files.js';

export interface BinaryReader {
  /** Throws a `NativeError`: of errno `ENODATA` where the file has no debug information. */
  openDebugInfo(path: string): DebugInfo;
  /** Of each mangled name of C++ or Rust what it stands for, with its parameters or without; a hole for any other name. */
  demangle(names: readonly string[], parameters: boolean): readonly (string | undefined)[];
  /** Instructions from the code's beginning on, at most so many, up to the first bytes that are none. */
  disassemble(code: Uint8Array, arch: 'x86_64' | 'arm64', most: number): readonly Instruction[];
}

export interface Instruction {
  /** From the code's beginning, bytes. */
  readonly offset: number;
  readonly size: number;
  /** `jbe`. */
  readonly name: string;
  /** `rsp, qword ptr [r14 + 0x10]`. */
  readonly operands: string;
}

/** One file's debug information. Entries are known by numbers, which are good until it is closed. */
export interface DebugInfo {
  /** The function whose code begins at an address of the file's own address space. */
  functionAt(address: number): DebugFunction | undefined;
  type(id: number): DebugType;
  /** A defined type by its name without namespaces, looked for in the unit of the entry `near` first. */
  find(kind: 'struct' | 'union' | 'enum' | 'typedef', name: string, near?: number): number | undefined;
  /** The enum that has an enumerator of that name, in the unit of the entry `near`: constants of the kernel and macros are looked for here as well, and need not be in the rest of the file. */
  enumerator(name: string, near: number): number | undefined;
  names(kind: 'struct' | 'union' | 'enum' | 'typedef' | 'enumerator'): readonly string[];
  close(): void;
}

export interface DebugFunction {
  readonly id: number;
  readonly name: string;
  /** Called from other units too, so that it keeps to the calling convention. */
  readonly external: boolean;
  /** The compiler has changed how it is called (DW_CC_nocall). */
  readonly ownConvention: boolean;
  /** DW_LANG_*. */
  readonly language?: number;
  readonly producer?: string;
  /** Missing where it returns nothing. */
  readonly returns?: number;
  /** What places on the stack are relative to, as DWARF operations. */
  readonly frameBase: readonly DebugOperation[];
  readonly parameters: readonly DebugParameter[];
  readonly variadic: boolean;
}

export interface DebugParameter {
  readonly name: string;
  readonly type?: number;
  /** Given back, not taken (Go). */
  readonly result: boolean;
  /** `list`: what the operations say holds at the function's first instruction. `single`: they hold for the function's body. */
  readonly place: 'list' | 'single' | 'none';
  readonly operations: readonly DebugOperation[];
  /** Known at compile time. */
  readonly constant?: bigint;
}

/** DW_OP_* and its first operand. */
export interface DebugOperation {
  readonly code: number;
  readonly number: bigint;
}

export interface DebugType {
  readonly kind:
    | 'base'
    | 'unspecified'
    | 'pointer'
    | 'member pointer'
    | 'struct'
    | 'union'
    | 'enum'
    | 'array'
    | 'function'
    | 'typedef'
    | 'qualified'
    | 'other';
  readonly name: string;
  readonly byteSize?: number;
  /** DW_ATE_*. */
  readonly encoding?: number;
  readonly target?: number;
  /** Only declared here: its definition is elsewhere. */
  readonly declaration?: boolean;
  /** How C++ passes it, where that is not told by its members. */
  readonly passedBy?: 'value' | 'reference';
  /** Go's reflect.Kind. */
  readonly goKind?: number;
  readonly members?: readonly DebugMember[];
  readonly enumerators?: readonly { readonly name: string; readonly value: bigint }[];
  /** Elements in each dimension, the outermost first; 0 where it is not known. */
  readonly counts?: readonly number[];
}

export interface DebugMember {
  readonly name: string;
  /** A base class. */
  readonly base: boolean;
  readonly bitOffset: number;
  readonly bitSize?: number;
  readonly type: number;
}

const addonPath = addonFile('binary-reader');

/** A text says in words why there is none. */
export function loadBinaryReader(path: string = addonPath): BinaryReader | string {
  if (!existsSync(path)) return `the native addon "${path}" is not built`;
  try {
    const reader: BinaryReader = requireFromPackage(path);
    return reader;
  } catch (error) {
    return `the native addon "${path}" cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
