/** LSM hooks, which this project's own machines may lack, and snapshots and USDT probes on older kernels. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { jsonLines, Probepipe, probepipe, Workspace } from '../../support/probepipe.js';
import { buildUsdtSample, noUsdtHeader, UsdtSample } from '../../support/usdt-sample.js';

const timeout = 180_000;

async function eventsOf(yaml: string, load: () => unknown): Promise<Record<string, unknown>[]> {
  using work = new Workspace();
  const run = await new Probepipe(['run', work.file('pipeline.yaml', yaml), '--format', 'jsonl']).attached();
  await load();
  const { code, stdout, stderr } = await run.stop();
  expect(stderr).toContain('nothing lost');
  expect(code).toBe(0);
  return jsonLines(stdout);
}

async function snapshot(yaml: string): Promise<Record<string, unknown>[]> {
  using work = new Workspace();
  const { code, stdout, stderr } = await probepipe('run', work.file('pipeline.yaml', yaml), '--format', 'jsonl');
  expect(stderr).toContain('nothing lost');
  expect(code).toBe(0);
  return jsonLines(stdout);
}

function failureOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'another error';
  }
}

/** A tmpfs with an option of its own, and what became of the option. */
function sizeOfMount(folder: string): string {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]);
  const size = execFileSync('stat', ['-f', '-c', '%b %S', folder], { encoding: 'utf8' });
  execFileSync('umount', [folder]);
  return size.trim();
}

describe('lsm in the guest', () => {
  it('is asked about every connection, with typed arguments', { timeout }, async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const events = await eventsOf(
      'probes:\n  connect:\n    attach: lsm:socket_connect\n    fields: [pid, comm, family: args.address.sa_family, length: args.addrlen, type: args.sock.type]\n',
      async () => {
        for (let made = 0; made < 20; made++) {
          const socket = connect(port, '127.0.0.1');
          socket.resume();
          await once(socket, 'close');
        }
      },
    );
    server.close();
    const mine = events.filter((event) => event.pid === process.pid && event.family === 2);
    expect(mine).toHaveLength(20);
    expect(mine[0]).toMatchObject({ length: 16, type: 1 });
  });

  it('changes no answer: not of hooks whose own answer is 0, nor of others', { timeout }, async () => {
    using work = new Workspace();
    const secret = work.file('secret', 'text');
    const before = sizeOfMount(work.path('before'));
    let during = '';
    const events = await eventsOf(
      [
        'probes:',
        '  open: { attach: lsm:file_open, fields: [pid, flags: args.file.f_flags] }',
        '  mkdir: { attach: lsm:inode_mkdir, fields: [pid] }',
        '  option: { attach: lsm:fs_context_parse_param, fields: [pid] }',
        '  setattr: { attach: lsm:inode_setattr, fields: [pid] }',
        '',
      ].join('\n'),
      () => {
        expect(readFileSync(secret, 'utf8')).toBe('text');
        writeFileSync(secret, 'other');
        expect(failureOf(() => readFileSync(work.path('missing')))).toBe('ENOENT');
        expect(failureOf(() => mkdirSync(secret))).toBe('EEXIST');
        mkdirSync(work.path('folder'));
        during = sizeOfMount(work.path('during'));
      },
    );
    expect(during).toBe(before);
    for (const probe of ['open', 'mkdir', 'setattr']) {
      expect(events.filter((event) => event.probe === probe && event.pid === process.pid)).not.toEqual([]);
    }
    expect(events.some((event) => event.probe === 'option')).toBe(true);
  });
});

describe('snapshots in the guest', () => {
  it('have every open file of a process, every process and symbol, and the rest', { timeout }, async () => {
    using work = new Workspace();
    const path = work.file('file-of-the-test', '');
    const files = Array.from({ length: 500 }, () => openSync(path, 'r'));
    const others = ['task_vma', 'tcp', 'udp', 'unix', 'netlink', 'bpf_map', 'bpf_prog', 'bpf_link', 'cgroup'];
    const lines = await snapshot(
      [
        'maps:',
        '  others: { key: { name: u32 }, value: count }',
        'probes:',
        '  file:',
        '    attach: iter:task_file',
        `    where: args.task.tgid == ${process.pid}`,
        '    fields:',
        '      - fd: args.fd',
        '      - name: str(args.file.f_path.dentry.d_name.name)',
        '  process: { attach: iter:task, where: args.task.pid == args.task.tgid, fields: [pid: args.task.tgid] }',
        '  symbol: { attach: iter:ksym, fields: [name: args.ksym.name, module: args.ksym.module_name] }',
        ...others.map(
          (objects, index) => `  ${objects}: { attach: "iter:${objects}", update: { "others[${index}]": count() } }`,
        ),
        '',
      ].join('\n'),
    );
    for (const file of files) closeSync(file);
    const mine = lines.filter((line) => line.name === 'file-of-the-test').map((line) => Number(line.fd));
    expect(mine.sort((a, b) => a - b)).toEqual(files.sort((a, b) => a - b));
    const pids = lines.filter((line) => line.probe === 'process').map((line) => line.pid);
    expect(pids).toEqual(expect.arrayContaining([1, 2, process.pid]));
    const names = lines.filter((line) => line.probe === 'symbol' && line.module === '').map((line) => line.name);
    const real = readFileSync('/proc/kallsyms', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.includes('['))
      .map((line) => line.split(' ')[2]);
    expect(names).toEqual(real);
    const taken = new Set(lines.filter((line) => line.map === 'others').map((line) => others[Number(line.name)]));
    // A guest has no TCP or UDP socket as a rule.
    expect([...taken].filter((each) => each !== 'tcp' && each !== 'udp').sort()).toEqual(
      others.filter((each) => each !== 'tcp' && each !== 'udp').sort(),
    );
  });
});

describe.skipIf(noUsdtHeader !== undefined)(`usdt in the guest ${noUsdtHeader ?? ''}`, () => {
  it('reads arguments and holds the semaphore', { timeout }, async () => {
    using work = new Workspace();
    const binary = buildUsdtSample(work.path('sample'), 'clang', '-O0');
    using sample = new UsdtSample(binary);
    expect(await sample.fire()).toBe(0);
    const events = await eventsOf(
      `probes:\n  wide:\n    attach: usdt:${binary}:sample:wide\n    fields: [e: args.0, f: args.1, g: args.2]\n`,
      async () => expect(await sample.fire()).toBe(1),
    );
    expect(await sample.fire()).toBe(0);
    expect(events).toEqual([{ probe: 'wide', e: -70000, f: 4000000000, g: -5000000000 }]);
  });
});
