/** `iter:` on this machine's kernel: whole snapshots, of any size, that end by themselves. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  type Finished,
  isRoot,
  jsonLines,
  type Ledger,
  Probepipe,
  probepipe,
  Workspace,
} from '../support/probepipe.js';

interface Taken extends Finished {
  readonly lines: Record<string, unknown>[];
  readonly ledger: Ledger;
}

/** A run that nothing but the end of its snapshots ends. */
async function taken(yaml: string): Promise<Taken> {
  using work = new Workspace();
  const stats = work.path('stats.json');
  const finished = await probepipe('run', work.file('pipeline.yaml', yaml), '--format', 'jsonl', '--stats-file', stats);
  expect([finished.code, finished.stderr.includes('nothing lost')]).toEqual([0, true]);
  return { ...finished, lines: jsonLines(finished.stdout), ledger: JSON.parse(readFileSync(stats, 'utf8')) };
}

class OpenFiles {
  private readonly files: number[] = [];

  constructor(path: string, count: number) {
    for (let each = 0; each < count; each++) this.files.push(openSync(path, 'r'));
  }

  get numbers(): number[] {
    return [...this.files].sort((a, b) => a - b);
  }

  [Symbol.dispose](): void {
    for (const file of this.files) closeSync(file);
  }
}

describe.skipIf(!isRoot)('iter: (needs root)', () => {
  it('task: has every process, once', async () => {
    const processes = (): number[] =>
      readdirSync('/proc')
        .filter((each) => /^\d+$/.test(each))
        .map(Number);
    const before = processes();
    const { lines, ledger } = await taken(
      'probes:\n  process:\n    attach: iter:task\n    where: args.task.pid == args.task.tgid\n    fields: [pid: args.task.tgid, parent: args.task.real_parent.tgid, name: args.task.comm]\n',
    );
    const pids = lines.map((line) => line.pid);
    expect(new Set(pids).size).toBe(pids.length);
    expect(lines).toContainEqual(expect.objectContaining({ pid: process.pid, parent: process.ppid }));
    const after = new Set(processes());
    // The first process of a sandbox may be hidden from iterators, as it is from others' /proc.
    expect(pids).toEqual(expect.arrayContaining(before.filter((pid) => pid > 1 && after.has(pid))));
    const [probe] = ledger.probes;
    expect((probe?.filtered ?? 0) + (probe?.passed ?? 0)).toBeGreaterThanOrEqual(pids.length);
  });

  it('task_file: loses nothing of a snapshot that is larger than the ring', async () => {
    using work = new Workspace();
    using files = new OpenFiles(work.file('a-file-of-this-test', ''), 3000);
    const { lines, ledger } = await taken(
      [
        'probes:',
        '  file:',
        '    attach: iter:task_file',
        `    where: args.task.pid == ${process.pid}`,
        '    fields:',
        '      - fd: args.fd',
        '      - name: str(args.file.f_path.dentry.d_name.name, 4096)',
        '      - again: str(args.file.f_path.dentry.d_name.name, 4095)',
        '',
      ].join('\n'),
    );
    const mine = lines.filter((line) => line.name === 'a-file-of-this-test' && line.again === line.name);
    expect(mine.map((line) => Number(line.fd)).sort((a, b) => a - b)).toEqual(files.numbers);
    // 3000 records of more than 8 KiB are more than the 16 MiB of the ring.
    expect(ledger.probes[0]?.ringFull).toBe(0);
    expect(lines.map((line) => Number(line.fd)).sort((a, b) => a - b)).toEqual(
      expect.arrayContaining(
        readdirSync('/proc/self/fd')
          .map(Number)
          .filter((fd) => files.numbers.includes(fd)),
      ),
    );
  });

  it('ksym: waits for a slow reader rather than dropping', async () => {
    using work = new Workspace();
    const file = work.file(
      'pipeline.yaml',
      'probes:\n  symbol:\n    attach: iter:ksym\n    fields:\n      - name: args.ksym.name\n      - module: args.ksym.module_name\n      - value: args.ksym.value\n      - time\n',
    );
    const shell = spawn(
      '/bin/sh',
      ['-c', `bin/probepipe run ${file} --format jsonl | (sleep 2; cat > ${work.path('out')})`],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await new Promise((resolve) => shell.on('close', resolve));
    expect(said).toContain('nothing lost');
    const names = jsonLines(readFileSync(work.path('out'), 'utf8'))
      .filter((line) => line.module === '')
      .map((line) => String(line.name));
    const real = readFileSync('/proc/kallsyms', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.includes('['))
      .map((line) => line.split(' ')[2]);
    expect(names.length).toBeGreaterThan(50_000);
    expect(names).toEqual(real);
  });

  it('counts in maps, of several snapshots one after another', async () => {
    const { lines } = await taken(
      [
        'maps:',
        '  files: { key: { name: comm }, value: count, max_entries: 65536 }',
        '  tasks: { key: { name: comm }, value: count, max_entries: 65536 }',
        'probes:',
        '  file: { attach: iter:task_file, update: { "files[args.task.comm]": count() } }',
        '  task: { attach: iter:task, update: { "tasks[args.task.comm]": count() } }',
        '',
      ].join('\n'),
    );
    const count = (map: string): number =>
      lines.filter((line) => line.map === map).reduce((sum, line) => sum + Number(line.count), 0);
    expect(count('tasks')).toBeGreaterThan(10);
    expect(count('files')).toBeGreaterThan(10);
  });

  it('every: takes it again and again, until the run ends', async () => {
    using work = new Workspace();
    const file = work.file(
      'pipeline.yaml',
      `probes:\n  me:\n    attach: iter:task\n    every: 100ms\n    where: args.task.pid == ${process.pid}\n    fields: [now]\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--events', '4']).finished;
    expect(run.code).toBe(0);
    const times = jsonLines(run.stdout).map((line) => Number(line.now));
    expect(times).toHaveLength(4);
    for (const [index, time] of times.slice(1).entries())
      expect(time - (times[index] ?? 0)).toBeGreaterThan(20_000_000);
  });

  it('goes on with other probes, which are attached before it is taken', async () => {
    using work = new Workspace();
    const file = work.file(
      'pipeline.yaml',
      `probes:\n  me:\n    attach: iter:task\n    where: args.task.pid == ${process.pid}\n    fields: [pid: args.task.pid]\n  tick:\n    attach: interval:10ms\n    fields: [now]\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--events', '20']).finished;
    const lines = jsonLines(run.stdout);
    expect(lines.filter((line) => line.probe === 'me')).toHaveLength(1);
    expect(lines.filter((line) => line.probe === 'tick')).toHaveLength(19);
  });

  it('the pipelines "sockets" and "open-files" have what this process has', async () => {
    using work = new Workspace();
    using files = new OpenFiles(work.file('a-file-of-this-test', 'text'), 5);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const linesOf = async (pipeline: string): Promise<Record<string, unknown>[]> => {
      const own = ['--set', `pid=${process.pid}`, '--format', 'jsonl'];
      const { code, stdout } = await probepipe('run', `pipelines/${pipeline}.yaml`, ...own);
      expect(code).toBe(0);
      return jsonLines(stdout);
    };
    const sockets = await linesOf('sockets');
    const open = await linesOf('open-files');
    client.destroy();
    server.close();
    const common = { probe: 'socket', pid: process.pid, protocol: 'tcp', local: '127.0.0.1' };
    expect(sockets).toContainEqual(expect.objectContaining({ ...common, lport: port, state: 'TCP_LISTEN', rport: 0 }));
    expect(sockets).toContainEqual(
      expect.objectContaining({ ...common, rport: port, state: 'TCP_ESTABLISHED', user: 'root' }),
    );
    const mine = open.filter((line) => line.path === `${work.folder}/a-file-of-this-test`);
    expect(mine.map((line) => [line.fd, line.size, line.writes])).toEqual(files.numbers.map((fd) => [fd, 4, false]));
    expect(open.filter((line) => line.map === 'open')).toHaveLength(1);
  });

  it('lsm: works, or says why it cannot', async () => {
    using work = new Workspace();
    const file = work.file('pipeline.yaml', 'probes:\n  open:\n    attach: lsm:file_open\n    fields: [pid]\n');
    const run = await new Probepipe(['run', file, '--duration', '100ms']).finished;
    // Kernels that can are in the guests (test/vm/in-guest).
    expect(run.stderr).toMatch(
      run.code === 0 ? /nothing lost/ : /lsm:file_open: the kernel |lsm:file_open: BPF is not among/,
    );
    expect([0, 4]).toContain(run.code);
  });
});
