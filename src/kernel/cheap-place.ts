/**
 * Where a uprobe at a function's entry costs least. The kernel emulates jumps, calls, pushes and nops (arch/x86/kernel/uprobes.c), and runs every other instruction out of line, one step with a trap: some 10 µs more
 * on some machines. So of the instructions that a call passes before its arguments are gone, the first of those is taken.
 */
import type { Instruction } from '../binary-reader.js';
import type { Binary } from './binary.js';
import type { FunctionSymbol } from './elf-symbols.js';
import type { Arch } from './entry-location.js';

const looked = 24;
const lookedBytes = 160;
/** Of a function that is searched for jumps back to its beginning. */
const largest = 64 * 1024;

const cheap = /^(?:nop|push|call|j[a-z]+)$/;
/** They write none of their operands. */
const harmless = /^(?:nop|push|test|cmp|endbr64|j[a-z]+|call)$/;
const argumentRegister = /^(?:[re]?di|[re]?si|[re]?dx|[re]?cx|dil|sil|[dc][lh]|r[89][dwb]?)$/;

/** In the file; the function's own beginning where there is no better place, or none that is known. */
export function cheapPlace(binary: Binary, symbol: FunctionSymbol, arch: Arch): number {
  const { reader } = binary;
  if (typeof reader === 'string' || arch !== 'x86_64' || symbol.size === 0 || symbol.size > largest)
    return symbol.fileOffset;
  const first = reader.disassemble(binary.code(symbol.fileOffset, Math.min(symbol.size, lookedBytes)), arch, looked);
  const place = first.find((each, index) => cheap.test(each.name) && keepsArguments(first.slice(0, index)));
  if (place === undefined || place.offset === 0) return symbol.fileOffset;
  const all = reader.disassemble(binary.code(symbol.fileOffset, symbol.size), arch, symbol.size);
  return comesBack(all, place.offset) ? symbol.fileOffset : symbol.fileOffset + place.offset;
}

function keepsArguments(instructions: readonly Instruction[]): boolean {
  return instructions.every(({ name, operands }) => {
    if (/^(?:ret|jmp|call|syscall|leave|int3|ud2|rep|xchg|mul|div|idiv|cqo|cdq|cpuid)/.test(name)) return false;
    const [target = ''] = operands.split(', ');
    return harmless.test(name) || !argumentRegister.test(target);
  });
}

/** Whether something jumps to between the function's beginning and the place, which a call would pass again. */
function comesBack(instructions: readonly Instruction[], place: number): boolean {
  return instructions.some(({ name, operands }) => {
    if (!/^(?:j|loop|call)/.test(name)) return false;
    // Where it goes to stands in a register or in memory.
    if (!/^(?:0x[0-9a-f]+|[0-9]+)$/.test(operands)) return name.startsWith('j');
    const target = Number(operands);
    return target > 0 && target <= place;
  });
}
