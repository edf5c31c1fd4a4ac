/** What this machine needs to run guests, and where it stands. Nothing is installed here: `scripts/setup --test` does that. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface GuestTools {
  readonly qemu: string;
  /** Statically linked: nothing else is in the initramfs. */
  readonly busybox: string;
}

/** The tools, or the reason why no guest can run, for the tests to be skipped with. */
export function guestTools(): GuestTools | { readonly missing: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: `guests are x86-64 Linux; this is ${process.platform} on ${process.arch}` };
  }
  const qemu = findProgram('qemu-system-x86_64');
  if (qemu === undefined) return { missing: 'qemu-system-x86_64 is not installed (scripts/setup --test installs it)' };
  const busybox = findProgram('busybox');
  if (busybox === undefined) return { missing: 'busybox-static is not installed (scripts/setup --test installs it)' };
  for (const tool of ['apt-get', 'apt-cache', 'dpkg-deb', 'tar', 'xz', 'zstd', 'objcopy']) {
    if (findProgram(tool) === undefined) return { missing: `${tool} is missing: guest kernels are Debian packages` };
  }
  return { qemu, busybox };
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
