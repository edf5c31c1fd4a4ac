/**
 * The types of values in the language. Kernel types (BTF), user types (DWARF) and the language's own types are all
 * one of these. Members and pointer targets are looked up when they are asked for, so a type costs nothing until used.
 */

export type Type =
  | IntType
  | BoolType
  | EnumType
  | PointerType
  | StructType
  | ArrayType
  | FunctionType
  | VoidType
  | FloatType
  | StringType
  | BytesType
  | IpType
  | MacType
  | CommType
  | StackType;

/** Whose memory an address points into; decides which BPF helper reads it. */
export type AddressSpace = 'kernel' | 'user';

/** What an integer means, where that decides how it is shown. */
export type Meaning = 'duration' | 'timestamp' | 'hex' | 'errno' | 'signal';

export interface IntType {
  readonly kind: 'int';
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  /** The C `char`: arrays of it and pointers to it are strings. */
  readonly char?: boolean;
  /** The typedef's or base type's name where it came from BTF or DWARF (`u32`, `dev_t`, `long unsigned int`). */
  readonly name?: string;
  readonly meaning?: Meaning;
  /** Stored most significant byte first (`__be16`, `__be32`): worth a lint warning when used without ntohs/ntohl. */
  readonly bigEndian?: boolean;
}

export interface BoolType {
  readonly kind: 'bool';
}

export interface FloatType {
  readonly kind: 'float';
  readonly bytes: number;
  readonly name: string;
}

export interface VoidType {
  readonly kind: 'void';
}

export interface EnumType {
  readonly kind: 'enum';
  /** Empty for an anonymous enum. */
  readonly name: string;
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  readonly enumerators: readonly Enumerator[];
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly space: AddressSpace;
  /** Resolved on access. */
  readonly target: Type;
}

export interface StructType {
  readonly kind: 'struct';
  readonly union: boolean;
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  readonly byteSize: number;
  /** `btf` structs are read through CO-RE relocations by member name; `fixed` ones at the offsets given here. */
  readonly layout: 'btf' | 'fixed';
  /** Unique within one type source, for identity (`btf:1234`). */
  readonly id: string;
  readonly members: readonly Member[];
  /** Text of known length, by the members that hold its address and its length: Go's `string`, Rust's `&str`. */
  readonly text?: { readonly pointer: string; readonly length: string };
  /** Why it has no member of this name, where more is known than that. */
  readonly absent?: (member: string) => string | undefined;
}

export interface Member {
  /** Empty for an anonymous struct or union member: its members are found as if they stood here. */
  readonly name: string;
  readonly bitOffset: number;
  /** The width of a bit-field; missing for an ordinary member. */
  readonly bitSize?: number;
  /** Resolved on access. */
  readonly type: Type;
}

export interface ArrayType {
  readonly kind: 'array';
  /** Zero for a flexible array member. */
  readonly count: number;
  readonly element: Type;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly parameters: readonly Parameter[];
  readonly returns: Type;
  readonly variadic?: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly type: Type;
}

/** Text of at most `max` bytes, without its NUL. */
export interface StringType {
  readonly kind: 'string';
  readonly max: number;
}

export interface BytesType {
  readonly kind: 'bytes';
  readonly max: number;
}

/** IPv4 or IPv6, 20 bytes in records and keys: version (4 or 6), three zero bytes, 16 bytes of address. */
export interface IpType {
  readonly kind: 'ip';
}

export interface MacType {
  readonly kind: 'mac';
}

/** The kernel's 16-byte, zero-padded task name. */
export interface CommType {
  readonly kind: 'comm';
}

/** The functions that were being called, of the kernel or of the process: in programs, records and maps a 64-bit id, 0 for none. */
export interface StackType {
  readonly kind: 'kstack' | 'ustack';
}

const int = (bits: 8 | 16 | 32 | 64, signed: boolean, meaning?: Meaning): IntType =>
  meaning === undefined ? { kind: 'int', bits, signed } : { kind: 'int', bits, signed, meaning };

export const u8 = int(8, false);
export const u16 = int(16, false);
export const u32 = int(32, false);
export const u64 = int(64, false);
export const i8 = int(8, true);
export const i16 = int(16, true);
export const i32 = int(32, true);
export const i64 = int(64, true);
export const duration = int(64, false, 'duration');
export const timestamp = int(64, false, 'timestamp');
/** An error or signal number, shown by its name. */
export const errno = int(32, false, 'errno');
export const signal = int(32, false, 'signal');
export const bool: BoolType = { kind: 'bool' };
export const comm: CommType = { kind: 'comm' };
export const ip: IpType = { kind: 'ip' };
export const mac: MacType = { kind: 'mac' };
export const kstack: StackType = { kind: 'kstack' };
export const ustack: StackType = { kind: 'ustack' };
export const voidType: VoidType = { kind: 'void' };
