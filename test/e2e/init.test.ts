/** `init` as a user types it: what it prints is a pipeline, and stays one with any of its comments taken in. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../support/probepipe.js';

const command = fileURLToPath(new URL('../../bin/probepipe', import.meta.url));

describe('init', () => {
  it.each([
    'syscall:openat',
    'syscall:{read,write}',
    'function:tcp_connect',
    'call:vfs_read',
    'tp_btf:sched_switch',
    'tp_btf:sched_process_ex*',
    'raw_tracepoint:sys_enter',
    'uprobe:libc:getpid',
    'ucall:libc:getpid',
    'iter:task',
    'lsm:file_open',
    'interval:1s',
    'profile:99hz',
    'perf:page-faults:1',
  ])('%s', (hook) => {
    using work = new Workspace();
    const text = execFileSync(command, ['init', hook], { encoding: 'utf8' });
    expect(text).toContain(hook);
    const file = work.file('as-it-is.yaml', text);
    const whole = work.file('with-all.yaml', text.replace(/^( +)# /gm, '$1'));
    expect(spawnSync(command, ['lint', file, whole], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '2 pipelines: no problems\n',
    });
  });

  it('names arguments with their types', () => {
    expect(execFileSync(command, ['init', 'syscall:read'], { encoding: 'utf8' })).toBe(
      [
        'name: read',
        'description: What syscall:read sees',
        '',
        'probes:',
        '  read:',
        '    attach: syscall:read',
        '    # where: comm == "bash"',
        '    fields:',
        '      - time',
        '      - pid',
        '      - comm',
        '      # - fd: args.fd        # unsigned int',
        '      # - buf: str(args.buf) # user char *',
        '      # - count: args.count  # size_t',
        '      # - retval             # i64',
        '      # - duration',
        '',
      ].join('\n'),
    );
  });

  it('says what is wrong with a hook, as lint does', () => {
    const { status, stderr, stdout } = spawnSync(command, ['init', 'tp_btf:sched_swich'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toContain('did you mean "sched_switch"?');
  });
});
