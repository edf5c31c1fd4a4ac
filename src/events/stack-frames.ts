/** The addresses of one stack → frames, and those → texts. */
import type { Frame, Symbolizer } from '../symbols/symbolizer.js';
import { jsonGrowth } from './text-bytes.js';

/** C++ has names of kilobytes, which nobody reads to their end. */
const longestName = 256;
/** Functions that were inlined are frames of their own. */
const mostTexts = 256;
/** The most bytes that a stack takes in any format, with what stands around its texts. */
export const mostStackBytes = mostTexts * ((longestName + 24) * jsonGrowth + 3) + 2;

/**
 * What the kernel calls on its way from a hook to a program, which stands above the function that was hooked: the program itself, trampolines of fentry (kernel/bpf/trampoline.c), and
 * what tracepoints call (`__bpf_trace_*`, `__traceiter_*`, include/trace/bpf_probe.h).
 */
const machinery = /^(bpf_prog_[0-9a-f]{16}|bpf_trampoline_\d|bpf_trace_run\d|__bpf_trace_|__traceiter_|bpf_get_stack)/;

const firstAddress = 4096n;

/** `process`: whose stack it is, 0 for the kernel's. */
export function framesOf(told: readonly bigint[], process: number, symbolizer: Symbolizer): readonly Frame[] {
  if (process !== 0) symbolizer.notice(process);
  // Code without frame pointers leaves numbers where the kernel looks for return addresses; there is no code in the first page.
  const addresses = process === 0 ? told : told.filter((address, depth) => depth === 0 || address >= firstAddress);
  const frames = addresses.map((address, depth): Frame => {
    // But for the innermost these are where calls return to, and a call that does not return may be the last of its function.
    const call = depth === 0 ? address : address - 1n;
    const frame = process === 0 ? symbolizer.kernel(call) : symbolizer.user(process, call);
    return depth === 0 ? frame : { ...frame, address, offset: frame.offset + 1 };
  });
  if (process !== 0) return frames;
  const first = frames.findIndex(({ name }) => !machinery.test(name));
  return frames.slice(Math.max(first, 0));
}

export interface StackTexts {
  /** `name+0x1f`, innermost first, functions inlined into a frame before it. */
  readonly texts: readonly string[];
  /** The same without offsets, for tables. */
  readonly names: readonly string[];
  /** Outermost first, with the marks of stackcollapse-perf.pl: `_[k]` kernel, `_[i]` inlined, `_[j]` compiled at run time. */
  readonly folded: readonly string[];
}

export function stackTexts(frames: readonly Frame[], kernel: boolean): StackTexts {
  const texts: string[] = [];
  const names: string[] = [];
  const marks: string[] = [];
  for (const frame of frames) {
    for (const inlined of [...frame.inlined].reverse()) {
      const name = cut(inlined);
      names.push(name);
      texts.push(`${name} (inlined)`);
      marks.push('_[i]');
    }
    const name = frame.name === '[unknown]' ? hex(frame.address) : cut(frame.name);
    names.push(name);
    marks.push(kernel ? '_[k]' : frame.module === '[jit]' ? '_[j]' : '');
    texts.push(frame.name === '[unknown]' ? name : `${name}+${hex(frame.offset)}`);
  }
  const folded = names.slice(0, mostTexts).map((name, at) => `${name.replaceAll(';', ':')}${marks[at]}`);
  return { texts: texts.slice(0, mostTexts), names: names.slice(0, mostTexts), folded: folded.reverse() };
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const cut = (name: string): string => (name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name);
