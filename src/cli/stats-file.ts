/** `--stats-file`: where the ledgers of a run go. That they can go there is known before anything is attached. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { errorCode, errorMeaning } from '../sinks/sink-error.js';

/** `undefined` where the file can be written; it is there then, and what it held is kept until the run ends. */
export function unwritableReason(path: string | undefined): string | undefined {
  return path === undefined ? undefined : reasonOf(path, () => closeSync(openSync(path, 'a')));
}

/** One object for a pipeline, an array for several; `undefined` where it was written. */
export function writeStats(path: string, ledgers: readonly string[]): string | undefined {
  const [only] = ledgers;
  const text = ledgers.length === 1 && only !== undefined ? only : `[${ledgers.join(',')}]\n`;
  return reasonOf(path, () => writeFileSync(path, text));
}

function reasonOf(path: string, act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return `cannot write "${path}": ${errorMeaning(errorCode(error))}`;
  }
}
