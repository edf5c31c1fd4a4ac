/**
 * Runs a command on another kernel: in a QEMU guest (software emulation, so no /dev/kvm is needed) whose root is this machine's,
 * read-only over 9p. The checkout stands at its own path, writable for the guest only; /tmp, /var/tmp and /run are empty there.
 *
 * In: a kernel series and a shell command, run as root in the checkout. Out: its exit code, its output, and the files that it
 * left in /run/guest/results. A guest that panics, hangs or cannot boot throws, with the console's last lines.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type GuestImage, guestImage, type KernelSeries } from './images.js';
import { writeInitramfs } from './initramfs.js';
import { type GuestTools, guestTools } from './requirements.js';

export interface GuestOptions {
  /** Of the whole guest, boot included. */
  readonly timeoutMs?: number;
  readonly memoryMiB?: number;
  /** More of the kernel's command line: `lsm=yama`. */
  readonly kernelOptions?: readonly string[];
  /** Environment variables of the command, besides PATH, HOME and XDG_CACHE_HOME. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface GuestResult {
  readonly exitCode: number;
  /** Standard output and standard error. */
  readonly output: string;
  /** What `uname -r` said. */
  readonly kernelRelease: string;
  /** From power-on to the command, on the guest's clock. */
  readonly bootSeconds: number;
  readonly totalMs: number;
  /** What the command left in /run/guest/results, by name. */
  readonly results: ReadonlyMap<string, string>;
}

/** Why no guest of this series can run here, for tests to be skipped with; otherwise everything `runInGuest` needs. */
export async function findGuest(series: KernelSeries): Promise<Guest | { readonly missing: string }> {
  const tools = guestTools();
  if ('missing' in tools) return tools;
  const image = await guestImage(series);
  return 'missing' in image ? image : { tools, image };
}

export interface Guest {
  readonly tools: GuestTools;
  readonly image: GuestImage;
}

export const checkout = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

export async function runInGuest(guest: Guest, command: string, options: GuestOptions = {}): Promise<GuestResult> {
  const timeoutMs = options.timeoutMs ?? 120_000;
  const work = mkdtempSync(join(tmpdir(), 'probepipe-guest-'));
  const share = join(work, 'share');
  try {
    mkdirSync(join(share, 'results'), { recursive: true });
    // Past the host's own limit: it only matters where the host's process is gone and nobody else ends the guest.
    const limit = Math.ceil(timeoutMs / 1000) + 5;
    writeFileSync(join(share, 'settings'), `CHECKOUT=${quote(checkout)}\nLIMIT=${limit}\n`);
    writeFileSync(join(share, 'command'), commandScript(command, options.environment ?? {}));
    const initramfs = join(work, 'initramfs');
    writeInitramfs(initramfs, guest.tools.busybox, guest.image.modules);
    const started = performance.now();
    const machine = qemuArguments(guest.image, initramfs, share, options);
    const qemu = await execa(guest.tools.qemu, machine, {
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: timeoutMs,
    });
    return readResult(share, performance.now() - started, () => {
      const what = qemu.timedOut ? `did not end within ${timeoutMs / 1000} s` : 'ended without an exit status';
      // A panic names its cause first, and the trace behind it can have more than fifty lines.
      return `the guest with Linux ${guest.image.release} ${what}; its console:\n${lastLines(qemu.all, 120)}`;
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readResult(share: string, totalMs: number, failure: () => string): GuestResult {
  const read = (name: string) => (existsSync(join(share, name)) ? readFileSync(join(share, name), 'utf8') : '');
  const exit = read('exit').trim();
  if (exit === '') throw new Error(`${failure()}\nthe command's output:\n${lastLines(read('output'), 40)}`);
  const names = readdirSync(join(share, 'results'));
  return {
    exitCode: Number(exit),
    output: read('output'),
    kernelRelease: read('release').trim(),
    bootSeconds: Number(read('booted')),
    totalMs,
    results: new Map(names.map((name) => [name, read(join('results', name))])),
  };
}

function commandScript(command: string, environment: Readonly<Record<string, string>>): string {
  const variables = {
    PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: process.env.HOME ?? '/root',
    // The real one is read-only there.
    XDG_CACHE_HOME: '/tmp/.cache',
    ...environment,
  };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  return `${exports.join('')}cd ${quote(checkout)} || exit 127\n${command}\n`;
}

function qemuArguments(image: GuestImage, initramfs: string, share: string, options: GuestOptions): string[] {
  // `panic=-1` reboots at once, and -no-reboot turns that into an end. An oops is no state to go on testing in.
  const own = ['console=ttyS0', 'quiet', 'panic=-1', 'oops=panic', 'nowatchdog', 'mitigations=off'];
  const kernelOptions = [...own, ...(options.kernelOptions ?? [])];
  return [
    // One host thread for all virtual CPUs: with one each, a CPU may run the old bytes of code that the kernel has just patched
    // (static keys, trampolines), and the guest dies of a stray int3.
    ...[
      '-machine',
      'q35',
      '-accel',
      'tcg,thread=single',
      '-cpu',
      'max',
      '-smp',
      '2',
      '-m',
      String(options.memoryMiB ?? 2048),
    ],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    ...['-kernel', image.kernel, '-initrd', initramfs, '-append', kernelOptions.join(' ')],
    // The host's root may hold several file systems, whose inode numbers must not be mixed up.
    ...['-virtfs', 'local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap'],
    ...['-virtfs', `local,path=${share},mount_tag=share,security_model=none`],
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
