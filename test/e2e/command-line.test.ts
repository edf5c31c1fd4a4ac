// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
/** The commands as a user types them: what they take, what they say, and how they end. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/sinks/delivery/folder-lock.js';
import { isRoot, Probepipe, probepipe, Workspace } from '../support/probepipe.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const shell = (script: string) => spawnSync('bash', ['-c', script], { cwd: root, encoding: 'utf8' });

const withParam = (more: string): string =>
  `params:\n  pid: { type: u32, ${more} }\nprobes:\n  p:\n    attach: tp_btf:sched_switch\n    where: pid == param.pid\n    fields: [pid]\n`;
const without = 'probes:\n  p:\n    attach: tp_btf:sched_switch\n    fields: [pid]\n';

describe('a reader that leaves', () => {
  it.each(['explain pipelines/opens.yaml --c', 'explain pipelines/opens.yaml', 'schema', 'run --help'])(
    'ends "%s" in silence',
    (args) => {
      const { stderr, stdout } = shell(`bin/probepipe ${args} | head -c 1; echo " \${PIPESTATUS[0]}"`);
      expect([stderr, stdout.slice(1)]).toEqual(['', ' 0\n']);
    },
  );

  it('is told from a full disk', () => {
    const { stderr, status } = shell('bin/probepipe schema > /dev/full');
    expect(stderr).toMatch(/^probepipe: cannot write to standard output: ENOSPC/);
    expect(status).toBe(1);
  });
});

describe('lint and explain', () => {
  it('check a pipeline whose required param has no value yet', async () => {
    using work = new Workspace();
    const file = work.file('p.yaml', withParam('required: true'));
    expect(await probepipe('lint', file)).toMatchObject({ code: 0, stderr: `${file}: no problems\n` });
    expect(await probepipe('explain', file)).toMatchObject({ code: 0, stderr: '' });
    const run = await probepipe('run', file);
    expect(run.stderr).toContain('the param "pid" is required and was not set');
    expect(run.code).toBe(3);
  });

  it('give several pipelines the params that they have', async () => {
    using work = new Workspace();
    work.file('a.yaml', withParam('default: 1'));
    work.file('b.yaml', without);
    expect(await probepipe('lint', work.folder, '--set', 'pid=7')).toMatchObject({ code: 0 });
    const hooked =
      'params:\n  call: { type: string, required: true }\nprobes:\n  p: { attach: "syscall:${param.call}", fields: [pid] }\n';
    work.file('c.yaml', hooked);
    const all = await probepipe('lint', work.folder, '--set', 'pid=7', '--set', 'call=openat');
    expect(all).toMatchObject({ code: 0, stderr: expect.stringContaining('3 pipelines: no problems') });
    rmSync(work.path('c.yaml'));
    const wrong = await probepipe('lint', work.folder, '--set', 'pod=7');
    expect(wrong.stderr).toBe(
      'error[param-unknown]: no pipeline has a param "pod"\n --> command line:1:7\n  |\n1 | --set pod=7\n  |       ^^^\n  = help: did you mean "pid"?\n  = help: their params are pid\n\n1 error\n',
    );
    const one = await probepipe('lint', work.path('b.yaml'), '--set', 'pid=7');
    expect(one.stderr).toBe(
      'error[param-unknown]: the pipeline "b" has no param "pid"\n --> command line:1:7\n  |\n1 | --set pid=7\n  |       ^^^\n  = help: it has no params\n\n1 error\n',
    );
  });

  it('warn of files and folders that sinks cannot write to', async () => {
    using work = new Workspace();
    const missing = work.path('missing/inner');
    const sinks = (...each: readonly string[]) => `${without}sinks:\n${each.map((sink) => `  - ${sink}\n`).join('')}`;
    const http = (options: string) => `http: { url: "http://127.0.0.1:1/", ${options} }`;
    const plain = work.file('plain', '');
    const text = sinks(
      `file: { path: ${missing} }`,
      `file: { path: ${work.folder} }`,
      `file: { path: "${work.folder}/{date}/events.jsonl" }`,
      `file: { path: "\${SOMEWHERE}/events.jsonl" }`,
      `file: { path: ${plain} }`,
      http(`dead_letter: ${missing}`),
      http(`buffer: { disk: ${missing} }`),
      http(`buffer: { disk: ${plain} }`),
      http(`buffer: { disk: ${work.path('new')} }`),
      `otlp: { endpoint: "https://127.0.0.1:1/", tls: { cert: ${missing}, key: ${plain} } }`,
    );
    const file = work.file('sinks.yaml', text);
    const { code, stderr } = await probepipe('lint', file);
    expect(code).toBe(0);
    const told = [...stderr.matchAll(/^warning\[sink-config\]: (.*)\n *--> .*:(\d+):\d+$/gm)];
    const first = without.split('\n').length + 1;
    expect(told.map(([, message, line]) => [Number(line) - first, message])).toEqual([
      [0, `there is no folder "${work.path('missing')}"`],
      [1, `"${work.folder}" is a folder, and no file to write to`],
      [5, `there is no folder "${work.path('missing')}"`],
      [6, `there is no folder "${work.path('missing')}"`],
      [7, `"${plain}" is no folder`],
      [9, `there is no file "${missing}"`],
    ]);
  });

  it('warn of a disk buffer that somebody holds', async () => {
    using work = new Workspace();
    const folder = work.path('buffer');
    mkdirSync(folder);
    const locking = await lockFolder(folder);
    if ('heldBy' in locking) throw new Error('nobody else knows the folder');
    const file = work.file(
      'held.yaml',
      `${without}sinks:\n  - otlp: { endpoint: "http://127.0.0.1:1/", buffer: { disk: ${folder} } }\n`,
    );
    const held = await probepipe('lint', file);
    expect(held.code).toBe(0);
    expect(held.stderr).toContain(`warning[sink-config]: the buffer "${folder}" is in use by process ${process.pid}`);
    await locking.lock.release();
    expect((await probepipe('lint', file)).stderr).toBe(`${file}: no problems\n`);
  });

  it('count a file once that is named twice', async () => {
    using work = new Workspace();
    const file = work.file('b.yaml', without);
    expect((await probepipe('lint', file, file)).stderr).toBe(`${file}: no problems\n`);
  });

  it.skipIf(!isRoot)('read tracepoint formats as run does (needs root)', async () => {
    using work = new Workspace();
    const yaml = (name: string): string => `probes:\n  p:\n    attach: tracepoint:${name}\n    fields: [pid]\n`;
    expect(await probepipe('lint', work.file('p.yaml', yaml('sched:sched_wakeup')))).toMatchObject({ code: 0 });
    const { stderr } = await probepipe('lint', work.file('q.yaml', yaml('sched:sched_swich')));
    expect(stderr).toContain('this kernel has no tracepoint "sched:sched_swich"');
    expect(stderr).toContain('did you mean "sched:sched_switch"?');
    expect(stderr).not.toContain('root');
  });
});

describe('wrong usage', () => {
  it.each([
    [[], /^Usage: probepipe COMMAND/],
    [['run', '-n', '-1', 'p.yaml'], /^probepipe: -n needs a value, and what begins with "-" is none\n/],
    [['run', '-d', '0s', 'p.yaml'], /^probepipe: --duration takes a time above zero, such as 10s or 5m, not "0s"\n/],
  ])('%j exits with 2 and says why', async (args, says) => {
    const { code, stdout, stderr } = await probepipe(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
  });

  it('of a folder names the files in it', async () => {
    using work = new Workspace();
    work.file('b.yaml', '');
    work.file('a.yml', '');
    const { code, stderr } = await probepipe('run', work.folder);
    expect(code).toBe(3);
    expect(stderr).toContain(
      `it is a folder\n  = help: name the file: ${work.path('a.yml')}, ${work.path('b.yaml')}\n`,
    );
  });

  it('of PROBEPIPE_CLANG is named', async () => {
    using work = new Workspace();
    const env = { PROBEPIPE_CLANG: '/nope/clang', XDG_CACHE_HOME: work.folder };
    const { stderr } = await new Probepipe(['run', work.file('p.yaml', without)], { env }).finished;
    expect(stderr).toContain('error[clang-missing]: PROBEPIPE_CLANG is "/nope/clang", which is no program');
  });
});

describe('run', () => {
  it('refuses a --stats-file that cannot be written before anything is attached', async () => {
    const { code, stderr } = await probepipe('run', 'pipelines/opens.yaml', '--stats-file', '/nope/x.json', '-d', '1s');
    expect(stderr).toBe('probepipe: --stats-file: cannot write "/nope/x.json": no such folder\n');
    expect(code).toBe(2);
    expect(existsSync('/nope')).toBe(false);
  });
});

const busy = (sink: string): string =>
  `probes:\n  p:\n    attach: tracepoint:raw_syscalls:sys_enter\n    fields: [pid]\nsinks:\n  - ${sink}\n`;

describe.skipIf(!isRoot)('a run (needs root)', () => {
  it('tells how many events came after the limit of --events', async () => {
    using work = new Workspace();
    const stats = work.path('stats.json');
    const file = work.file('p.yaml', busy('stdout'));
    const { code, stderr, stdout } = await probepipe('run', file, '-n', '3', '--stats-file', stats);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(3);
    const { afterLimit, probes, sinks } = JSON.parse(readFileSync(stats, 'utf8'));
    expect(afterLimit).toBe(probes[0].emitted - 3);
    expect(sinks[0]).toMatchObject({ offered: 3, delivered: 3 });
    if (afterLimit > 0) expect(stderr).toContain(`${afterLimit} emitted after the limit of --events`);
  });

  it('fails when a sink delivered nothing, and says whom it waits for', async () => {
    using work = new Workspace();
    const file = work.file('p.yaml', busy('http: { url: "http://127.0.0.1:1/" }'));
    const { code, stderr } = await probepipe('run', file, '-n', '3');
    expect(code).toBe(1);
    expect(stderr).toContain('waiting up to 5 s for http; Ctrl-C to stop at once');
    expect(stderr).toContain('lost 3: 3 dropped by "http"');
  });

  it('does not wait when it is interrupted while it waits', async () => {
    using work = new Workspace();
    const run = new Probepipe(['run', work.file('p.yaml', busy('http: { url: "http://127.0.0.1:1/" }')), '-n', '3']);
    await run.says(/waiting up to/);
    const { stderr } = await run.stop('SIGINT');
    expect(stderr).not.toContain('lost 3');
  });

  it('does not fail since its reader has enough', () => {
    using work = new Workspace();
    const file = work.file('p.yaml', busy('stdout'));
    const { stdout } = shell(`bin/probepipe run -q ${file} | true; echo "\${PIPESTATUS[0]}"`);
    expect(stdout).toBe('0\n');
  });

  it('ends in order when its terminal is closed', async () => {
    const run = await new Probepipe(['run', 'pipelines/tcp-connect.yaml', '--format', 'jsonl']).attached();
    const { code, stderr } = await run.stop('SIGHUP');
    expect([code, stderr.includes('nothing lost')]).toEqual([0, true]);
  });

  it('opens its files anew at a SIGHUP, and goes on', async () => {
    using work = new Workspace();
    const path = work.path('events.jsonl');
    // Without a terminal of its own, as a daemon.
    const run = await new Probepipe(['run', work.file('p.yaml', busy(`file: { path: ${path} }`))]).attached();
    renameSync(path, `${path}.1`);
    process.kill(run.pid, 'SIGHUP');
    const isThere = () => existsSync(path) && statSync(path).size > 0;
    while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 10));
    const { code, stderr } = await run.stop();
    expect([code, stderr.includes('nothing lost')]).toEqual([0, true]);
    const whole = (file: string) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).probe);
    expect(new Set([...whole(path), ...whole(`${path}.1`)])).toEqual(new Set(['p']));
  });

  it('has a ledger under each pipeline’s name, and warns of names that they share', async () => {
    using work = new Workspace();
    const files = ['a.yaml', 'b.yaml'].map((name) => work.file(name, busy('stdout')));
    const { stderr } = await probepipe('run', ...files, '-n', '1');
    for (const [index, name] of ['a', 'b'].entries()) expect(stderr).toContain(`\n${name} (${files[index]})\n  probe`);
    expect(stderr).toContain(
      `"p" is in ${files[0]} and in ${files[1]}: nothing will tell the events of one from the other`,
    );
  });

  it('places what the kernel does not permit at its hook', async () => {
    using work = new Workspace();
    const file = work.file('p.yaml', 'probes:\n  p:\n    attach: fentry:vfs_read\n    fields: [pid]\n');
    const { code, stderr } = await probepipe('run', file, '-d', '10ms');
    if (code === 0) return expect(stderr).toContain('attached 1 probe');
    expect(stderr).toContain('error[hook-unsupported]: cannot load the program of fentry:vfs_read');
    expect(stderr).toContain(`--> ${file}:3:13`);
    expect(stderr).toContain('add an alternative under "attach"');
    return expect(code).toBe(4);
  });
});
