/**
 * Addresses → names. In comes what a stack trace holds: code addresses of the kernel, or of a process by its id. Out comes
 * a `Frame`, always: what is not known is named by where it lies (`[kernel]`, `[libc.so.6]`, `[unknown]`). Nothing that a
 * process or a file contains makes it throw. Everything is read when first asked for, and what is kept is bounded.
 */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Host } from '../host.js';
import { demangler } from './demangle.js';
import { KernelAddresses } from './kernel-addresses.js';
import { UserAddresses } from './user-addresses.js';

export interface Frame {
  /** Demangled; where nothing is known a place in brackets. Safe on a terminal. */
  readonly name: string;
  /** Bytes into the function; of a place in brackets bytes into that file (what addr2line takes) or region. */
  readonly offset: number;
  /** `[kernel]`, a kernel module's name, a binary's path, `[jit]`, `[vdso]`, `[heap]`, `[anon]` or `[unknown]`. */
  readonly module: string;
  readonly address: bigint;
  /** Names of functions inlined here, outermost first; empty where unknown. */
  readonly inlined: readonly string[];
}

export interface Symbolizer {
  /**
   * Of an instruction. What a stack holds but for its innermost address is where calls return to, which may be in the next function
   * already: the byte before it is in the call.
   */
  kernel(address: bigint): Frame;
  /** `pid`: the process (tgid) in the same PID namespace as the /proc that is mounted. */
  user(pid: number, address: bigint): Frame;
  /** Called as soon as a process is first seen, so that its mappings are known even if it exits. */
  notice(pid: number): void;
}

/** `report`: told at most once what a privilege is missing for. */
export function createSymbolizer(host: Host, report: (problem: Diagnostic) => void = () => {}): Symbolizer {
  const kernel = new KernelAddresses(host, report);
  const user = new UserAddresses(host, demangler(host));
  return {
    kernel: (address) => kernel.frame(address),
    user: (pid, address) => user.frame(pid, address),
    notice: (pid) => user.notice(pid),
  };
}
