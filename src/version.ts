/** Which probepipe this is. */
import { readFileSync } from 'node:fs';

/** As package.json tells it: `0.1.0`. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? '';
}
