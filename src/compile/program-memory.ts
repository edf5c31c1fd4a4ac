/**
 * Where a program's variables lie. The kernel gives a program 512 bytes of stack; what does not fit there lies in scratch memory, which a program takes from a per-CPU map. Users never meet the limit.
 */
import { identifier } from './c-text.js';
import type { CText } from './statements.js';

/** A variable that needs memory, since its address is taken. */
export interface Variable {
  readonly type: CText;
  readonly name: CText;
  readonly array?: number;
}

/** Of 512 bytes, so that the compiler has room for what it keeps between calls. */
const stackBudget = 320;

/** Sizes up to which variables stay on the stack: tried in this order until a program fits. */
const largestOnStack = [stackBudget, 16, 0] as const;

export class ProgramMemory {
  private stackBytes = 0;
  readonly scratch: Variable[] = [];
  /** How many statements come before the first that needs scratch memory. */
  firstScratch = 0;
  scratchBytes = 0;

  constructor(private readonly largest: number) {}

  /** Whether what lies on the stack fits there. */
  get fits(): boolean {
    return this.stackBytes <= stackBudget;
  }

  /** True where the variable is put on the stack; else it is a member of the program's scratch memory. `statements` are there already. */
  onStack(variable: Variable, bytes: number, statements: number): boolean {
    const here = bytes <= this.largest;
    if (here) this.stackBytes += Math.ceil(bytes / 8) * 8;
    else {
      if (this.scratch.length === 0) this.firstScratch = statements;
      this.scratch.push(variable);
      this.scratchBytes += Math.ceil(bytes / 8) * 8;
    }
    return here;
  }
}

/** Builds a program with as much on the stack as fits there. */
export function inMemory<Built>(build: (memory: ProgramMemory) => Built): Built {
  for (const largest of largestOnStack) {
    const memory = new ProgramMemory(largest);
    const built = build(memory);
    if (memory.fits || largest === 0) return built;
  }
  throw new Error('unreachable: the last size is taken in any case');
}

/** Per-CPU memory comes in units of this many bytes (PCPU_MIN_UNIT_SIZE in the kernel's include/linux/percpu.h), and a map's value fits in one. */
export const largestPerCpu = 32_768;

/** Above this many bytes C's own copies and stores, one a byte where nothing is aligned, are more than clang takes; a kernel helper does it. */
const largestInline = 64;
export const byHelper = (bytes: number): boolean => bytes > largestInline;

export const scratchType = (program: string): CText => identifier(`${program}_scratch_t`);
