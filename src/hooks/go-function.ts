/**
 * Where probes of a function of Go's go. A goroutine's stack moves as it grows, and with it every return address: a uretprobe, which puts its own in the place of one, ends the program. So a return is
 * caught at each of the function's return instructions; and the entry behind the check that makes the stack grow, since the function begins anew after that.
 */
import type { Instruction } from '../binary-reader.js';
import type { Span } from '../diagnostics/source.js';
import type { Binary } from '../kernel/binary.js';
import type { FunctionSymbol } from '../kernel/elf-symbols.js';
import { type Arch, stackPointer } from '../kernel/entry-location.js';
import { goroutineRegister } from '../kernel/go-convention.js';
import type { Typed } from '../language/expression/typed.js';
import * as types from '../language/types.js';
import type { CallKey } from './hook.js';
import { registerValue } from './placed-value.js';

/** The check is among a function's first instructions. */
const prologueInstructions = 12;
/** Larger functions are none that a person wrote. */
const largestFunction = 4 * 1024 * 1024;

/** In the file; the function's beginning where it has no such check. A text says what stands in the way. */
export function goEntry(binary: Binary, symbol: FunctionSymbol, arch: Arch): number | string {
  const code = binary.code(symbol.fileOffset, Math.min(symbol.size, 128));
  const instructions = disassemble(binary, code, arch, prologueInstructions);
  if (typeof instructions === 'string') return instructions;
  let compared = false;
  for (const { offset, size, name, operands } of instructions) {
    // The stack pointer against g.stackguard0, which stands 16 bytes into g.
    if (/^cmp$/.test(name) && (arch === 'arm64' || /\br14 \+ 0x10\]/.test(operands))) compared = true;
    else if (compared && /^(jbe|jb|jae|b\.ls|b\.lo)$/.test(name)) return symbol.fileOffset + offset + size;
    if (/^(call|ret|jmp|bl|b)$/.test(name)) break;
  }
  return symbol.fileOffset;
}

/** Every return instruction, in the file; a text says why they are not known. */
export function goReturns(binary: Binary, symbol: FunctionSymbol, arch: Arch): readonly number[] | string {
  if (symbol.size === 0 || symbol.size > largestFunction) return 'the size of the function is not known';
  const code = binary.code(symbol.fileOffset, symbol.size);
  const instructions = disassemble(binary, code, arch, code.length);
  if (typeof instructions === 'string') return instructions;
  const last = instructions.at(-1);
  const read = last === undefined ? 0 : last.offset + last.size;
  // Beyond what is no instruction a return could be missed, or found where there is none.
  if (read < code.length) return `its machine code cannot be read from +${read} on`;
  const returns = instructions.filter(({ name }) => /^(rep )?ret[fnq]?$/.test(name));
  if (returns.length === 0) return 'it never returns by itself: it ends in another function, or not at all';
  return returns.map(({ offset }) => symbol.fileOffset + offset);
}

function disassemble(binary: Binary, code: Uint8Array, arch: Arch, most: number): readonly Instruction[] | string {
  const { reader } = binary;
  return typeof reader === 'string'
    ? `machine code is read by an addon, and ${reader}`
    : reader.disassemble(code, arch, most);
}

/**
 * A goroutine moves from thread to thread, so its calls are told apart by the address of its g, which is 32-byte aligned and of 47 bits, and by the process, whose number has at most 22
 * (PID_MAX_LIMIT): together 64 bits. Its stack moves, too, so a call of a function that calls itself is known by how far it is from the stack's upper end, which stays as it is.
 */
export function goCallKey(arch: Arch): (span: Span) => CallKey {
  return (span) => {
    const constant = (value: bigint): Typed => ({ op: 'constant', value, type: types.u64, span });
    const binary = (operator: '<<' | '>>' | '|' | '-', left: Typed, right: Typed): Typed => {
      return { op: 'binary', operator, left, right, type: types.u64, span };
    };
    const goroutine = registerValue(goroutineRegister[arch], types.u64, arch, span);
    const process: Typed = { op: 'builtin', name: 'pid', type: types.u32, span };
    const wide: Typed = { op: 'convert', operand: process, type: types.u64, span };
    const stackEnd: Typed = {
      op: 'load',
      base: registerValue(goroutineRegister[arch], { kind: 'pointer', space: 'user', target: g }, arch, span),
      space: 'user',
      steps: [{ member: 'stack_hi', owner: g, bitOffset: 64, type: types.u64 }],
      type: types.u64,
      span,
    };
    return {
      thread: binary('|', binary('<<', wide, constant(42n)), binary('>>', goroutine, constant(5n))),
      call: binary('-', stackEnd, registerValue(stackPointer[arch], types.u64, arch, span)),
    };
  };
}

/** Its first member is the stack: lo, hi (src/runtime/runtime2.go; the compiler's code for every function relies on it). */
const g: types.StructType = {
  kind: 'struct',
  union: false,
  name: 'g',
  byteSize: 16,
  layout: 'fixed',
  id: 'go:g',
  members: [{ name: 'stack_hi', bitOffset: 64, type: types.u64 }],
};
