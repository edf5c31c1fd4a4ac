/**
 * A guest's first file system, as an uncompressed cpio archive: busybox, the modules in the order in which they load, and init.sh. In
 * the `newc` form that the kernel reads (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const regularFile = 0o100000;
const folder = 0o040000;
const symbolicLink = 0o120000;

export function writeInitramfs(path: string, busybox: string, modules: readonly string[]): void {
  const archive = new CpioArchive();
  archive.add('bin', folder | 0o755);
  archive.add('bin/busybox', regularFile | 0o755, readFileSync(busybox));
  archive.add('bin/sh', symbolicLink | 0o777, Buffer.from('busybox'));
  archive.add('modules', folder | 0o755);
  modules.forEach((module, order) => {
    const name = `modules/${String(order).padStart(2, '0')}-${basename(module)}`;
    archive.add(name, regularFile | 0o644, readFileSync(module));
  });
  archive.add('init', regularFile | 0o755, readFileSync(fileURLToPath(new URL('init.sh', import.meta.url))));
  writeFileSync(path, archive.finish());
}

class CpioArchive {
  readonly #parts: Buffer[] = [];
  #inode = 0;

  add(name: string, mode: number, data: Uint8Array = new Uint8Array()): void {
    this.#inode += 1;
    // inode, mode, uid, gid, links, mtime, size, device (major, minor), rdev (major, minor), name size, checksum
    const fields = [this.#inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
    this.#push(Buffer.from(header, 'latin1'));
    this.#push(data);
  }

  finish(): Buffer {
    this.add('TRAILER!!!', 0);
    return Buffer.concat(this.#parts);
  }

  #push(data: Uint8Array): void {
    this.#parts.push(Buffer.from(data), Buffer.alloc(-data.length & 3));
  }
}
