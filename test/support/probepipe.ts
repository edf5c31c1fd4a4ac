/** Runs the built `bin/probepipe` as a user does, and reads what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const command = `${root}bin/probepipe`;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Ledger {
  readonly lost: number;
  readonly imbalances: readonly string[];
  readonly evicted: Readonly<Record<string, number>>;
  readonly probes: readonly (Readonly<Record<string, number>> & { readonly name: string })[];
  readonly sinks: readonly {
    readonly name: string;
    readonly offered: number;
    readonly delivered: number;
    readonly dropped: Readonly<Record<string, number>>;
  }[];
}

interface ProbepipeOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A command that runs it: `unshare` and its options. */
  readonly within?: readonly string[];
}

export class Probepipe {
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;
  private readonly child: ChildProcess;
  private readonly waiters: (() => void)[] = [];

  constructor(args: readonly string[], options: ProbepipeOptions = {}) {
    const [program = '', ...rest] = [...(options.within ?? []), process.execPath, command, ...args];
    this.child = spawn(program, rest, {
      cwd: options.cwd ?? root,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.wake();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.wake();
    });
    this.finished = new Promise((resolve) => {
      this.child.on('close', (code) => {
        this.wake();
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  /** Resolves once the text on standard error matches, or fails when it ends before that. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stderr)) {
      if (this.child.exitCode !== null)
        throw new Error(`probepipe ended (${this.child.exitCode}) and said only: ${this.stderr}`);
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  async attached(): Promise<this> {
    await this.says(/attached \d+ probe/);
    return this;
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Finished> {
    this.child.kill(signal);
    return this.finished;
  }
}

/** A command that ends by itself. */
export function probepipe(...args: readonly string[]): Promise<Finished> {
  return new Probepipe(args).finished;
}

export class Workspace {
  readonly folder = mkdtempSync(`${tmpdir()}/probepipe-test-`);

  file(name: string, text: string): string {
    const path = `${this.folder}/${name}`;
    writeFileSync(path, text);
    return path;
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

export const isRoot = process.getuid?.() === 0;
