/** `iter:` and `lsm:`: what they resolve to, and what is said of wrong ones. */
import { describe, expect, it } from 'vitest';
import { resolve, waysText } from '../../test/support/resolved-hook.js';
import { richKernel } from '../../test/support/rich-kernel.js';
import { iteratorNames } from './iterator.js';
import { securityHookNames } from './security.js';

function bad(text: string) {
  const { ways, problems } = resolve(text);
  expect(ways).toBeUndefined();
  expect(problems).toHaveLength(1);
  const [first] = problems;
  return { code: first?.code, message: first?.message, hints: first?.hints ?? [], at: first?.at };
}

describe('iterators', () => {
  it('give what the kernel’s function gets, but for the walk itself', () => {
    expect(waysText(resolve('iter:task'))).toEqual([['iter:task | iter/task task (task: struct task_struct *)']]);
    expect(waysText(resolve('iter:tcp'))).toEqual([['iter:tcp | iter/tcp tcp (sk: struct sock *, uid: unsigned int)']]);
  });

  it('are those that a struct and a function belong to, and that need no map', () => {
    expect(iteratorNames(richKernel().kernel)).toEqual(['task', 'tcp']);
  });

  it('are proposed where a name is wrong', () => {
    expect(bad('iter:tasks')).toEqual({
      code: 'hook-not-found',
      message: 'this kernel has no iterator "tasks"',
      hints: ['did you mean "task"?'],
      at: 'tasks',
    });
    expect(bad('iter:run_prog').hints).toEqual(['it has task, tcp']);
    expect(bad('iter:bpf_map_elem')).toEqual({
      code: 'hook-unsupported',
      message: 'iter:bpf_map_elem walks over the entries of one map, which a pipeline cannot name',
      hints: ['iter:bpf_map walks over all maps'],
      at: 'bpf_map_elem',
    });
  });
});

describe('LSM hooks', () => {
  it('give the arguments of the question', () => {
    expect(waysText(resolve('lsm:socket_connect'))).toEqual([
      ['lsm:socket_connect | lsm/socket_connect socket_connect (sock: struct sock *, address: void *, addrlen: int)'],
    ]);
    const { retval } = resolve('lsm:socket_connect').ways?.[0]?.[0]?.main ?? {};
    expect(retval).toEqual({
      missing: 'the answer is not there yet: the other security modules may still be asked',
      hints: [],
    });
  });

  it('are proposed where a name is wrong', () => {
    expect(securityHookNames(richKernel().kernel)).toEqual(['socket_connect']);
    expect(bad('lsm:socket_conect')).toEqual({
      code: 'hook-not-found',
      message: 'this kernel has no LSM hook "socket_conect"',
      hints: ['did you mean "socket_connect"?'],
      at: 'socket_conect',
    });
  });
});
