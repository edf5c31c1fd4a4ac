/** Functions that read what hooks point at, on this machine's kernel: each shows what the process itself gave. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';

async function eventsOf(probes: string, load: () => unknown): Promise<Record<string, unknown>[]> {
  using work = new Workspace();
  const run = await new Probepipe(['run', work.file('p.yaml', `probes:\n${probes}`), '--format', 'jsonl']).attached();
  await load();
  const { code, stdout } = await run.stop();
  expect(code).toBe(0);
  return jsonLines(stdout);
}

const exec = `
  exec:
    attach: tp_btf:sched_process_exec
    fields:
      - path: path(args.bprm.file)
      - name: dname(args.bprm.file.f_path.dentry)
      - args: join(bytes(task.mm.arg_start as user char *, task.mm.arg_end - task.mm.arg_start, 1024), " ")
      - shell: ends_with(str(args.bprm.filename), "/sh")
      - within: contains(str(args.bprm.filename), "probepipe")
  call:
    attach: tracepoint:syscalls:sys_enter_execve
    fields:
      - file: str(args.filename)
      - argv: argv(args.argv)
      - parent: cmdline(ppid)
  record:
    attach: tracepoint:sched:sched_process_exec
    fields:
      - file: args.filename
`;

describe.skipIf(!isRoot)('functions on this kernel (needs root)', () => {
  it('path, dname, argv, join, cmdline and tests of texts tell of what is executed, also across mounts', async () => {
    // /dev/shm is a file system of its own.
    const folder = mkdtempSync('/dev/shm/probepipe-');
    const program = `${folder}/a program`;
    copyFileSync(realpathSync('/bin/true'), program);
    chmodSync(program, 0o755);
    try {
      const events = await eventsOf(exec, () => {
        execFileSync(program, ['one', 'two words', '']);
        execFileSync('/bin/sh', ['-c', 'exit 0']);
      });
      const here = [process.execPath, ...process.execArgv, ...process.argv.slice(1)].join(' ');
      expect(events).toContainEqual({
        probe: 'exec',
        path: program,
        name: 'a program',
        args: `${program} one two words `,
        shell: false,
        within: true,
      });
      expect(events.filter(({ probe, shell }) => probe === 'exec' && shell).length).toBeGreaterThan(0);
      const called = events.find(({ probe, file }) => probe === 'call' && file === program);
      expect(called?.argv).toBe(`${program} one two words `);
      expect(String(called?.parent).split(' ')[0]).toBe(here.split(' ')[0]);
      expect(events).toContainEqual({ probe: 'record', file: program });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('flags() names the bits that the process gave', async () => {
    const probe = `  open:\n    attach: syscall:openat\n    where: comm == "perl"\n    fields:\n      - path: str(args.filename)\n      - flags: flags(args.flags, O_)\n`;
    using work = new Workspace();
    const path = work.path('new.txt');
    const events = await eventsOf(probe, () =>
      spawnSync('perl', ['-MFcntl', '-e', `sysopen(my $f, "${path}", O_RDWR | O_CREAT | O_EXCL)`]),
    );
    const opened = events.find((event) => event.path === path);
    expect(String(opened?.flags).split('|')).toEqual(expect.arrayContaining(['O_RDWR', 'O_CREAT', 'O_EXCL']));
  });

  it('sockaddr() and enum() tell of sockets', async () => {
    const probes = `
  connect:
    attach: syscall:connect
    fields: [pid, to: "sockaddr(args.uservaddr, args.addrlen)"]
  state:
    attach: tracepoint:sock:inet_sock_set_state
    fields:
      - to: enum(args.newstate, TCP_ESTABLISHED)
      - address: ip(args.daddr)
      - port: args.dport
`;
    let port = 0;
    const events = await eventsOf(probes, async () => {
      const server = createServer((socket) => socket.end());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      port = typeof address === 'object' && address !== null ? address.port : 0;
      await new Promise((resolve) => connect(port, '127.0.0.1').resume().once('close', resolve));
      await new Promise((resolve) => connect('/nowhere/probepipe.sock').once('error', resolve));
      server.close();
    });
    const mine = events.filter(({ pid }) => pid === process.pid).map(({ to }) => to);
    expect(mine).toEqual([`127.0.0.1:${port}`, 'unix:/nowhere/probepipe.sock']);
    const states = events.filter((event) => event.port === port && event.address === '127.0.0.1').map(({ to }) => to);
    expect(states.slice(0, 2)).toEqual(['TCP_SYN_SENT', 'TCP_ESTABLISHED']);
  });
});
