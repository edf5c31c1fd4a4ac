/** Which probepipe this is. */
import { readFileSync } from 'node:fs';
import { packageFile } from './package-files.js';

/** As package.json tells it: `0.1.0`. */
export function ownVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? '';
}
