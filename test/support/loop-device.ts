/** A disk of the test's own, so that block I/O can be counted exactly: a loop device on a file. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export class LoopDevice {
  readonly path: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'probepipe-loop-'));

  constructor(bytes: number) {
    const file = join(this.folder, 'disk');
    writeFileSync(file, '');
    truncateSync(file, bytes);
    this.path = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  }

  /** As the kernel calls it: loop3. */
  get name(): string {
    return basename(this.path);
  }

  /** Reads blocks one by one past the page cache, from a block on; gives dd's pid. */
  read(block: number, blocks: number, size: number): number {
    const args = [`if=${this.path}`, 'of=/dev/null', 'iflag=direct', `bs=${size}`, `skip=${block}`, `count=${blocks}`];
    return finished(spawnSync('dd', args));
  }

  /** Writes zeros likewise. */
  write(block: number, blocks: number, size: number): number {
    const args = ['if=/dev/zero', `of=${this.path}`, 'oflag=direct', 'conv=notrunc'];
    return finished(spawnSync('dd', [...args, `bs=${size}`, `seek=${block}`, `count=${blocks}`]));
  }

  [Symbol.dispose](): void {
    execFileSync('losetup', ['--detach', this.path]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function finished({ pid, status, stderr }: ReturnType<typeof spawnSync>): number {
  if (status !== 0) throw new Error(`dd ended with ${status}: ${stderr}`);
  return pid;
}
