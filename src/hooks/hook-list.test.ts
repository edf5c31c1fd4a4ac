import { describe, expect, it } from 'vitest';
import { richKernel } from '../../test/support/rich-kernel.js';
import { listHooks } from './hook-list.js';
import { hookSignature } from './hook-signature.js';

const { kernel, host } = richKernel();
const hooks = (pattern?: string): readonly string[] => listHooks(pattern, { kernel, host }).hooks;

describe('the list of hooks', () => {
  it('tells kernel functions once, and all kinds that have lists', () => {
    const kinds = new Set(hooks().map((hook) => hook.replace(/:.*/, '')));
    expect(kinds).toContain('function');
    expect(kinds).toContain('tp_btf');
    expect(kinds).toContain('syscall');
    for (const kind of ['kprobe', 'fentry', 'call', 'uprobe', 'usdt', 'interval']) expect(kinds).not.toContain(kind);
  });

  it.each([
    ['tcp_connect', ['function:tcp_connect']],
    ['sched_wakeup*', ['tp_btf:sched_wakeup', 'tp_btf:sched_wakeup_new']],
    ['kprobe:tcp_c*', ['kprobe:tcp_close', 'kprobe:tcp_connect']],
    ['syscall:openat', ['syscall:openat']],
    ['tp_btf:sched_swich', []],
  ])('%s', (pattern, expected) => {
    expect(hooks(pattern).filter((hook) => !hook.startsWith('raw_tracepoint:'))).toEqual(expected);
  });

  it('has all of a kind for the kind alone', () => {
    expect(hooks('tp_btf:')).toEqual(hooks('tp_btf:*'));
    expect(hooks('tp_btf:').length).toBeGreaterThan(3);
  });

  it('says what a binary that is not there lacks', () => {
    const { hooks: none, diagnostics } = listHooks('uprobe:/no/such/file', { kernel, host });
    expect(none).toEqual([]);
    expect(diagnostics.map(({ code }) => code)).toEqual(['hook-not-found']);
  });
});

describe('the signature of a hook', () => {
  it('has arguments with their members, and what is returned', () => {
    const signature = hookSignature('function:tcp_connect', { kernel, host });
    expect(signature?.args.map(({ name, type }) => `${name}: ${type}`)).toEqual(['args.sk: struct sock *']);
    expect(signature?.args[0]?.members).toContainEqual({ name: '__sk_common', type: 'struct sock_common' });
    expect(signature?.retval).toMatchObject({ name: 'retval', type: 'int' });
  });

  it('tells the arguments of a system call and its result', () => {
    const { args = [], retval } = hookSignature('syscall:read', { kernel, host }) ?? {};
    expect([...args, retval].map((each) => each?.type)).toEqual(['unsigned int', 'user char *', 'size_t', 'i64']);
  });
});
