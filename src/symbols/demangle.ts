/** Names of C++ and Rust as their authors wrote them. */
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

/** `_Z` is C++ and older Rust, `_R` is Rust since 1.59 (v0); optimizers prefix or suffix names, which the library knows. */
function isMangled(name: string): boolean {
  return name.length <= longestMangled && /^_*[ZR]/.test(name);
}
