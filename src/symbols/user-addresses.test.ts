import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Host } from '../host.js';
import { nodeHost } from '../host-node.js';
import { demangler } from './demangle.js';
import { UserAddresses } from './user-addresses.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-symbols-'));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Prints addresses in itself, a line each, and waits to be killed. */
const source = `
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/auxv.h>
__attribute__((noinline, used)) static int hidden_work(int x) { return x * 3 + getpid(); }
__attribute__((noinline)) int visible_work(int x) { return hidden_work(x) + 1; }
int main(void) {
  void *anonymous = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("%p %p %p %p %p %lx\\n", (void *)visible_work, (void *)hidden_work, (void *)malloc, anonymous, malloc(8),
         getauxval(AT_SYSINFO_EHDR));
  fflush(stdout);
  return pause();
}
`;

function compile(name: string, ...flags: string[]): string {
  const path = join(folder, name);
  execFileSync('gcc', ['-x', 'c', '-', '-O1', '-o', path, ...flags], { input: source });
  return path;
}

interface Started {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly line: string;
  readonly visible: bigint;
  readonly hidden: bigint;
  readonly malloc: bigint;
  readonly anonymous: bigint;
  readonly heap: bigint;
  readonly vdso: bigint;
}

async function start(command: string, ...args: string[]): Promise<Started> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = await once(createInterface(child.stdout), 'line');
  const numbers = String(line).split(' ');
  const number = (at: number) =>
    BigInt(`0x${(numbers[at] ?? '0').replace(/^0x/, '').replace(/[^0-9a-f].*/, '') || '0'}`);
  return {
    pid: child.pid ?? 0,
    child,
    line: String(line),
    visible: number(0),
    hidden: number(1),
    malloc: number(2),
    anonymous: number(3),
    heap: number(4),
    vdso: number(5),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Looks again at every question: tests change things within milliseconds. */
function addresses(host: Host = nodeHost()): UserAddresses {
  let nowMs = 0;
  return new UserAddresses(
    host,
    (name) => name,
    () => (nowMs += 1000),
  );
}

function place(user: UserAddresses, pid: number, address: bigint): string {
  const { name, offset, module } = user.frame(pid, address);
  return `${name}+${offset} ${module}`;
}

describe('UserAddresses', () => {
  for (const [kind, ...flags] of [
    ['pie', '-fPIE', '-pie'],
    ['fixed', '-no-pie'],
    ['static', '-static'],
    ['static-pie', '-static-pie'],
  ]) {
    it(`names functions of a ${kind} program`, async () => {
      const path = compile(kind ?? '', ...flags);
      const { pid, visible, hidden } = await start(path);
      const user = addresses();
      expect(place(user, pid, visible)).toBe(`visible_work+0 ${path}`);
      expect(place(user, pid, hidden + 4n)).toBe(`hidden_work+4 ${path}`);
    });
  }

  it('names libraries, the vdso, and regions without a file', async () => {
    const { pid, malloc, anonymous, heap, vdso } = await start(compile('regions'));
    const user = addresses();
    expect(user.frame(pid, malloc + 1n)).toMatchObject({ name: 'malloc', offset: 1 });
    expect(user.frame(pid, malloc + 1n).module).toContain('libc.so.6');
    expect(place(user, pid, anonymous + 16n)).toBe('[anon]+16 [anon]');
    expect(user.frame(pid, heap)).toMatchObject({ name: '[heap]', module: '[heap]' });
    expect(place(user, pid, 16n)).toBe('[unknown]+0 [unknown]');
    expect(place(user, pid, -1n)).toBe('[unknown]+0 [unknown]');
    const named = new Set<string>();
    for (let offset = 0n; offset < 0x2000n; offset += 8n) named.add(user.frame(pid, vdso + offset).name);
    // The plain alias of `__vdso_clock_gettime`.
    expect([...named]).toContain('clock_gettime');
  });

  it('agrees with nm on the C library of this process', () => {
    const maps = readFileSync('/proc/self/maps', 'utf8');
    const [, base = '', path = ''] = /^([0-9a-f]+)-\S+ \S+ 00000000 .* (\/\S*libc\.so\.6)$/m.exec(maps) ?? [];
    const text = execFileSync('nm', ['-D', '--defined-only', path], { encoding: 'utf8' });
    const names = new Map<string, string[]>();
    for (const [, address = '', name = ''] of text.matchAll(/^([0-9a-f]+) [TWi] (\w+)(?:@.*)?$/gm)) {
      names.set(address, [...(names.get(address) ?? []), name]);
    }
    expect(names.size).toBeGreaterThan(1500);
    const user = new UserAddresses(nodeHost(), (name) => name);
    for (const [address, aliases] of names) {
      const { name, offset } = user.frame(process.pid, BigInt(`0x${base}`) + BigInt(`0x${address}`));
      expect(aliases, address).toContain(name);
      expect(offset).toBe(0);
    }
  });

  it('names what has no symbol by its file and the address in it', async () => {
    const path = compile('stripped', '-s', '-no-pie');
    const { pid, hidden } = await start(path);
    expect(place(addresses(), pid, hidden)).toBe(`[stripped]+${hidden} ${path}`);
  });

  it('finds the symbols of a stripped program in its debug file, by link and by build-id', async () => {
    const linked = compile('linked', '-g', '-Wl,--build-id=none');
    execFileSync('objcopy', ['--only-keep-debug', linked, `${linked}.debug`]);
    execFileSync('objcopy', ['--strip-all', `--add-gnu-debuglink=${linked}.debug`, linked]);
    const first = await start(linked);
    expect(place(addresses(), first.pid, first.hidden)).toBe(`hidden_work+0 ${linked}`);

    const identified = compile('identified', '-g', '-Wl,--build-id=0xfeedface00');
    execFileSync('objcopy', ['--only-keep-debug', identified, join(folder, 'taken-out')]);
    execFileSync('strip', [identified]);
    const real = nodeHost();
    const wanted = '/usr/lib/debug/.build-id/fe/edface00.debug';
    const host: Host = {
      ...real,
      realPath: (path) => (path === wanted ? join(folder, 'taken-out') : real.realPath(path)),
    };
    const second = await start(identified);
    expect(place(addresses(host), second.pid, second.hidden)).toBe(`hidden_work+0 ${identified}`);
  });

  it('does not believe a debug file of another build', async () => {
    const path = compile('other', '-g', '-no-pie', '-Wl,--build-id=none');
    execFileSync('objcopy', ['--only-keep-debug', path, `${path}.debug`]);
    execFileSync('objcopy', ['--strip-all', `--add-gnu-debuglink=${path}.debug`, path]);
    writeFileSync(`${path}.debug`, Buffer.concat([readFileSync(`${path}.debug`), Buffer.from('x')]));
    const { pid, hidden } = await start(path);
    expect(addresses().frame(pid, hidden).name).toBe('[other]');
  });

  it('still knows a process that has ended, and a program that was deleted', async () => {
    const path = compile('short');
    const { pid, child, visible, hidden, malloc } = await start(path);
    const user = addresses();
    user.notice(pid);
    unlinkSync(path);
    await stop(child);
    expect(place(user, pid, visible)).toBe(`visible_work+0 ${path}`);
    expect(place(user, pid, hidden + 1n)).toBe(`hidden_work+1 ${path}`);
    expect(user.frame(pid, malloc).name).toBe('malloc');
  });

  it('reads a deleted program of a running process', async () => {
    const path = compile('deleted');
    const { pid, hidden } = await start(path);
    unlinkSync(path);
    copyFileSync('/bin/true', path);
    expect(place(addresses(), pid, hidden)).toBe(`hidden_work+0 ${path}`);
  });

  it('knows nothing of a process that was never there', () => {
    expect(place(addresses(), 2 ** 30, 0x1000n)).toBe('[unknown]+0 [unknown]');
  });

  it('follows a process that becomes another program, and knows what it was', async () => {
    const after = compile('after', '-no-pie', '-Wl,-Ttext-segment=0x20000000');
    const child = spawn('/bin/sh', ['-c', `echo; read line; exec ${after}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const lines = createInterface(child.stdout);
    await once(lines, 'line');
    const user = addresses();
    const shell = readFileSync(`/proc/${child.pid}/maps`, 'utf8');
    const [, start = ''] = /^([0-9a-f]+)-\S+ r-xp .*\/dash$/m.exec(shell) ?? [];
    const inShell = BigInt(`0x${start}`);
    expect(user.frame(child.pid ?? 0, inShell).module).toContain('dash');
    child.stdin.write('\n');
    const [line] = await once(lines, 'line');
    const [visible = ''] = String(line).split(' ');
    expect(place(user, child.pid ?? 0, BigInt(visible))).toBe(`visible_work+0 ${after}`);
    expect(user.frame(child.pid ?? 0, inShell).module).toContain('dash');
  });

  it('names functions of C++ without their parameters, and keeps escape sequences from the terminal', async () => {
    const path = join(folder, 'plus');
    const evil = String.raw`__asm__(".globl \"evil\033[2J\"\n.type \"evil\033[2J\", @function\n\"evil\033[2J\": ret\n.size \"evil\033[2J\", 1");`;
    execFileSync('g++', ['-x', 'c++', '-', '-O1', '-o', path], {
      input: `#include <cstdio>
        #include <unistd.h>
        namespace shop { template <class T> struct Cart { __attribute__((noinline)) static T add(T x) { return x + getpid(); } }; }
        ${evil}
        int main() { printf("%p %lx\\n", (void *)&shop::Cart<long>::add, shop::Cart<long>::add(1)); fflush(stdout); return pause(); }`,
    });
    const { pid, visible } = await start(path);
    const user = new UserAddresses(nodeHost(), demangler(nodeHost()));
    expect(user.frame(pid, visible).name).toBe('shop::Cart<long>::add');
    const names = new Set<string>();
    const [, from = ''] = /^([0-9a-f]+)-\S+ r-xp/m.exec(readFileSync(`/proc/${pid}/maps`, 'utf8')) ?? [];
    for (let at = 0n; at < 4096n; at++) names.add(user.frame(pid, BigInt(`0x${from}`) + at).name);
    expect([...names].filter((name) => name.startsWith('evil'))).toEqual(['evil\\x1b[2J']);
  });

  it.skipIf(process.getuid?.() !== 0)('reads a program of another mount namespace', async () => {
    const path = compile('elsewhere');
    const inside = '/mnt/only-here';
    const script = `mount -t tmpfs none /mnt && cp ${path} ${inside} && exec ${inside}`;
    const { pid, child, hidden } = await start('unshare', '-m', 'sh', '-c', script);
    const user = addresses();
    expect(place(user, pid, hidden)).toBe(`hidden_work+0 ${inside}`);
    await stop(child);
    expect(place(user, pid, hidden + 1n)).toBe(`hidden_work+1 ${inside}`);
  });

  it('names what node compiles, as it compiles it', async () => {
    const script = join(folder, 'script.js');
    writeFileSync(
      script,
      `function hotFunction(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum; }
       let total = 0; for (let i = 0; i < 300; i++) total += hotFunction(20000);
       console.log(total); process.stdin.resume();`,
    );
    // V8 leaves a log in the folder that it runs in.
    const options = ['--perf-basic-prof', script];
    const child = spawn(process.execPath, options, { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    await once(createInterface(child.stdout), 'line');
    const mapFile = `/tmp/perf-${child.pid}.map`;
    try {
      const functions = [...readFileSync(mapFile, 'utf8').matchAll(/^([0-9a-f]+) ([0-9a-f]+) (.*hotFunction.*)$/gm)];
      const [, address = '', , name = ''] = functions.at(-1) ?? [];
      expect(functions.length).toBeGreaterThan(0);
      const user = addresses();
      expect(place(user, child.pid ?? 0, BigInt(`0x${address}`) + 2n)).toBe(`${name}+2 [jit]`);
      await stop(child);
      unlinkSync(mapFile);
      expect(user.frame(child.pid ?? 0, BigInt(`0x${address}`) + 3n).name).toBe(name);
    } finally {
      rmSync(mapFile, { force: true });
    }
  });
});
