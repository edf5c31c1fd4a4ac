/**
 * A folder that only one process uses. The lock is a socket in Linux's abstract namespace, named by the folder's device and inode: it is gone with its owner, however that ends. Processes in different network
 * namespaces do not see each other's.
 */
import { type BigIntStats, readFileSync, statSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

export interface FolderLock {
  release(): Promise<void>;
}

export type Locking = { readonly lock: FolderLock } | { readonly heldBy: string };

export async function lockFolder(folder: string): Promise<Locking> {
  const name = nameOf(statSync(folder, { bigint: true }));
  const server = createServer((socket) => socket.destroy());
  const owner = join(folder, 'owner');
  const listening = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(name, () => resolve(true));
  });
  if (!listening) return { heldBy: ownerOf(owner) };
  server.unref();
  try {
    // For messages only.
    writeFileSync(owner, `${process.pid}\n`);
  } catch {
    // A full disk need not keep a run from sending what is there.
  }
  return { lock: { release: () => new Promise((resolve) => server.close(() => resolve())) } };
}

/** Who uses it, without using it; `undefined` for nobody, and where that cannot be found out. */
export async function folderHolder(folder: string): Promise<string | undefined> {
  const name = await stat(folder, { bigint: true }).then(nameOf, () => undefined);
  if (name === undefined) return undefined;
  return new Promise((resolve) => {
    const socket = connect(name, () => {
      socket.destroy();
      resolve(ownerOf(join(folder, 'owner')));
    });
    socket.once('error', () => resolve(undefined));
  });
}

function nameOf({ dev, ino }: BigIntStats): string {
  return `\0probepipe-buffer-${dev}-${ino}`;
}

function ownerOf(path: string): string {
  try {
    return `process ${readFileSync(path, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}
