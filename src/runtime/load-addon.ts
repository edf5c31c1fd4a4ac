/** Loads the native addon, which is built, never shipped. */
import { existsSync } from 'node:fs';
import { type Diagnostic, diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import { addonFile, packageRoot, requireFromPackage } from '../package-files.js';
import type { NativeAddon } from './native-addon.js';

export const addonPath = addonFile('probepipe');

/** Refused with `addon-missing`: an addon that is not built, or that does not load (a library gone, another architecture). */
export function loadAddon(path: string = addonPath): StageResult<NativeAddon> {
  if (!existsSync(path)) return { diagnostics: [missing(`the native addon "${path}" is not built`)] };
  try {
    const addon: NativeAddon = requireFromPackage(path);
    return { output: addon, diagnostics: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { diagnostics: [missing(`the native addon "${path}" cannot be loaded: ${reason}`)] };
  }
}

function missing(message: string): Diagnostic {
  return diagnostic('addon-missing', message, undefined, {
    hints: [
      `build it with "scripts/build-addon" in ${packageRoot}; it needs g++, make, python3, pkg-config and the headers of libbpf, libelf, libdw, capstone and libiberty, which "scripts/setup" installs`,
    ],
  });
}
