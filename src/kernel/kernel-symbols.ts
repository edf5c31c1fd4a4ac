/** The kernel's own symbol table, by names only: addresses are hidden from all but root, and nothing here needs them. */
import type { Host } from '../host.js';

/** Function names, those of modules included; empty where /proc/kallsyms cannot be read. */
export function kernelSymbols(host: Host, path = '/proc/kallsyms'): ReadonlySet<string> {
  const names = new Set<string>();
  let text: string;
  try {
    text = Buffer.from(host.readFile(path)).toString('latin1');
  } catch {
    return names;
  }
  // `ffffffff81000000 T tcp_connect`, a module's with `\t[name]` behind. Kinds t, T, w and W are code.
  for (const [, name] of text.matchAll(/^[0-9a-f]+ [tTwW] ([^\t\n]+)/gm)) {
    if (name !== undefined) names.add(name);
  }
  return names;
}
