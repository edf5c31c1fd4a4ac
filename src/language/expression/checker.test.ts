import { describe, expect, it } from 'vitest';
import { check, type Setting } from '../../../test/support/checked-expression.js';

/** Checks, expects no problem, and gives the type. */
function typeOf(text: string, setting: Setting = {}): string | undefined {
  const { type, problems } = check(text, setting);
  expect(problems).toEqual([]);
  return type;
}

function problem(text: string, setting: Setting = {}) {
  const { typed, problems } = check(text, setting);
  expect(typed).toBeUndefined();
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe('members', () => {
  it.each([
    ['args.p.pid', 'pid_t'],
    ['args.p.real_parent.real_parent.tgid', 'pid_t'],
    ['args.p.comm', 'string(15)'],
    ['args.p.cookie', 'bytes(6)'],
    ['args.p.on_cpu', 'bool'],
    ['args.p.flag_a', 'unsigned int'],
    ['args.p.owner.val', 'unsigned int'],
    ['args.p.op', 'enum req_op'],
    ['args.p.grid[1][2]', 'unsigned int'],
    ['args.p.pairs[3].b[0]', 'unsigned char'],
    ['args.p.unnamed[1].y', 'int'],
    ['args.sk.__sk_common.skc_dport', '__be16'],
    ['args.sk.__sk_common.skc_daddr', '__be32'],
    ['args.sk.__sk_common.skc_addrpair', 'long unsigned int'],
    ['args.p.name[0]', 'char'],
    ['args.p.names[0][1]', 'char'],
    ['args.p.names[0]', 'char *'],
    ['args.p.hidden_at', 'struct hidden *'],
    ['args.numbers[3]', 'u32'],
    ['args.p[1].pid', 'pid_t'],
    ['args.p.uids[2].val', 'unsigned int'],
    ['args.p.tail[7]', 'unsigned int'],
    ['args.p.hook', 'function *'],
  ])('%s is %s', (text, type) => {
    expect(typeOf(text)).toBe(type);
  });

  it('are read from where the pointer points', () => {
    expect(check('args.p.pid').typed).toMatchObject({ op: 'load', space: 'kernel' });
    expect(check('args.msg.msg_name').typed).toMatchObject({ op: 'load', space: 'user', type: { space: 'user' } });
    expect(check('args.msg.deep.a').typed).toMatchObject({ op: 'load', space: 'user' });
    expect(check('args.p.arg').typed).toMatchObject({ op: 'load', space: 'kernel', type: { space: 'user' } });
    expect(check('args.p.arg[0]').typed).toMatchObject({ op: 'load', space: 'user' });
  });

  it('between two pointers are one read', () => {
    const { typed } = check('args.sk.__sk_common.skc_dport');
    expect(typed?.op === 'load' && typed.steps.map((each) => 'member' in each && each.member)).toEqual([
      '__sk_common',
      'skc_dport',
    ]);
  });

  it.each([
    [
      'args.p.pidd',
      {
        code: 'member-unknown',
        message: 'struct task_struct has no member "pidd"',
        hints: ['did you mean "pid"?'],
        at: 'pidd',
      },
    ],
    [
      'args.sock.ks',
      {
        code: 'member-unknown',
        message: 'struct socket has no member "ks"',
        hints: ['did you mean "sk"?', 'its members are sk'],
        at: 'ks',
      },
    ],
    [
      'args.p.hidden_at.x',
      {
        code: 'member-unknown',
        message: 'struct hidden has no member "x"',
        hints: ['struct hidden is only declared, not defined, in the type information'],
        at: 'x',
      },
    ],
    ['pid.x', { code: 'member-unknown', message: 'u32 has no members, so no "x"', hints: [], at: 'x' }],
    [
      'args.any.x',
      {
        code: 'member-unknown',
        message: 'void * has no members, so no "x"',
        hints: ['say what it points at: (… as struct NAME).x'],
        at: 'x',
      },
    ],
    [
      'args.u64.x',
      {
        code: 'member-unknown',
        message: 'u64 has no members, so no "x"',
        hints: ['say what it points at: (… as struct NAME).x'],
        at: 'x',
      },
    ],
    [
      'args.p.names.x',
      {
        code: 'member-unknown',
        message: 'char * * has no members, so no "x"',
        hints: ['it points at a pointer: follow it with [0] first'],
        at: 'x',
      },
    ],
    [
      'args.p.weight',
      {
        code: 'type-mismatch',
        message: 'a float cannot be read',
        hints: ['BPF has no floating-point numbers'],
        at: 'args.p.weight',
      },
    ],
    [
      'args.p.owner',
      {
        code: 'type-mismatch',
        message: 'struct {…} is not one value',
        hints: ['name one of its members'],
        at: 'args.p.owner',
      },
    ],
    [
      'args.p.grid',
      {
        code: 'type-mismatch',
        message: 'unsigned int[3][2] is not one value',
        hints: ['take an element with [index]'],
        at: 'args.p.grid',
      },
    ],
    [
      'args.p.grid[2][0]',
      {
        code: 'value-range',
        message: 'the array has 2 elements, so there is no [2]',
        hints: ['the last one is [1]'],
        at: '2',
      },
    ],
    [
      'args.p.grid[0][-1]',
      {
        code: 'value-range',
        message: 'the array has 3 elements, so there is no [-1]',
        hints: ['the last one is [2]'],
        at: '-1',
      },
    ],
    [
      'args.p.grid[comm]',
      { code: 'type-mismatch', message: 'an index is a number, but this is comm', hints: [], at: 'comm' },
    ],
    [
      'args.p.grid[0, 1]',
      {
        code: 'type-mismatch',
        message: 'only a map takes a key of several parts',
        hints: ['an array of arrays is read by [0][1]'],
        at: '1',
      },
    ],
    [
      'pid[0]',
      { code: 'type-mismatch', message: 'u32 cannot be indexed', hints: ['arrays, pointers and maps can'], at: 'pid' },
    ],
    [
      'args.any[0]',
      {
        code: 'type-mismatch',
        message: 'void * points at nothing that can be read',
        hints: ['say what it points at: (… as u64 *)[0]'],
        at: 'args.any',
      },
    ],
    [
      'args.p.comm[16]',
      {
        code: 'value-range',
        message: 'the array has 16 elements, so there is no [16]',
        hints: ['the last one is [15]'],
        at: '16',
      },
    ],
  ])('%s', (text, expected) => {
    expect(problem(text)).toEqual(expected);
  });
});

describe('casts', () => {
  it.each([
    ['args.u64 as u32', 'u32'],
    ['args.i32 as duration', 'duration'],
    ['args.op as u8', 'u8'],
    ['args.u32 as enum req_op', 'enum req_op'],
    ['args.any as struct sock', 'struct sock *'],
    ['args.any as struct sock *', 'struct sock *'],
    ['args.u64 as struct sock', 'struct sock *'],
    ['args.u64 as user struct sock', 'user struct sock *'],
    ['args.u64 as user char *', 'user char *'],
    ['args.msg as struct sock', 'user struct sock *'],
    ['args.msg as struct sock *', 'user struct sock *'],
    ['args.any as user struct sock', 'user struct sock *'],
    ['args.msg.msg_name as struct pair', 'user struct pair *'],
    ['args.p.owner as u32 *', 'u32 *'],
    ['args.p as u64', 'u64'],
    ['(args.any as struct task_struct).pid', 'pid_t'],
    ['args.u32 as unsigned long long', 'u64'],
    ['args.u32 as unsigned long int', 'u64'],
    ['args.u32 as long long int', 'i64'],
    ['args.u32 as long unsigned int', 'u64'],
    ['args.u32 as short int', 'i16'],
    ['args.u32 as signed', 'i32'],
    ['args.u32 as size_t', 'size_t'],
    ['args.u32 as pid_t', 'pid_t'],
    ['args.p as bool', 'bool'],
  ])('%s is %s', (text, type) => {
    expect(typeOf(text)).toBe(type);
  });

  it.each([
    ['300 as u8', 44n],
    ['255 as i8', -1n],
    ['-1 as u16', 65_535n],
    ['-1 as u64', (1n << 64n) - 1n],
    ['7 as bool', 1n],
    ['1s as u64', 1_000_000_000n],
  ])('%s is known now', (text, value) => {
    expect(check(text).typed).toMatchObject({ op: 'constant', value });
  });

  it.each([
    ['comm as u32', { code: 'type-mismatch', message: 'comm cannot be read as u32', hints: [], at: 'comm as u32' }],
    [
      'args.text as string(8)',
      {
        code: 'type-mismatch',
        message: 'char * cannot be read as string(8)',
        hints: ['read text with str(pointer)'],
        at: 'args.text as string(8)',
      },
    ],
    [
      'args.u32 as ip',
      { code: 'type-mismatch', message: 'u32 cannot be read as ip', hints: ['write ip(x)'], at: 'args.u32 as ip' },
    ],
    [
      'args.u32 as struct sock',
      {
        code: 'type-mismatch',
        message: 'u32 cannot be read as struct sock',
        hints: ['an address has 64 bits: write x as u64 first'],
        at: 'args.u32 as struct sock',
      },
    ],
    ['pid as void', { code: 'type-mismatch', message: 'u32 cannot be read as void', hints: [], at: 'pid as void' }],
    [
      'args.any as struct sok',
      {
        code: 'type-unknown',
        message: 'the BTF in "/types/of/a/rich/kernel" has no struct "sok"',
        hints: ['did you mean "sock"?'],
        at: 'struct sok',
      },
    ],
    [
      'args.any as union pair',
      {
        code: 'type-unknown',
        message: 'the BTF in "/types/of/a/rich/kernel" has no union "pair"',
        hints: ['write "struct pair"'],
        at: 'union pair',
      },
    ],
    [
      'pid as sock',
      { code: 'type-unknown', message: '"sock" is a struct', hints: ['write "struct sock"'], at: 'sock' },
    ],
    [
      'pid as req_op',
      { code: 'type-unknown', message: '"req_op" is an enum', hints: ['write "enum req_op"'], at: 'req_op' },
    ],
    ['pid as u23', { code: 'type-unknown', message: 'unknown type "u23"', hints: ['did you mean "u32"?'], at: 'u23' }],
    [
      'pid as unsigned char short',
      { code: 'type-unknown', message: 'unknown type "unsigned char short"', hints: [], at: 'unsigned char short' },
    ],
    [
      'args.text as string(0)',
      { code: 'value-range', message: 'string(N) takes an N from 1 to 4096', hints: [], at: 'string(0)' },
    ],
    [
      'args.text as bytes(4097)',
      { code: 'value-range', message: 'bytes(N) takes an N from 1 to 4096', hints: [], at: 'bytes(4097)' },
    ],
  ])('%s', (text, expected) => {
    expect(problem(text)).toEqual(expected);
  });
});
