/** The kernel's functions by name: those that a probe can be put on, and those that are there but take none. */
import type { Host } from '../host.js';
import type { Tracefs } from './tracefs.js';

export interface FunctionNames {
  readonly probed: readonly string[];
  /** Parts of functions (`.cold`), copies with other arguments (`.isra.0`), several of one name, and what the kernel does not let be traced. */
  readonly unfit: readonly string[];
}

/** Before each function on x86 stand bytes that have a symbol of their own: no function. */
const padding = /^__(?:pfx|cfi)_/;

/** `tracefs` where it can be read: it lists what can be traced. Without it the symbol table has to do, and attaching tells the rest. */
export function functionNames(host: Host, tracefs: Tracefs | undefined, path = '/proc/kallsyms'): FunctionNames {
  const counts = new Map<string, number>();
  for (const name of functionSymbols(host, path)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const traced = tracefs?.functions();
  const probed: string[] = [];
  const unfit: string[] = [];
  for (const [name, count] of counts) {
    if (padding.test(name)) continue;
    const fit = count === 1 && !name.includes('.') && (traced === undefined || traced.has(name));
    (fit ? probed : unfit).push(name);
  }
  return { probed: probed.sort(), unfit };
}

function functionSymbols(host: Host, path: string): string[] {
  try {
    const text = Buffer.from(host.readFile(path)).toString('latin1');
    // `ffffffff81000000 T tcp_connect`, a module's with `\t[name]` behind. Kinds t, T, w and W are code.
    return [...text.matchAll(/^[0-9a-f]+ [tTwW] ([^\t\n]+)/gm)].map((match) => match[1] ?? '');
  } catch {
    return [];
  }
}
