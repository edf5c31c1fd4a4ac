import { describe, expect, it } from 'vitest';
import { check, map, type Setting } from '../../../test/support/checked-expression.js';

const setting: Setting = {
  params: { name: 'comm', title: 'string(20)', n: 'u32' },
  maps: [
    map('counts', { k: 'u32' }, 'count'),
    map('names', { k: 'u32' }, 'string(16)'),
    map('last', { k: 'u32' }, 'i32'),
  ],
};

function typed(text: string) {
  const { typed: found, type, problems } = check(text, setting);
  expect(problems).toEqual([]);
  return { typed: found, type };
}

function problem(text: string) {
  const { typed: found, problems } = check(text, setting);
  expect(found).toBeUndefined();
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe('comparisons', () => {
  it.each([
    'args.u32 == 1',
    'args.i32 < 0',
    'args.i64 < 4294967296',
    'args.i32 < args.u32',
    'args.u64 == args.u8',
    'args.i64 >= args.i8',
    'args.op == REQ_OP_WRITE',
    'args.yes == true',
    'args.p == 0',
    'args.p == args.sk',
    'args.p != args.u64',
    'args.below == BELOW_ZERO',
    'comm == "bash"',
    '"bash" == comm',
    'comm != "bash"',
    'args.p.comm == "bash"',
    'str(args.buf) == "x"',
    'comm == param.name',
    'param.name != comm',
    'str(args.buf) == param.title',
    'args.p.comm == param.name',
    'param.title == "x"',
    'names[1] == "x"',
    'hook.name == "fentry:tcp_connect"',
    'probe == "connect"',
    '1s > args.u64',
    'not comm == "x"',
    'args.p and args.u32',
    'not args.p',
    'args.u32 in [1, 2, REQ_OP_WRITE]',
    'args.u32 not in [1, 2]',
    'comm in ["a", "b", param.name]',
    'args.u32 in counts',
    'args.u8 not in counts',
    'args.u32 in []',
  ])('%s is a bool', (text) => {
    expect(typed(text).type).toBe('bool');
  });

  it.each([
    ['1 < 2', 1n],
    ['-1 < 1', 1n],
    ['2 >= 3', 0n],
    ['2 != 2', 0n],
    ['"a" == "a"', 1n],
    ['"a" != "a"', 0n],
    ['probe == "other"', 0n],
    ['hook.name == "fentry:tcp_connect"', 1n],
    ['hook.name != "fentry:tcp_connect"', 0n],
    ['hook.name == "kprobe:tcp_connect"', 0n],
    ['pid in []', 0n],
    ['1 in [2, 1]', undefined],
  ])('%s is known now', (text, value) => {
    const { typed: found } = typed(text);
    expect(found?.op === 'constant' ? found.value : undefined).toBe(value);
  });

  const negative = 'an unsigned value is never negative';
  it.each([
    [
      'args.u64 < args.i64',
      {
        code: 'sign-mismatch',
        message: 'u64 and i64 differ in sign, so their order is not defined',
        hints: ['write "as i64" after the unsigned one, or "as u64" after the signed one'],
        at: 'args.u64 < args.i64',
      },
    ],
    [
      'args.u32 == -1',
      {
        code: 'sign-mismatch',
        message: 'u32 and i64 differ in sign, so their order is not defined',
        hints: [negative],
        at: 'args.u32 == -1',
      },
    ],
    [
      'args.i64 == 0xffffffffffffffff',
      {
        code: 'sign-mismatch',
        message: 'i64 and u64 differ in sign, so their order is not defined',
        hints: ['write "as i64" after the unsigned one, or "as u64" after the signed one'],
        at: 'args.i64 == 0xffffffffffffffff',
      },
    ],
    [
      'args.u32 in [1, -1]',
      {
        code: 'sign-mismatch',
        message: 'u32 and i64 differ in sign, so their order is not defined',
        hints: [negative],
        at: '-1',
      },
    ],
    [
      'comm == 3',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare comm with u64',
        hints: ['write a text in quotes: "3"'],
        at: 'comm == 3',
      },
    ],
    [
      'pid == "3"',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare u32 with string(1)',
        hints: ['a text compares with comm, with str(…) and with char arrays'],
        at: 'pid == "3"',
      },
    ],
    [
      'args.op == "REQ_OP_WRITE"',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare enum req_op with string(12)',
        hints: ['write the enumerator’s name without quotes: REQ_OP_WRITE'],
        at: 'args.op == "REQ_OP_WRITE"',
      },
    ],
    [
      'comm < "b"',
      {
        code: 'type-mismatch',
        message: '"<" does not compare texts',
        hints: ['texts are compared with == and !='],
        at: '<',
      },
    ],
    [
      'comm == str(args.buf)',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare comm with string(128)',
        hints: ['one side must be a text literal or a param'],
        at: 'comm == str(args.buf)',
      },
    ],
    [
      'args.text == "x"',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare char * with string(1)',
        hints: ['read the text with str(…)'],
        at: 'args.text == "x"',
      },
    ],
    [
      'args.p == comm',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare struct task_struct * with comm',
        hints: [],
        at: 'args.p == comm',
      },
    ],
    [
      'args.p == args.msg',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare struct task_struct * with user struct msghdr *',
        hints: ['one address is the kernel’s, the other user space’s'],
        at: 'args.p == args.msg',
      },
    ],
    [
      'comm and true',
      {
        code: 'type-mismatch',
        message: 'a condition should stand here, but this is comm',
        hints: ['compare it with something'],
        at: 'comm',
      },
    ],
    [
      'not comm',
      {
        code: 'type-mismatch',
        message: 'a condition should stand here, but this is comm',
        hints: ['compare it with something'],
        at: 'comm',
      },
    ],
    [
      'comm in ["a", 3]',
      {
        code: 'type-mismatch',
        message: '"==" cannot compare comm with u64',
        hints: ['write a text in quotes: "3"'],
        at: '3',
      },
    ],
    [
      'pid in countz',
      {
        code: 'map-unknown',
        message: 'a map or a list should stand after "in"',
        hints: ['did you mean "counts"?', 'write x in [1, 2, 3]'],
        at: 'countz',
      },
    ],
    [
      'pid in (3)',
      {
        code: 'map-unknown',
        message: 'a map or a list should stand after "in"',
        hints: ['write x in [1, 2, 3]'],
        at: '(3)',
      },
    ],
    [
      'args.p.owner == 1',
      {
        code: 'type-mismatch',
        message: 'struct {…} is not one value',
        hints: ['name one of its members'],
        at: 'args.p.owner',
      },
    ],
  ])('%s is refused', (text, expected) => {
    expect(problem(text)).toEqual(expected);
  });
});
