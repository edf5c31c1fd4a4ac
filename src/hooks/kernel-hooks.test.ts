import { describe, expect, it } from 'vitest';
import { located } from '../../test/support/located-text.js';
import { resolve, waysText } from '../../test/support/resolved-hook.js';
import { hookKinds } from './registry.js';

const kinds =
  'tracepoint tp_btf raw_tracepoint fentry fexit kprobe kretprobe function call syscall uprobe uretprobe ucall usdt lsm iter interval profile perf http';

const good = (text: string) => {
  const resolved = resolve(text);
  expect(resolved.problems).toEqual([]);
  return waysText(resolved);
};

function bad(text: string) {
  const { ways, problems } = resolve(text);
  expect(ways).toBeUndefined();
  expect(problems.map((each) => each.severity)).toEqual(['error']);
  const [first] = problems;
  return { code: first?.code, message: first?.message, hints: first?.hints ?? [], at: first?.at };
}

describe('kinds of hooks', () => {
  it('are these', () => {
    expect(hookKinds.map((each) => each.kind).join(' ')).toBe(kinds);
  });

  it('are told when there is no such one', () => {
    expect(bad('kprob:tcp_connect')).toEqual({
      code: 'hook-unknown',
      message: 'unknown kind of hook "kprob"',
      hints: ['did you mean "kprobe"?', `the kinds are ${kinds}`],
      at: 'kprob',
    });
    expect(bad('constructor:x')).toMatchObject({ code: 'hook-unknown', at: 'constructor' });
  });
});

describe('kernel functions', () => {
  it.each([
    ['fentry:tcp_connect', [['fentry:tcp_connect | fentry/tcp_connect tcp_connect (sk: struct sock *)']]],
    ['fexit:tcp_connect', [['fexit:tcp_connect | fexit/tcp_connect tcp_connect (sk: struct sock *) -> int']]],
    ['kprobe:tcp_connect', [['kprobe:tcp_connect | kprobe tcp_connect (sk: struct sock *)']]],
    ['kretprobe:tcp_connect', [['kretprobe:tcp_connect | kretprobe tcp_connect (no args) -> int']]],
    ['kprobe:tcp_connect+0x10', [['kprobe:tcp_connect+0x10 | kprobe tcp_connect+16 (no args)']]],
    [
      'function:tcp_connect',
      [
        ['fentry:tcp_connect | fentry/tcp_connect tcp_connect (sk: struct sock *)'],
        ['kprobe:tcp_connect | kprobe tcp_connect (sk: struct sock *)'],
      ],
    ],
    [
      'call:tcp_connect',
      [
        [
          'fexit:tcp_connect | fexit/tcp_connect tcp_connect (sk: struct sock *) -> int | fentry/tcp_connect tcp_connect (sk: struct sock *)',
        ],
        [
          'kprobe+kretprobe:tcp_connect | kretprobe tcp_connect (no args) -> int | kprobe tcp_connect (sk: struct sock *)',
        ],
      ],
    ],
    [
      'function:unnamed',
      [
        ['fentry:unnamed | fentry/unnamed unnamed (0: int, 1: struct sock *)'],
        ['kprobe:unnamed | kprobe unnamed (0: int, 1: struct sock *)'],
      ],
    ],
    // Six arguments are in registers on x86-64; a trampoline keeps more.
    ['kprobe:seven', [['kprobe:seven | kprobe seven (a: int, b: int, c: int, d: int, e: int, f: int)']]],
    ['fentry:seven', [['fentry:seven | fentry/seven seven (a: int, b: int, c: int, d: int, e: int, f: int, g: int)']]],
    ['fexit:tcp_close', [['fexit:tcp_close | fexit/tcp_close tcp_close (sk: struct sock *, timeout: long int)']]],
    // Where an argument takes more than a register, nobody knows where the next ones are.
    ['kprobe:set_owner', [['kprobe:set_owner | kprobe set_owner (task: struct task_struct *)']]],
    ['kprobe:_printk', [['kprobe:_printk | kprobe _printk (fmt: char *)']]],
    ['function:_printk', [['kprobe:_printk | kprobe _printk (fmt: char *)']]],
    ['function:thirteen', [['kprobe:thirteen | kprobe thirteen (a: int, b: int, c: int, d: int, e: int, f: int)']]],
  ])('%s', (text, ways) => {
    expect(good(text)).toEqual(ways);
  });

  it('are reached by position, too', () => {
    const args = resolve('fentry:vfs_read').ways?.[0]?.[0]?.main.args;
    const { span } = located('x');
    expect(args && 'value' in args && args.value.get('1')?.(span)).toMatchObject({ access: { via: 'slot', index: 1 } });
    expect(args && 'value' in args && args.value.get('buf')?.(span)).toMatchObject({ type: { space: 'user' } });
  });

  it('say why there are no arguments or no value', () => {
    const main = (text: string) => resolve(text).ways?.[0]?.[0]?.main;
    const together = ['write call:tcp_connect to have args and retval together'];
    expect(main('kretprobe:tcp_connect')?.args).toEqual({
      missing: 'at the return of a function its arguments are gone',
      hints: together,
    });
    expect(main('kprobe:tcp_connect')?.retval).toEqual({
      missing: 'a function has no return value yet at its entry',
      hints: together,
    });
    expect(main('kprobe:tcp_connect+4')?.args).toEqual({
      missing: 'inside a function its arguments may have been overwritten',
      hints: ['write kprobe:tcp_connect for its entry'],
    });
    for (const kind of ['fexit', 'kretprobe']) {
      const why = (name: string) => {
        const retval = main(`${kind}:${name}`)?.retval;
        return retval && 'missing' in retval ? retval.missing : undefined;
      };
      expect(why('tcp_close')).toBe('tcp_close returns nothing');
      expect(why('get_owner')).toBe('get_owner returns a struct by value, which cannot be read');
      expect(why('get_weight')).toBe('get_weight returns a float by value, which cannot be read');
    }
  });

  it.each([
    [
      'fentry:tcp_conect',
      'hook-not-found',
      'this kernel has no function "tcp_conect"',
      ['did you mean "tcp_connect"?'],
      'tcp_conect',
    ],
    [
      'kprobe:nothing_like_it',
      'hook-not-found',
      'this kernel has no function "nothing_like_it"',
      [],
      'nothing_like_it',
    ],
    ['kprobe:', 'hook-target', '"" is not the name of a function', ['write kprobe:tcp_connect'], ''],
    ['call:a b', 'hook-target', '"a b" is not the name of a function', ['write call:tcp_connect'], 'a b'],
    [
      'fentry:tcp_connect+4',
      'hook-target',
      'only a kprobe can sit inside a function, not a fentry',
      ['write kprobe:tcp_connect+4'],
      'tcp_connect+4',
    ],
    [
      'kretprobe:tcp_connect+4',
      'hook-target',
      'only a kprobe can sit inside a function, not a kretprobe',
      ['write kprobe:tcp_connect+4'],
      'tcp_connect+4',
    ],
    [
      'fentry:_printk',
      'hook-unsupported',
      'fentry cannot attach to "_printk": it takes a variable number of arguments',
      ['write kprobe:_printk'],
      'fentry:_printk',
    ],
    [
      'fexit:thirteen',
      'hook-unsupported',
      'fexit cannot attach to "thirteen": it takes more than 12 arguments',
      ['write kretprobe:thirteen'],
      'fexit:thirteen',
    ],
    [
      'fentry:set_owner',
      'hook-unsupported',
      'fentry cannot attach to "set_owner": it takes "owner" by value, which is struct pair',
      ['write kprobe:set_owner'],
      'fentry:set_owner',
    ],
  ])('%s is refused', (text, code, message, hints, at) => {
    expect(bad(text)).toEqual({ code, message, hints, at });
  });
});

describe('tracepoints', () => {
  it.each([
    [
      'tp_btf:sched_switch',
      'tp_btf:sched_switch | tp_btf/sched_switch sched_switch (preempt: bool, prev: struct task_struct *, next: struct task_struct *, prev_state: unsigned int)',
    ],
    [
      'raw_tracepoint:sched_wakeup',
      'raw_tracepoint:sched_wakeup | raw_tp/sched_wakeup sched_wakeup (p: struct task_struct *)',
    ],
    [
      'tracepoint:sched:sched_process_exec',
      'tracepoint:sched:sched_process_exec | tracepoint sched:sched_process_exec (filename: char[0], pid: pid_t, old_pid: pid_t)',
    ],
    [
      'tracepoint:sched:sched_switch',
      'tracepoint:sched:sched_switch | tracepoint sched:sched_switch (prev_comm: char[16], prev_pid: pid_t, prev_state: long int, cpus: unsigned int[2], mac: unsigned char[6])',
    ],
  ])('%s', (text, way) => {
    expect(good(text)).toEqual([[way]]);
  });

  it.each([
    [
      'tp_btf:sched:sched_switch',
      'hook-not-found',
      'this kernel has no tracepoint "sched:sched_switch"',
      ['leave out the category: tp_btf:sched_switch'],
    ],
    [
      'raw_tracepoint:sched_wakeupp',
      'hook-not-found',
      'this kernel has no tracepoint "sched_wakeupp"',
      ['did you mean "sched_wakeup"?'],
    ],
    [
      'tracepoint:sched_switch',
      'hook-target',
      '"sched_switch" is not CATEGORY:NAME',
      ['write tracepoint:sched:sched_switch'],
    ],
    [
      'tracepoint:sched:nothing',
      'hook-not-found',
      'this kernel’s types have no tracepoint "sched:nothing"',
      ['tracefs, which only root can read, would tell for certain'],
    ],
  ])('%s is refused', (text, code, message, hints) => {
    expect(bad(text)).toEqual({ code, message, hints, at: text.slice(text.indexOf(':') + 1) });
  });
});

describe('system calls', () => {
  it('are seen at both ends', () => {
    const [[way = ''] = []] = good('syscall:read') ?? [];
    expect(way.split(' | ').slice(0, 2)).toEqual([
      'syscall:read',
      'tracepoint syscalls:sys_exit_read (no args) -> i64',
    ]);
    expect(way).toMatch(/tracepoint syscalls:sys_enter_read \(fd: unsigned int, buf: user char \*, count: size_t\)$/);
  });

  it('may be several, each once', () => {
    const { ways, problems } = resolve('syscall:{open, openat,open}');
    expect(problems).toEqual([]);
    expect(ways?.[0]?.map((each) => each.label)).toEqual(['syscall:open', 'syscall:openat']);
  });

  it('may lack some of a set, with a note', () => {
    const { ways, problems } = resolve('syscall:{open,no_such}');
    expect(ways?.[0]).toHaveLength(1);
    expect(problems).toEqual([
      {
        code: 'hook-not-found',
        severity: 'note',
        message: 'this kernel has no system call "no_such": left out',
        hints: [],
        at: '{open,no_such}',
      },
    ]);
  });

  const hints = ['write syscall:openat or syscall:{open,openat}'];
  it.each([
    ['syscall:opnat', 'hook-not-found', 'this kernel has no system call "opnat"', ['did you mean "openat"?']],
    [
      'syscall:{}',
      'hook-target',
      '"{}" is no pattern: a name is missing between its braces',
      ['write * for any characters'],
    ],
    ['syscall:open at', 'hook-target', '"open at" is not the name of a system call', hints],
  ])('%s is refused', (text, code, message, expected) => {
    const told = bad(text);
    expect([told.code, told.message, told.at]).toEqual([code, message, text.slice('syscall:'.length)]);
    expect(told.hints?.[0]?.slice(0, 20)).toBe(expected[0]?.slice(0, 20));
  });
});

describe('intervals', () => {
  it.each([
    ['interval:1s', '1000000000'],
    ['interval:1ms', '1000000'],
    ['interval:1000us', '1000000'],
    ['interval:2m', '120000000000'],
    ['interval:1h', '3600000000000'],
  ])('%s', (text, period) => {
    expect(good(text)).toEqual([[`${text} | perf_event ${period} (no args)`]]);
  });

  it.each([
    ['interval:1', '"1" is not a time'],
    ['interval:s', '"s" is not a time'],
    ['interval:1.5s', '"1.5s" is not a time'],
    ['interval:1constructor', '"1constructor" is not a time'],
    ['interval:-1s', '"-1s" is not a time'],
    ['interval:', '"" is not a time'],
    ['interval:999us', 'an interval is at least 1ms'],
    ['interval:0s', 'an interval is at least 1ms'],
    ['interval:9999999999999h', 'an interval is at most 2562047h'],
  ])('%s is refused', (text, message) => {
    expect(bad(text)).toEqual({
      code: 'hook-target',
      message,
      hints: ['write interval:1s or interval:100ms'],
      at: text.slice('interval:'.length),
    });
  });
});
