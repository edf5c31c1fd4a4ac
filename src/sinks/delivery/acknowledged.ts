/** How far a disk buffer's items have been delivered or dropped: a small file that is replaced as a whole, so that it holds one number or another and never half of one. */
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

const name = 'acknowledged';

/** The number of the first item that is not done; `undefined` where none is told. */
export async function readAcknowledged(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  return /^\d{1,16}\n$/.test(text) ? Number(text) : undefined;
}

/** On the disk itself when it resolves. */
export async function writeAcknowledged(folder: string, number: number): Promise<void> {
  const path = join(folder, name);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${number}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(folder);
}

/** New, renamed and removed files of it are there after a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
