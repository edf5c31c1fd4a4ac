import { describe, expect, it } from 'vitest';
import { check, map, type Setting } from '../../../test/support/checked-expression.js';

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

describe('names', () => {
  it.each([
    ['time', 'timestamp'],
    ['now', 'u64'],
    ['pid', 'u32'],
    ['tid', 'u32'],
    ['uid', 'u32'],
    ['gid', 'u32'],
    ['comm', 'comm'],
    ['cpu', 'u32'],
    ['cgroup', 'u64'],
    ['ppid', 'u32'],
    ['task', 'struct task_struct *'],
    ['probe', 'enum probe'],
    ['hook.name', 'enum hook'],
    ['TCP_SYN_SENT', 'enum'],
    ['REQ_OP_WRITE', 'enum req_op'],
    ['AF_INET', 'u64'],
    ['true', 'bool'],
    ['args.i32', 'i32'],
    ['args.op', 'enum req_op'],
    ['param.port', 'u16'],
  ])('%s is %s', (text, type) => {
    expect(typeOf(text, { params: { port: 'u16' } })).toBe(type);
  });

  it.each([
    ['pdi', { code: 'name-unknown', message: 'unknown name "pdi"', hints: ['did you mean "pid"?'], at: 'pdi' }],
    [
      'AF_INTE == 2',
      {
        code: 'name-unknown',
        message: 'unknown name "AF_INTE"',
        hints: ['did you mean "AF_INET", "AF_INET6" or "PF_INET"?'],
        at: 'AF_INTE',
      },
    ],
    [
      'TCP_SYN_SEND',
      {
        code: 'name-unknown',
        message: 'unknown name "TCP_SYN_SEND"',
        hints: ['did you mean "TCP_SYN_SENT"?'],
        at: 'TCP_SYN_SEND',
      },
    ],
    ['sk', { code: 'name-unknown', message: 'unknown name "sk"', hints: ['the hook’s argument is args.sk'], at: 'sk' }],
    [
      'port',
      { code: 'name-unknown', message: 'unknown name "port"', hints: ['a param is written param.port'], at: 'port' },
    ],
    [
      'countz[1]',
      { code: 'name-unknown', message: 'unknown name "countz"', hints: ['did you mean "counts"?'], at: 'countz' },
    ],
    [
      'counts',
      { code: 'type-mismatch', message: '"counts" is a map, not a value', hints: ['write counts[key]'], at: 'counts' },
    ],
    [
      'str',
      { code: 'type-mismatch', message: '"str" is a function', hints: ['call it: str(pointer[, max])'], at: 'str' },
    ],
    [
      'args',
      { code: 'type-mismatch', message: '"args" is no value by itself', hints: ['write args.NAME'], at: 'args' },
    ],
    [
      'start',
      {
        code: 'type-mismatch',
        message: '"start" is no value by itself',
        hints: ['write start.args.NAME'],
        at: 'start',
      },
    ],
    [
      'param',
      { code: 'type-mismatch', message: '"param" is no value by itself', hints: ['write param.NAME'], at: 'param' },
    ],
    [
      'hook',
      { code: 'type-mismatch', message: '"hook" is no value by itself', hints: ['write hook.name'], at: 'hook' },
    ],
    ['hook.nam', { code: 'member-unknown', message: 'hook has no "nam"', hints: ['there is hook.name'], at: 'nam' }],
    [
      'param.prot',
      { code: 'name-unknown', message: 'there is no param "prot"', hints: ['did you mean "port"?'], at: 'prot' },
    ],
    [
      'retval',
      {
        code: 'name-unknown',
        message: '"retval" is not there: a function has no return value yet at its entry',
        hints: ['write call:tcp_connect'],
        at: 'retval',
      },
    ],
    [
      'duration > 1ms',
      {
        code: 'name-unknown',
        message: '"duration" is not there: this probe has no start and end',
        hints: [],
        at: 'duration',
      },
    ],
    [
      'start.args.p.pid == 1',
      {
        code: 'name-unknown',
        message: '"start" is not there: this probe has no start and end',
        hints: [],
        at: 'start.args.p.pid',
      },
    ],
  ])('%s', (text, expected) => {
    expect(problem(text, { params: { port: 'u16' }, maps: [map('counts', { k: 'u32' }, 'count')] })).toEqual(expected);
  });

  it.each(['constructor', 'toString', 'valueOf', '__proto__', 'hasOwnProperty'])(
    '%s is no name of JavaScript’s',
    (name) => {
      expect(problem(name)).toMatchObject({ code: 'name-unknown', at: name });
      expect(problem(`args.${name}`)).toMatchObject({ code: 'member-unknown', at: name });
      expect(problem(`args.p.${name}`)).toMatchObject({ code: 'member-unknown', at: name });
      expect(problem(`1 as ${name}`)).toMatchObject({ code: 'type-unknown', at: name });
      expect(problem(`${name}(1)`)).toMatchObject({ code: 'function-unknown', at: name });
      expect(problem(`param.${name}`)).toMatchObject({ code: 'name-unknown', at: name });
    },
  );

  it('says what arguments there are', () => {
    const told = problem('args.skb');
    expect(told?.message).toBe('tcp_connect has no argument "skb"');
    expect(told?.at).toBe('skb');
    expect(told?.hints[0]).toContain('did you mean');
    expect(told?.hints[1]).toContain('its arguments are p, sk, sock, buf');
  });

  it('says that there are no params at all', () => {
    expect(problem('param.x')?.hints).toEqual(['the pipeline declares no params']);
  });

  it('notes which params and lets are used', () => {
    const { scope } = check('a == param.x', { lets: { a: '1', b: '2' }, params: { x: 'u8', y: 'u8' } });
    expect([...scope.used.lets]).toEqual(['a']);
    expect([...scope.used.params]).toEqual(['x']);
  });
});

describe('let values', () => {
  it('are what their expression is, checked once', () => {
    expect(typeOf('n + n', { lets: { n: 'args.i32' } })).toBe('i64');
    expect(typeOf('parent.comm', { lets: { parent: 'args.p.real_parent' } })).toBe('string(15)');
    expect(typeOf('name', { lets: { name: 'args.p.comm' } })).toBe('string(15)');
    expect(typeOf('cells[1][2]', { lets: { cells: 'args.p.grid' } })).toBe('unsigned int');
  });

  it('go before builtins, enumerators and macros', () => {
    expect(typeOf('pid', { lets: { pid: 'comm' } })).toBe('comm');
    expect(typeOf('AF_INET', { lets: { AF_INET: 'comm' } })).toBe('comm');
  });

  it('have the place where they are used', () => {
    expect(problem('1 + who', { lets: { who: 'comm' } })).toMatchObject({ at: 'who' });
  });

  it('must not need themselves', () => {
    expect(problem('a', { lets: { a: 'b + 1', b: 'a + 1' } })).toEqual({
      code: 'let-cycle',
      message: 'the let value "a" needs itself',
      hints: [],
      at: 'a',
    });
    expect(problem('pid', { lets: { pid: 'pid' } })).toMatchObject({ code: 'let-cycle' });
  });

  it('tell of their mistakes once, however often they are used', () => {
    const { problems } = check('if(bad == 1, bad, bad)', { lets: { bad: 'args.nothing' } });
    expect(problems.map((each) => each.at)).toEqual(['nothing']);
  });
});

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
