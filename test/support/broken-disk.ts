/** A disk of the test's own that gives input/output errors: a loop device with nothing behind most of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below it lies memory that is cut to 2 MiB once it is mounted, and sealed so that no write makes it longer again (memfd_create(2), F_SEAL_GROW); prints the loop device. */
const breaking = `
import fcntl, os, subprocess, sys
memory = os.memfd_create('disk', os.MFD_ALLOW_SEALING)
os.ftruncate(memory, 64 << 20)
path = f'/proc/{os.getpid()}/fd/{memory}'
run = lambda *command: subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
run('mke2fs', '-q', '-F', '-t', 'ext2', '-b', '4096', '-N', '64', path)
loop = run('losetup', '--find', '--show', path)
print(loop, flush=True)
run('mount', loop, sys.argv[1])
os.ftruncate(memory, 2 << 20)
F_ADD_SEALS, F_SEAL_GROW = 1033, 4
fcntl.fcntl(memory, F_ADD_SEALS, F_SEAL_GROW)
`;

export class BrokenDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'probepipe-broken-'));
  readonly #loop: string;
  /** Where it is mounted; the first 2 MiB of it can be written. */
  readonly path = join(this.#folder, 'disk');
  /** Whether this host lets the test make such a disk; it is said where it does not. */
  readonly made: boolean;

  constructor() {
    mkdirSync(this.path);
    const { status, stdout } = spawnSync('python3', ['-c', breaking, this.path], { encoding: 'utf8' });
    this.#loop = stdout.trim();
    this.made = status === 0;
    if (!this.made)
      console.warn('skipped: a disk with input/output errors needs mount, mke2fs and loop devices (root)');
  }

  [Symbol.dispose](): void {
    spawnSync('umount', ['-l', this.path]);
    if (this.#loop !== '') spawnSync('losetup', ['--detach', this.#loop]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
