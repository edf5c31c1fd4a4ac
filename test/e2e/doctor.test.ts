/** `doctor` and `list` as a user types them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isRoot } from '../support/probepipe.js';

const command = fileURLToPath(new URL('../../bin/probepipe', import.meta.url));
const run = (...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' });

interface Report {
  readonly able: boolean;
  readonly host: readonly { readonly name: string; readonly state: string; readonly fix?: string }[];
  readonly mechanisms: readonly { readonly name: string; readonly state: string; readonly fix?: string }[];
}

describe('doctor', () => {
  it('says how to mend whatever is wanting, and ends with what that means', () => {
    const { status, stdout } = spawnSync(command, ['doctor', '--format', 'json'], { encoding: 'utf8' });
    const report: Report = JSON.parse(stdout);
    expect(status).toBe(report.able ? 0 : 4);
    for (const { name, state, fix } of [...report.host, ...report.mechanisms])
      expect(fix !== undefined, name).toBe(state === 'missing' || state === 'limited');
  });

  it.skipIf(!isRoot)('finds what this kernel has by using it (needs root)', () => {
    const report: Report = JSON.parse(run('doctor', '--format', 'json'));
    const states = new Map(report.mechanisms.map(({ name, state }) => [name, state]));
    for (const name of ['tp_btf', 'raw tracepoints', 'tracepoints', 'uprobes', 'software events'])
      expect(states.get(name), name).toBe('ok');
    expect(run('doctor')).toMatch(/\nPipelines can run here\.\n$/);
  });

  it.skipIf(!isRoot)('says what a user without privileges lacks (needs root, to give it up)', () => {
    const { status, stdout } = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', command, 'doctor'], {
      encoding: 'utf8',
    });
    expect(status).toBe(4);
    expect(stdout).toMatch(/missing\s+privileges\s+running a pipeline needs CAP_BPF and CAP_PERFMON/);
    expect(stdout).toMatch(/No pipeline can run here: privileges\.\n$/);
  });
});

describe('list', () => {
  it('prints hooks that are ready to paste', () => {
    expect(run('list', 'syscall:openat').trim()).toBe('syscall:openat');
    expect(run('list', 'tp_btf:sched_wakeup*').trim().split('\n')).toContain('tp_btf:sched_wakeup_new');
    expect(run('list', 'uprobe:libc:getpid').trim()).toBe('uprobe:libc:getpid');
  });

  it('tells arguments with -v', () => {
    expect(run('list', '-v', 'syscall:read')).toBe(
      'syscall:read\n    args.fd: unsigned int\n    args.buf: user char *\n    args.count: size_t\n    retval: i64\n',
    );
  });

  it('says what is near when nothing matches', () => {
    const { status, stderr } = spawnSync(command, ['list', 'tp_btf:sched_swich'], { encoding: 'utf8' });
    expect(status).toBe(3);
    expect(stderr).toContain('no hook is, or matches, "tp_btf:sched_swich"');
    expect(stderr).toContain('did you mean tp_btf:sched_switch');
  });
});
