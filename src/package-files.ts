/**
 * The package's own files beside its code: addons, templates, definitions. They are found from the package's root, which is the nearest folder with a package.json above this code: it runs from `src/` under test, from
 * `dist/` in layers while it is built, and from one bundled file otherwise.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** With a slash at its end. */
export const packageRoot = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** `path`: from the package's root, `templates/bpf/`. */
export function packageFile(path: string): string {
  return `${packageRoot}${path}`;
}

/** As `require` of CommonJS, which alone loads addons, and loads at once where `import()` is a promise. */
export const requireFromPackage = createRequire(packageRoot);

/** Where the build puts an addon. */
export function addonFile(name: string): string {
  return packageFile(`build/Release/${name}.node`);
}

function rootAbove(folder: string): string {
  return existsSync(`${folder}/package.json`) ? `${folder}/` : rootAbove(dirname(folder));
}
