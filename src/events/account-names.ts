/**
 * Names of users and groups by number, from /etc/passwd and /etc/group. A number that is not there makes the file be read
 * again, at most every few seconds, since accounts come and go while a pipeline runs.
 */
import { readFileSync } from 'node:fs';

const rereadMs = 5000;
/** Files beyond this many accounts are read up to there. */
const maxAccounts = 100_000;

export class AccountNames {
  readonly #path: string;
  #names: ReadonlyMap<number, string> | undefined;
  #readAtMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The digits where nothing has a name for it. */
  name(id: number): string {
    const known = this.#names?.get(id);
    if (known !== undefined) return known;
    const nowMs = performance.now();
    if (this.#names === undefined || nowMs - this.#readAtMs >= rereadMs) {
      this.#readAtMs = nowMs;
      this.#names = readAccounts(this.#path);
    }
    return this.#names.get(id) ?? String(id);
  }
}

/** passwd(5) and group(5) both have the name first and the number third. */
function readAccounts(path: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // A container without the file: digits it is.
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name === undefined || name === '' || id === undefined || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
    if (names.size >= maxAccounts) break;
  }
  return names;
}
