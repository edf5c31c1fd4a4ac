/**
 * Names of C++ and Rust as their authors wrote them, by libiberty: the one maintained library that knows C++'s mangling and both of
 * Rust's (`_ZN…17h…E` of old, `_R…` of v0), and that bounds its recursion on hostile names.
 */
import type { Host } from '../host.js';

/** What is longer is not worth the time, and was not written by anybody. */
const longestMangled = 4096;

/** Without parameters; any other name is given back as it is. */
export function demangler(host: Host): (name: string) => string {
  return (name) => {
    if (!isMangled(name)) return name;
    // Loaded with the first such name. Where it cannot be, names stay as they are.
    const reader = host.binaryReader?.();
    return reader === undefined || typeof reader === 'string' ? name : (reader.demangle([name], false)[0] ?? name);
  };
}

/** `_Z` and `_R`, with the second underscore that some compilers put before every name. */
function isMangled(name: string): boolean {
  return name.length <= longestMangled && /^__?[ZR]/.test(name);
}
