/**
 * An expression whose names and types are known: the typed program's values. Each node says what it is in the kernel's terms; turning
 * it into C is `compile/`'s. Nodes are immutable and may be shared (a `let` used twice is one node).
 */
import type { Span } from '../../diagnostics/source.js';
import type {
  AddressSpace,
  ArrayType,
  BytesType,
  PointerType,
  StackType,
  StringType,
  StructType,
  Type,
} from '../types.js';
import type { BinaryOperator } from './ast.js';

export type Typed =
  | Constant
  | TextConstant
  | ParamValue
  | BuiltinValue
  | ContextValue
  | Gathered
  | SavedValue
  | Load
  | Place
  | Convert
  | UnaryOperation
  | BinaryOperation
  | Choice
  | MapLookup
  | MapContains
  | ReadText
  | ReadBytes
  | SocketAddress
  | MakeIp
  | ReadMac
  | ReadList
  | StackValue
  | TextTest
  | KernelCall
  | UserCall
  | LetValue;

interface Node {
  readonly type: Type;
  readonly span: Span;
}

/** An integer, enum or bool that is known now. */
export interface Constant extends Node {
  readonly op: 'constant';
  readonly value: bigint;
}

export interface TextConstant extends Node {
  readonly op: 'text';
  readonly value: string;
  readonly type: StringType;
}

export interface ParamValue extends Node {
  readonly op: 'param';
  readonly name: string;
}

export type BuiltinName =
  | 'now'
  | 'pid'
  | 'tid'
  | 'uid'
  | 'gid'
  | 'comm'
  | 'cpu'
  | 'cgroup'
  /** The event's number: see templates/bpf/counters.hbs. */
  | 'seq'
  | 'self'
  | 'task'
  | 'duration'
  /** Which hook this is, in a program of several: as it was attached with, or as its caller passes it. */
  | 'attach cookie'
  | 'hook parameter';

export interface BuiltinValue extends Node {
  readonly op: 'builtin';
  readonly name: BuiltinName;
}

/** A value that the hook hands to its program. */
export interface ContextValue extends Node {
  readonly op: 'context';
  readonly access: ContextAccess;
}

/** Where in a program's context a value stands. */
export type ContextAccess =
  /** The n-th u64 of the context (tp_btf, raw_tracepoint, fentry, fexit). */
  | { readonly via: 'slot'; readonly index: number }
  /** The n-th u64 of an iterator's context: an address that is 0 after the last object, or a number beside it. */
  | { readonly via: 'object'; readonly index: number }
  /** The n-th argument in the calling convention's registers, from `struct pt_regs` (kprobe, uprobe). */
  | { readonly via: 'register'; readonly index: number }
  /** The return value's register. */
  | { readonly via: 'return register' }
  /** What tells a call of a function from every other one in progress: an address in its frame, the same at its entry and its return. */
  | { readonly via: 'frame'; readonly at: 'entry' | 'return' | 'trampoline' }
  /** A USDT probe's argument: so many bits of where its note says that it is. */
  | { readonly via: 'operand'; readonly operand: Operand; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  /** A value at a byte offset of a tracepoint's record. */
  | { readonly via: 'record'; readonly offset: number; readonly size: number }
  /** The address of a tracepoint record's bytes at a fixed offset (an array). */
  | { readonly via: 'record address'; readonly offset: number }
  /** The address of a tracepoint's dynamic array: its offset stands in the low half of a u32 at `offset`. */
  | { readonly via: 'dynamic address'; readonly offset: number; readonly relative: boolean };

/** Registers go by the names of `templates/bpf/registers.hbs` (`rdi`, `rip`), on arm64 by `x0` to `x30` and `sp`. Memory is the user's. */
export type Operand =
  /** In decimal digits. */
  | { readonly at: 'constant'; readonly value: string }
  | { readonly at: 'register'; readonly register: string; readonly shift: number }
  | {
      readonly at: 'memory';
      readonly base?: string;
      /** Times the scale; `extend` where only the register's lower half counts, and whether that has a sign. */
      readonly index?: { readonly register: string; readonly scale: number; readonly extend?: boolean };
      readonly displacement: number;
    };
/** A struct or array that a function gets in registers, put together in memory of the program's own: the address of that. */
export interface Gathered extends Node {
  readonly op: 'gathered';
  readonly pieces: readonly GatheredPiece[];
  /** A multiple of 8. */
  readonly byteSize: number;
  readonly type: PointerType;
}

export interface GatheredPiece {
  readonly byteOffset: number;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly value: Typed;
}

/** A value kept from the start of a pair or call. */
export interface SavedValue extends Node {
  readonly op: 'saved';
  readonly name: string;
}

/** One step from a struct's address to a member of it, or from an array's address to an element. */
export type Step =
  | {
      readonly member: string;
      readonly owner: StructType;
      readonly bitOffset: number;
      readonly bitSize?: number;
      readonly type: Type;
    }
  | { readonly index: Typed; readonly type: Type };

/** A scalar read through a pointer. `steps` is empty for what the pointer itself points at. */
export interface Load extends Node {
  readonly op: 'load';
  readonly base: Typed;
  readonly space: AddressSpace;
  readonly steps: readonly Step[];
}

/** A struct, union or array in memory: an address, not yet a value. */
export interface Place extends Node {
  readonly op: 'place';
  readonly base: Typed;
  readonly space: AddressSpace;
  readonly steps: readonly Step[];
  readonly type: StructType | ArrayType;
}

export interface Convert extends Node {
  readonly op: 'convert';
  readonly operand: Typed;
}

export interface UnaryOperation extends Node {
  readonly op: 'unary';
  readonly operator: '-' | '~' | 'not';
  readonly operand: Typed;
}

export interface BinaryOperation extends Node {
  readonly op: 'binary';
  readonly operator: Exclude<BinaryOperator, '??'>;
  readonly left: Typed;
  readonly right: Typed;
}

/** `if(condition, whenTrue, whenFalse)`. */
export interface Choice extends Node {
  readonly op: 'choice';
  readonly condition: Typed;
  readonly whenTrue: Typed;
  readonly whenFalse: Typed;
}

/** The value stored under a key, or `fallback` where there is none (0 when it is missing). */
export interface MapLookup extends Node {
  readonly op: 'lookup';
  readonly map: string;
  readonly key: readonly Typed[];
  /** The value's member; empty for a value without members. */
  readonly member: string;
  readonly fallback?: Typed;
}

export interface MapContains extends Node {
  readonly op: 'contains';
  readonly map: string;
  readonly key: readonly Typed[];
}

/** NUL-terminated text at an address. */
export interface ReadText extends Node {
  /** The bytes that may be read at the address, where it is an array of that size. */
  readonly limit?: number;
  readonly op: 'readText';
  readonly address: Typed;
  readonly space: AddressSpace;
  readonly type: StringType;
  /** Where the text does not end with a NUL: how many bytes it has. */
  readonly length?: Typed;
}

export interface ReadBytes extends Node {
  readonly op: 'readBytes';
  readonly address: Typed;
  readonly space: AddressSpace;
  readonly length: Typed;
  readonly type: BytesType;
}

/** The source or destination address of a `struct sock *`, IPv4 or IPv6 by its family. */
export interface SocketAddress extends Node {
  readonly op: 'socketAddress';
  readonly socket: Typed;
  readonly family: Typed;
  readonly v4: Typed;
  /** Missing on a kernel built without IPv6. */
  readonly v6?: Place;
}

/** An `ip` from a big-endian u32, or from 16 bytes in memory. */
export interface MakeIp extends Node {
  readonly op: 'makeIp';
  readonly v4?: Typed;
  readonly v6?: { readonly address: Typed; readonly space: AddressSpace };
}

/** Six bytes at an address. */
export interface ReadMac extends Node {
  readonly op: 'readMac';
  readonly address: Typed;
  readonly space: AddressSpace;
}

/** Texts behind each other, each with its NUL: a path's components, the last first, or the texts that a list of pointers points at. */
export interface ReadList extends Node {
  readonly op: 'readList';
  readonly list: 'path' | 'argv';
  /** A struct dentry, or the list of pointers in user space. */
  readonly address: Typed;
  /** A struct vfsmount: without it the path ends at its file system's root. */
  readonly mount?: Typed;
  readonly type: BytesType;
}

/** Who called whom, innermost first, at most `frames` of them. */
export interface StackValue extends Node {
  readonly op: 'stack';
  readonly frames: number;
  readonly type: StackType;
}

/** Text compared with one that is known before the program runs: whole or only its beginning. */
export interface TextTest extends Node {
  readonly op: 'textTest';
  readonly test: 'equal' | 'starts with' | 'ends with' | 'contains';
  readonly text: Typed;
  readonly wanted: TextConstant | ParamValue;
}

export type KernelFunction = 'ntohs' | 'ntohl' | 'ntohll' | 'min' | 'max' | 'abs' | 'log2';

export interface KernelCall extends Node {
  readonly op: 'call';
  readonly function: KernelFunction;
  readonly arguments: readonly Typed[];
}

/** A function that runs in user space over values that the event carries. */
export interface UserCall extends Node {
  readonly op: 'userCall';
  readonly function: string;
  readonly arguments: readonly Typed[];
}

export interface LetValue extends Node {
  readonly op: 'let';
  readonly name: string;
  readonly value: Typed;
}

/** The nodes right below one. */
export function operands(node: Typed): readonly Typed[] {
  const indices = (steps: readonly Step[]): Typed[] => steps.flatMap((step) => ('index' in step ? [step.index] : []));
  switch (node.op) {
    case 'constant':
    case 'text':
    case 'param':
    case 'builtin':
    case 'context':
    case 'saved':
    case 'stack':
      return [];
    case 'load':
    case 'place':
      return [node.base, ...indices(node.steps)];
    case 'convert':
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'choice':
      return [node.condition, node.whenTrue, node.whenFalse];
    case 'lookup':
      return node.fallback === undefined ? node.key : [...node.key, node.fallback];
    case 'contains':
      return node.key;
    case 'gathered':
      return node.pieces.map((each) => each.value);
    case 'readText':
      return node.length === undefined ? [node.address] : [node.address, node.length];
    case 'readMac':
      return [node.address];
    case 'readList':
      return node.mount === undefined ? [node.address] : [node.address, node.mount];
    case 'readBytes':
      return [node.address, node.length];
    case 'socketAddress':
      return node.v6 === undefined ? [node.socket, node.family, node.v4] : [node.socket, node.family, node.v4, node.v6];
    case 'makeIp':
      return [...(node.v4 === undefined ? [] : [node.v4]), ...(node.v6 === undefined ? [] : [node.v6.address])];
    case 'textTest':
      return [node.text];
    case 'call':
    case 'userCall':
      return node.arguments;
    case 'let':
      return [node.value];
  }
}

/** True where some node of the tree satisfies the test. */
export function some(node: Typed, test: (node: Typed) => boolean): boolean {
  return test(node) || operands(node).some((each) => some(each, test));
}

/** Where a value can be computed: user-stage as soon as one part of it is. */
export function stageOf(node: Typed): 'kernel' | 'user' {
  return some(node, (each) => each.op === 'userCall') ? 'user' : 'kernel';
}
