/** Runs that are limited to some processes, on this machine's kernel: exact, also for what they start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cgroupRoot } from '../../src/runtime/cgroups.js';
import { isRoot, jsonLines, Probepipe, probepipe, Workspace } from '../support/probepipe.js';

const opens = `
probes:
  open:
    attach: syscall:openat
    where: retval >= 0
    fields: [pid, comm, path: str(args.filename)]
`;

/** A shell that opens a file for every line that it is given. */
function opener(): ChildProcess & { opens(path: string): Promise<void>; ends(): Promise<void> } {
  const child = spawn('/bin/sh', ['-c', 'while read -r path; do : < "$path"; echo done; done'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return Object.assign(child, {
    opens: async (path: string) => {
      child.stdin?.write(`${path}\n`);
      if (child.stdout !== null) await once(child.stdout, 'data');
    },
    ends: async () => {
      child.stdin?.end();
      if (child.exitCode === null) await once(child, 'close');
    },
  });
}

const root = existsSync('/proc/self/mountinfo') ? cgroupRoot(readFileSync('/proc/self/mountinfo', 'utf8')) : undefined;

describe.skipIf(!isRoot)('runs limited to some processes (needs root)', () => {
  it('--pid: only the processes named', async () => {
    using work = new Workspace();
    const [first, second, other] = [opener(), opener(), opener()];
    const pids = `${first.pid},${second.pid}`;
    const run = await new Probepipe(['run', work.file('p.yaml', opens), '--pid', pids, '-f', 'jsonl']).attached();
    for (const each of [first, second, other])
      for (let count = 0; count < 5; count++) await each.opens('/etc/hostname');
    for (const each of [first, second, other]) await each.ends();
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const seen = jsonLines(stdout).map(({ pid, path }) => `${pid} ${path}`);
    const five = (child: ChildProcess) => Array.from({ length: 5 }, () => `${child.pid} /etc/hostname`);
    expect(seen).toEqual([...five(first), ...five(second)]);
  });

  it('--children: and what they start', async () => {
    using work = new Workspace();
    const shell = spawn('/bin/sh', ['-c', 'read -r go; sh -c "sh -c \\"cat /etc/hostname\\"; true"; true'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const args = ['run', work.file('p.yaml', opens), '--pid', String(shell.pid), '--children', '-f', 'jsonl'];
    const run = await new Probepipe(args).attached();
    shell.stdin.write('\n');
    await once(shell, 'close');
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const cats = jsonLines(stdout).filter(({ comm, path }) => comm === 'cat' && path === '/etc/hostname');
    expect(cats).toHaveLength(1);
    expect(cats[0]?.pid).not.toBe(shell.pid);
  });

  it('--comm: only tasks of that name', async () => {
    using work = new Workspace();
    const run = await new Probepipe(['run', work.file('p.yaml', opens), '--comm', 'head', '-f', 'jsonl']).attached();
    for (const tool of ['head', 'tail', 'head']) await once(spawn(tool, ['-n1', '/etc/hostname']), 'close');
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const seen = jsonLines(stdout);
    expect(new Set(seen.map(({ comm }) => comm))).toEqual(new Set(['head']));
    expect(seen.filter(({ path }) => path === '/etc/hostname')).toHaveLength(2);
  });

  it.skipIf(root === undefined)('--cgroup: only tasks in it and below it (needs cgroups of version 2)', async () => {
    using work = new Workspace();
    const name = `probepipe-test-${process.pid}`;
    const folder = `${root}/${name}`;
    mkdirSync(`${folder}/below`, { recursive: true });
    const [inside, below, outside] = [opener(), opener(), opener()];
    try {
      writeFileSync(`${folder}/cgroup.procs`, String(inside.pid));
      writeFileSync(`${folder}/below/cgroup.procs`, String(below.pid));
      const args = ['run', work.file('p.yaml', opens), '--cgroup', name, '-f', 'jsonl'];
      const run = await new Probepipe(args).attached();
      for (const each of [outside, inside, below]) await each.opens('/etc/hostname');
      const { code, stdout } = await run.stop();
      expect(code).toBe(0);
      expect(jsonLines(stdout).map(({ pid }) => pid)).toEqual([inside.pid, below.pid]);
    } finally {
      for (const each of [inside, below, outside]) await each.ends();
      rmdirSync(`${folder}/below`);
      rmdirSync(folder);
    }
  });

  it('-- COMMAND: only the command and what it starts, from its first instruction to its end', async () => {
    using work = new Workspace();
    const pipeline = `${opens}  exec:\n    attach: tracepoint:sched:sched_process_exec\n    fields: [pid, file: str(args.filename)]\n`;
    const args = ['run', work.file('p.yaml', pipeline), '-f', 'jsonl', '--', 'sh', '-c', 'cat /etc/hostname; exit 3'];
    const { code, stdout, stderr } = await probepipe(...args);
    expect(code).toBe(0);
    expect(stderr).toContain('the command ended with exit status 3');
    expect(stderr).toContain('nothing lost');
    const hostname = readFileSync('/etc/hostname', 'utf8');
    expect(stdout).toContain(hostname);
    const seen = jsonLines(stdout.replace(hostname, ''));
    const execs = seen.filter(({ probe }) => probe === 'exec').map(({ file }) => String(file).split('/').pop());
    expect(execs).toEqual(['sh', 'cat']);
    expect(seen.filter(({ comm, path }) => comm === 'cat' && path === '/etc/hostname')).toHaveLength(1);
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(2);
  });

  it.each([
    [['--pid', '99999999'], '--pid takes process ids such as 1234 or 1234,5678, not "99999999"'],
    [['--pid', '4194304'], 'there is no process 4194304'],
    [['--children'], '--children goes with --pid'],
    [
      ['--comm', 'a-name-that-is-too-long'],
      '--comm takes a task\'s name, of which the kernel keeps 15 bytes: "a-name-that-is-"',
    ],
    [['--container', 'xyz'], '"xyz" is no container id: 4 to 64 of the digits 0-9 and a-f'],
    [['--cgroup', 'no-such.service'], `there is no cgroup "no-such.service" below ${root}`],
    [['--', 'no-such-program'], 'there is no program "no-such-program" on PATH'],
    [['--', '/no/such'], 'there is no program "/no/such"'],
  ])('%j is refused', async (args, message) => {
    using work = new Workspace();
    const { code, stderr } = await probepipe('run', work.file('p.yaml', opens), ...args);
    expect([code, stderr]).toEqual([2, `probepipe: ${message}\n`]);
  });
});
