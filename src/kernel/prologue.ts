/**
 * Whether a function's first instructions take registers as its arguments. What optimized code says of a parameter in memory leaves open how it came there: of a function that only its own file
 * calls, the compiler may have put a constant in its place.
 */
import type { Binary } from './binary.js';
import type { Arch } from './entry-location.js';

/** Enough for arguments to be stored by code that is not optimized. */
const looked = 48;
const lookedBytes = 512;

/** The names of x86-64's registers by DWARF's number, in all widths. */
const names: readonly (readonly string[])[] = [
  ['rax', 'eax', 'ax', 'al'],
  ['rdx', 'edx', 'dx', 'dl'],
  ['rcx', 'ecx', 'cx', 'cl'],
  ['rbx', 'ebx', 'bx', 'bl'],
  ['rsi', 'esi', 'si', 'sil'],
  ['rdi', 'edi', 'di', 'dil'],
  ['rbp', 'ebp', 'bp', 'bpl'],
  ['rsp', 'esp', 'sp', 'spl'],
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((each) => [`r${each}`, `r${each}d`, `r${each}w`, `r${each}b`]),
];

/** False where that cannot be told: another machine's code, or no addon to read it. */
export function takesRegisters(binary: Binary, fileOffset: number, registers: readonly number[], arch: Arch): boolean {
  const { reader } = binary;
  if (typeof reader === 'string' || arch !== 'x86_64') return false;
  const instructions = reader.disassemble(binary.code(fileOffset, lookedBytes), arch, looked);
  return registers.every((register) => {
    const own = names[register] ?? [];
    for (const { name, operands } of instructions) {
      if (/^(call|ret|jmp)/.test(name)) return false;
      const [target, source] = operands.split(', ');
      if (source !== undefined && own.includes(source)) return true;
      if (target !== undefined && own.includes(target)) return false;
    }
    return false;
  });
}
