/** Every kind of bad input, by the command a user types: its message, its place, its exit code, and that nothing was loaded. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isRoot, type Ledger, Probepipe, probepipe, Workspace } from '../support/probepipe.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function refusal(yaml: string, ...args: string[]): Promise<{ code: number | null; text: string }> {
  using work = new Workspace();
  const file = work.file('p.yaml', yaml);
  const { code, stdout, stderr } = await probepipe('run', file, ...args);
  expect(stdout).toBe('');
  expect(stderr).not.toContain('attached');
  // A stack trace is never the message.
  expect(stderr).not.toMatch(/^\s+at .*\(/m);
  return { code, text: stderr.replaceAll(work.folder, '') };
}

const probe = (lines: string): string => `probes:\n  p:\n${lines.replace(/^/gm, '    ').trimEnd()}\n`;

describe('bad input', () => {
  it.each([
    [
      'a tracepoint that does not exist',
      probe('attach: tp_btf:sched_swich\nfields: [pid]'),
      'hook-not-found',
      '/p.yaml:3:20',
      'sched_switch',
    ],
    [
      'a function that does not exist',
      probe('attach: fentry:tcp_conect\nfields: [pid]'),
      'hook-not-found',
      '/p.yaml:3:20',
      'tcp_connect',
    ],
    [
      'a system call that does not exist',
      probe('attach: syscall:opemat\nfields: [pid]'),
      'hook-not-found',
      '/p.yaml:3:21',
      'openat',
    ],
    [
      'an argument that does not exist',
      probe('attach: tp_btf:sched_switch\nfields: [x: args.pref]'),
      'member-unknown',
      '/p.yaml:4:22',
      'prev',
    ],
    [
      'a member that does not exist',
      probe('attach: tp_btf:sched_switch\nfields: [x: args.prev.pidd]'),
      'member-unknown',
      '/p.yaml:4:27',
      'pid',
    ],
    [
      'an enumerator that does not exist',
      probe('attach: tp_btf:inet_sock_set_state\nwhere: args.newstate == TCP_SYN_SEND\nfields: [pid]'),
      'name-unknown',
      '/p.yaml:4:29',
      'TCP_SYN_SENT',
    ],
    [
      'values that do not go together',
      probe('attach: tp_btf:sched_switch\nwhere: comm == 3\nfields: [pid]'),
      'type-mismatch',
      '/p.yaml:4:12',
      'comm',
    ],
    [
      'a function of the language that does not exist',
      probe('attach: tp_btf:sched_switch\nfields: [x: ntosh(3)]'),
      'function-unknown',
      '/p.yaml:4:17',
      'ntohs',
    ],
    [
      'a key that does not exist',
      probe('atach: tp_btf:sched_switch\nfields: [pid]'),
      'unknown-key',
      '/p.yaml:3:5',
      'attach',
    ],
    [
      'a kind of hook that does not exist',
      probe('attach: kprob:tcp_connect\nfields: [pid]'),
      'hook-unknown',
      '/p.yaml:3:13',
      'kprobe',
    ],
    ['a key twice', 'name: a\nname: b\n', 'yaml-duplicate-key', '/p.yaml:2:1', 'name'],
    ['text that is no YAML', 'probes: [\n', 'yaml-syntax', '/p.yaml:', ''],
    [
      'a user function in a filter',
      probe('attach: tp_btf:sched_switch\nwhere: user(uid) == "root"\nfields: [pid]'),
      'stage',
      '/p.yaml:4:12',
      'user',
    ],
    [
      'a library that does not exist',
      probe('attach: uprobe:libnosuch:f\nfields: [pid]'),
      'hook-not-found',
      '/p.yaml:3:20',
      'libnosuch',
    ],
    [
      'a symbol that does not exist',
      probe('attach: uprobe:libc:mallloc\nfields: [pid]'),
      'hook-not-found',
      '/p.yaml:3:20',
      'malloc',
    ],
  ])('%s', async (_, yaml, code, place, right) => {
    const { code: exit, text } = await refusal(yaml);
    expect(exit).toBe(3);
    expect(text).toContain(`error[${code}]`);
    expect(text).toContain(place);
    expect(text).toContain(right);
  });

  it('several mistakes are told at once', async () => {
    const { text } = await refusal(probe('attach: tp_btf:sched_switch\nfields: [a: args.x, b: nothing, c: cmm]'));
    expect(text.match(/^error\[/gm)).toHaveLength(3);
    expect(text).toContain('3 errors');
  });

  it('a file that is not there', async () => {
    const { code, stderr } = await probepipe('run', 'pipelines/tcp-conect.yaml');
    expect(code).toBe(3);
    expect(stderr).toContain('cannot read "pipelines/tcp-conect.yaml": there is no such file');
    expect(stderr).toContain('did you mean "tcp-connect.yaml" or "tcpconnect.yaml"?');
  });

  it('a param that does not exist, and a value that does not fit', async () => {
    const { code, stderr } = await probepipe(
      'run',
      'pipelines/tcp-connect.yaml',
      '--set',
      'prot=80',
      '--set',
      'port=70000',
    );
    expect(code).toBe(3);
    expect(stderr).toContain('port');
    expect(stderr).toContain('65535');
  });

  it.each([
    [['rum'], 'unknown command "rum"', 'run'],
    [['run'], 'run needs FILE...', 'probepipe run FILE'],
    [['run', '--formta', 'csv', 'x.yaml'], 'run has no option "--formta"', '--format'],
    [['run', 'x.yaml', '--duration', '10'], '--duration takes a time above zero, such as 10s or 5m, not "10"', ''],
    [['pipelines/opens.yaml'], '"pipelines/opens.yaml" is no command', 'probepipe run pipelines/opens.yaml'],
  ])('a command line that cannot be read: %j', async (args, message, hint) => {
    const { code, stderr } = await probepipe(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});

describe.skipIf(!isRoot)('a host that cannot run a pipeline (needs root, to become somebody else)', () => {
  it('without privileges: which capabilities, and how to have them', () => {
    // `nobody` may have no way to the checkout's folder, so the capabilities are dropped rather than the user changed.
    const { status, stderr } = spawnSync(
      'setpriv',
      [
        '--bounding-set',
        '-all',
        '--inh-caps',
        '-all',
        '--ambient-caps',
        '-all',
        '--no-new-privs',
        process.execPath,
        `${root}bin/probepipe`,
        'run',
        'pipelines/runq-latency.yaml',
      ],
      { cwd: root, encoding: 'utf8' },
    );
    expect(stderr).toContain('error[privilege]: running a pipeline needs CAP_BPF and CAP_PERFMON');
    expect(stderr).toContain('sudo');
    expect(stderr).toContain('AmbientCapabilities');
    expect(status).toBe(4);
  });

  it('without clang: how to install it', async () => {
    using work = new Workspace();
    const run = new Probepipe(['run', 'pipelines/tcp-connect.yaml'], {
      env: { PATH: work.folder, XDG_CACHE_HOME: work.path('cache') },
    });
    const { code, stderr } = await run.finished;
    expect(code).toBe(4);
    expect(stderr).toContain('error[clang-missing]: clang is not installed');
    expect(stderr).toContain('apt-get install clang');
  });

  it('an HTTP sink that nobody answers: the run goes on, tries again, and counts what it had to drop', async () => {
    using work = new Workspace();
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const address = closed.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    closed.close();
    const stats = work.path('stats.json');
    const file = work.file(
      'p.yaml',
      `${probe('attach: interval:10ms\nfields: [now]')}sinks:\n  - http: { url: "http://127.0.0.1:${port}/", batch: { max_wait: 50ms }, retry: { initial: 20ms, max: 50ms } }\n`,
    );
    const run = await new Probepipe(['run', file, '--stats-file', stats]).attached();
    await new Promise((resolve) => setTimeout(resolve, 800));
    const { code, stderr } = await run.stop();
    expect(code).toBe(1);
    expect(stderr).toContain('http');
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    const [sink] = ledger.sinks;
    const dropped = Object.values(sink?.dropped ?? {}).reduce((sum, each) => sum + each, 0);
    expect(sink?.offered).toBeGreaterThan(10);
    expect(sink?.delivered).toBe(0);
    expect(dropped).toBe(sink?.offered);
    expect(ledger.imbalances).toEqual([]);
  });

  it('a secret of a sink: missing it is told at its place, and having it shows it nowhere', async () => {
    using work = new Workspace();
    const yaml = `${probe('attach: interval:10ms\nfields: [now]')}sinks:\n  - http:\n      url: "http://127.0.0.1:1/\${SINK_PATH}"\n      headers: { Authorization: "Bearer \${SINK_TOKEN}" }\n`;
    const file = work.file('p.yaml', yaml);
    const env = { SINK_PATH: 'hidden-path', XDG_CACHE_HOME: work.path('cache') };
    const missing = await new Probepipe(['run', file, '--duration', '100ms'], { env }).finished;
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('error[env-missing]: the environment has no "SINK_TOKEN"');
    expect(missing.stderr).toContain('p.yaml:8:');
    const stats = work.path('stats.json');
    const run = new Probepipe(['run', file, '--duration', '300ms', '--verbose', '--stats-file', stats], {
      env: { ...env, SINK_TOKEN: 'hidden-token' },
    });
    const { code, stdout, stderr } = await run.finished;
    expect(code).toBe(1);
    expect(stderr).toContain('connection refused');
    expect(spawnSync('grep', ['-r', 'hidden', work.path('cache')]).status).toBe(1);
    expect(stdout + stderr + readFileSync(stats, 'utf8')).not.toMatch(/hidden/);
  });

  it('a cached object that was tampered with is compiled anew, never loaded', async () => {
    using work = new Workspace();
    const env = { XDG_CACHE_HOME: work.path('cache') };
    const args = ['run', 'pipelines/runq-latency.yaml', '--duration', '10ms'];
    expect((await new Probepipe(args, { env }).finished).code).toBe(0);
    const folder = work.path('cache/probepipe/objects');
    expect(existsSync(folder)).toBe(true);
    execFileSync('sh', [
      '-c',
      'for f in "$1"/*; do printf x | dd of="$f" bs=1 seek=200 conv=notrunc 2>/dev/null; done',
      'sh',
      folder,
    ]);
    expect((await new Probepipe(args, { env }).finished).code).toBe(0);
    chmodSync(folder, 0o777);
    expect((await new Probepipe(args, { env }).finished).code).toBe(0);
  });
});
