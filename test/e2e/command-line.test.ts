/** The commands as a user types them: what they take, what they say, and how they end. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isRoot, probepipe, Workspace } from '../support/probepipe.js';

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
    const wrong = await probepipe('lint', work.folder, '--set', 'pod=7');
    expect(wrong.stderr).toBe(
      'error[param-unknown]: no pipeline has a param "pod"\n --> command line:1:7\n  |\n1 | --set pod=7\n  |       ^^^\n  = help: did you mean "pid"?\n  = help: their params are pid\n\n1 error\n',
    );
    const one = await probepipe('lint', work.path('b.yaml'), '--set', 'pid=7');
    expect(one.stderr).toBe(
      'error[param-unknown]: the pipeline "b" has no param "pid"\n --> command line:1:7\n  |\n1 | --set pid=7\n  |       ^^^\n  = help: it has no params\n\n1 error\n',
    );
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

describe('run', () => {
  it('refuses a --stats-file that cannot be written before anything is attached', async () => {
    const { code, stderr } = await probepipe('run', 'pipelines/opens.yaml', '--stats-file', '/nope/x.json', '-d', '1s');
    expect(stderr).toBe('probepipe: --stats-file: cannot write "/nope/x.json": no such folder\n');
    expect(code).toBe(2);
    expect(existsSync('/nope')).toBe(false);
  });
});
