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
