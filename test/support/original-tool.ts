/** Runs a tool of Debian's libbpf-tools (or of bcc) beside a pipeline, so that both see one load and their figures can be compared. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const folders = ['/usr/sbin', '/usr/bin'];

export function hasOriginal(name: string): boolean {
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** tracefs is mounted for the tool alone, and its output comes line by line. */
const inItsOwnMounts =
  'mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec stdbuf -oL "$@"';

export class OriginalTool {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly waiters: (() => void)[] = [];
  private readonly ended: Promise<number | null>;

  constructor(name: string, args: readonly string[] = []) {
    this.child = spawn('unshare', ['--mount', 'sh', '-c', inItsOwnMounts, 'sh', name, ...args], {
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
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        resolve(code);
        this.wake();
      });
    });
  }

  /** Resolves once it printed what it prints when it is attached (its header, as a rule), and waits for events: some open their buffers only after the header. */
  async attached(header: RegExp): Promise<this> {
    while (!header.test(this.stdout + this.stderr)) {
      if (this.child.exitCode !== null)
        throw new Error(`the original ended (${this.child.exitCode}) and said only: ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
    while (this.child.exitCode === null && !waits(this.child.pid ?? 0)) await sleep(10);
    return this;
  }

  /** Resolves once it holds so many BPF links, one for each of its programs, for tools that say nothing until they end. */
  async linked(programs = 1): Promise<this> {
    while (this.links() < programs) {
      if (this.child.exitCode !== null) throw new Error(`the original ended (${this.child.exitCode}): ${this.stderr}`);
      await sleep(20);
    }
    return this;
  }

  private links(): number {
    const descriptors = `/proc/${this.child.pid}/fd`;
    return readdirSync(descriptors).filter((name) => {
      try {
        return readlinkSync(join(descriptors, name)).includes('bpf_link');
      } catch {
        return false;
      }
    }).length;
  }

  /** Ends it as Ctrl-C does, and gives its lines. */
  async stop(): Promise<readonly string[]> {
    this.child.kill('SIGINT');
    await this.ended;
    return this.stdout.split('\n').filter((line) => line.trim() !== '');
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

/** Numbers of epoll_wait, epoll_pwait, nanosleep, clock_nanosleep, poll, ppoll, select and pause on x86-64: where a tool waits for events or for its next interval. */
const waiting = new Set(['232', '281', '35', '230', '7', '271', '23', '34']);

function waits(pid: number): boolean {
  return waiting.has(readFileSync(`/proc/${pid}/syscall`, 'utf8').split(' ')[0] ?? '');
}

/** A line's words. */
export const words = (line: string): readonly string[] => line.trim().split(/\s+/);
