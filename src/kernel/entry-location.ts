/**
 * Where a parameter is as a function begins, from its DWARF location: the few forms that compilers write for that place. Source: DWARF 5, 2.5 and 2.6; register numbers are those of the
 * psABI's DWARF mapping (x86-64: 0 rax, 1 rdx, 2 rcx, 3 rbx, 4 rsi, 5 rdi, 6 rbp, 7 rsp, then r8 to r15; arm64: x0 to x30, 31 sp).
 */
import type { DebugOperation } from '../binary-reader.js';

export type Arch = 'x86_64' | 'arm64';

export type EntryPlace =
  /** Eight bytes each, in this order. */
  | { readonly in: 'registers'; readonly registers: readonly number[] }
  /** Each scalar of a struct in a register of its own (Go, Rust). */
  | { readonly in: 'leaves'; readonly leaves: readonly RegisterLeaf[] }
  /** Bytes from the stack pointer. */
  | { readonly in: 'stack'; readonly offset: number }
  /** At the address that a register holds. */
  | { readonly in: 'memory'; readonly register: number; readonly offset: number }
  | { readonly in: 'constant'; readonly value: bigint };

export const stackPointer = { x86_64: 7, arm64: 31 } as const;
export interface RegisterLeaf {
  /** Where it stands in the struct. */
  readonly byteOffset: number;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly register: number;
}

/** What a call has put on the stack: the return address, which arm64 keeps in a register. */
export const returnAddressBytes = { x86_64: 8, arm64: 0 } as const;
/** Integer registers; those above are vector registers and others, which a uprobe's program does not get. */
const integerRegisters = { x86_64: 16, arm64: 31 } as const;

const op = {
  constants: [0x08, 0x11],
  lit0: 0x30,
  reg0: 0x50,
  breg0: 0x70,
  breg31: 0x8f,
  regx: 0x90,
  fbreg: 0x91,
  piece: 0x93,
  callFrameCfa: 0x9c,
  stackValue: 0x9f,
} as const;

/** `undefined` for what is none of these: a computation, or a vector register. */
export function entryPlace(
  operations: readonly DebugOperation[],
  frameBase: readonly DebugOperation[],
  arch: Arch,
): EntryPlace | undefined {
  const [first, second, third] = operations;
  if (first === undefined) return undefined;
  if (operations.some(({ code }) => code === op.piece)) return pieces(operations, arch);
  const register = registerOf(first);
  if (register !== undefined && second === undefined) return inRegister(register, arch);
  const value = constantOf(first);
  if (value !== undefined && second?.code === op.stackValue) return { in: 'constant', value };
  if (first.code === op.fbreg && second === undefined) {
    // Other frame bases are registers that the function's first instructions set up.
    const fromCfa = frameBase.length === 1 && frameBase[0]?.code === op.callFrameCfa;
    return fromCfa ? { in: 'stack', offset: Number(first.number) + returnAddressBytes[arch] } : undefined;
  }
  if (first.code >= op.breg0 && first.code <= op.breg31 && third === undefined) {
    const base = first.code - op.breg0;
    if (base >= integerRegisters[arch] && base !== stackPointer[arch]) return undefined;
    if (second === undefined)
      return base === stackPointer[arch]
        ? { in: 'stack', offset: Number(first.number) }
        : { in: 'memory', register: base, offset: Number(first.number) };
    if (second.code === op.stackValue && first.number === 0n) return inRegister(base, arch);
  }
  return undefined;
}

function inRegister(register: number, arch: Arch): EntryPlace | undefined {
  return register < integerRegisters[arch] ? { in: 'registers', registers: [register] } : undefined;
}

/** A value in several registers, whole ones but for the last. */
function pieces(operations: readonly DebugOperation[], arch: Arch): EntryPlace | undefined {
  const registers: number[] = [];
  for (let at = 0; at < operations.length; at += 2) {
    const [where, piece] = [operations[at], operations[at + 1]];
    const register = where === undefined ? undefined : registerOf(where);
    const last = at + 2 >= operations.length;
    const whole = piece?.code === op.piece && (piece.number === 8n || (last && piece.number < 8n));
    if (register === undefined || !whole || register >= integerRegisters[arch]) return undefined;
    registers.push(register);
  }
  return { in: 'registers', registers };
}

function registerOf({ code, number }: DebugOperation): number | undefined {
  if (code === op.regx) return Number(number);
  return code >= op.reg0 && code < op.breg0 ? code - op.reg0 : undefined;
}

function constantOf({ code, number }: DebugOperation): bigint | undefined {
  if (code >= op.lit0 && code < op.reg0) return BigInt(code - op.lit0);
  return code >= op.constants[0] && code <= op.constants[1] ? number : undefined;
}
