/** A program with USDT probes of every kind, built from test/kernel/fixtures/usdt.c. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../kernel/fixtures/usdt.c', import.meta.url));
const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** Why the sample cannot be built here; `undefined` where it can. */
export const noUsdtHeader = [`/usr/include/${multiarch}/sys/sdt.h`, '/usr/include/sys/sdt.h'].some((each) =>
  existsSync(each),
)
  ? undefined
  : 'sys/sdt.h is missing (systemtap-sdt-dev)';

export function buildUsdtSample(path: string, compiler: 'gcc' | 'clang', optimization: '-O0' | '-O2'): string {
  execFileSync(compiler, [optimization, '-o', path, source]);
  return path;
}

/** The sample while it runs. */
export class UsdtSample {
  private readonly child: ChildProcessWithoutNullStreams;
  private answers = '';
  private readonly waiters: (() => void)[] = [];

  constructor(path: string) {
    this.child = spawn(path);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.answers += text;
      for (const waiter of this.waiters.splice(0)) waiter();
    });
  }

  /** Fires each probe once; gives the semaphore of one of them. */
  async fire(): Promise<number> {
    const before = this.answers.length;
    this.child.stdin.write('\n');
    while (!this.answers.slice(before).includes('\n')) {
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
    return Number(this.answers.slice(before));
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
  }
}
