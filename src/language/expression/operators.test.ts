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

describe('arithmetic', () => {
  it.each([
    ['args.u32 + 1', 'u64'],
    ['args.i32 + 1', 'i64'],
    ['1 + args.i32', 'i64'],
    ['args.u32 - args.i32', 'i64'],
    ['args.u64 * args.u8', 'u64'],
    ['args.i32 / 2', 'i64'],
    ['args.u32 % 7', 'u64'],
    ['args.u32 & -1', 'i64'],
    ['args.i32 << args.u8', 'i64'],
    ['args.u32 << args.i8', 'u64'],
    ['-args.u32', 'i64'],
    ['~args.i32', 'u64'],
    ['args.yes + args.yes', 'u64'],
    ['args.op + 1', 'u64'],
    ['args.below + 1', 'i64'],
    ['args.p + 8', 'void *'],
    ['args.msg - 8', 'user void *'],
  ])('%s is %s', (text, type) => {
    expect(typed(text).type).toBe(type);
  });

  it.each([
    ['1s + 500ms', 'duration'],
    ['args.u64 * 1ms', 'duration'],
    ['1ms * args.u64', 'duration'],
    ['1s / 4', 'duration'],
    ['1s / 1ms', 'u64'],
    ['args.u64 / 1us', 'u64'],
    ['1s % 7', 'duration'],
    ['-1s', 'duration'],
    ['(args.u64 as duration) / 1us', 'u64'],
    ['(args.u64 as duration) * (args.u64 as duration)', 'u64'],
    ['(args.u64 as duration) << 1', 'u64'],
    ['time - time', 'duration'],
    ['time + 1s', 'timestamp'],
    ['1s + time', 'timestamp'],
    ['time - 1s', 'timestamp'],
    ['time - 5', 'timestamp'],
    ['5 + time', 'timestamp'],
    ['time * 2', 'u64'],
    ['time / 1s', 'u64'],
    ['time % 1s', 'duration'],
    ['max(args.u64 as duration, 1ms)', 'duration'],
    ['abs(-(args.u64 as duration))', 'duration'],
  ])('%s is %s: what times mean', (text, type) => {
    expect(typed(text).type).toBe(type);
  });

  it.each([
    ['2 + 3 * 4', 14n],
    ['7 / 2', 3n],
    ['-7 / 2', -3n],
    ['-7 % 3', -1n],
    ['5 / 0', 0n],
    ['5 % 0', 5n],
    ['0 - 5', -5n],
    ['6 & 3 | 8 ^ 1', 11n],
    ['1 << 63', 1n << 63n],
    ['-8 >> 1', -4n],
    ['~5', (1n << 64n) - 6n],
    ['~-1', 0n],
    ['-9223372036854775808', -(1n << 63n)],
    ['18446744073709551615 - 1', (1n << 64n) - 2n],
    ['O_CREAT | O_EXCL', 0o300n],
    ['TCP_SYN_SENT + 1', 3n],
    ['BELOW_ZERO - 1', -2n],
    ['1s / 1us', 1_000_000n],
  ])('%s is known now: %s', (text, value) => {
    expect(typed(text).typed).toMatchObject({ op: 'constant', value });
  });

  it.each([
    ['1 << 64', { code: 'value-range', message: 'a shift is by 0 to 63 bits, not by 64', hints: [], at: '64' }],
    ['args.u64 >> 64', { code: 'value-range', message: 'a shift is by 0 to 63 bits, not by 64', hints: [], at: '64' }],
    ['args.u64 >> -1', { code: 'value-range', message: 'a shift is by 0 to 63 bits, not by -1', hints: [], at: '-1' }],
    [
      '18446744073709551615 + 1',
      {
        code: 'value-range',
        message: '18446744073709551616 does not fit in 64 bits',
        hints: [],
        at: '18446744073709551615 + 1',
      },
    ],
    [
      '-9223372036854775809',
      {
        code: 'value-range',
        message: '-9223372036854775809 does not fit in 64 bits',
        hints: [],
        at: '-9223372036854775809',
      },
    ],
    ['comm + 1', { code: 'type-mismatch', message: '"+" takes numbers, but this is comm', hints: [], at: 'comm' }],
    ['1 + comm', { code: 'type-mismatch', message: '"+" takes numbers, but this is comm', hints: [], at: 'comm' }],
    [
      'args.p * 2',
      {
        code: 'type-mismatch',
        message: '"*" takes numbers, but this is struct task_struct *',
        hints: ['read what it points at, or say "as u64" for the address itself'],
        at: 'args.p',
      },
    ],
    [
      'args.p - args.p',
      {
        code: 'type-mismatch',
        message: '"-" takes numbers, but this is struct task_struct *',
        hints: ['read what it points at, or say "as u64" for the address itself'],
        at: 'args.p',
      },
    ],
    ['-comm', { code: 'type-mismatch', message: '"-" takes a number, but this is comm', hints: [], at: 'comm' }],
    ['~"x"', { code: 'type-mismatch', message: '"~" takes a number, but this is string(1)', hints: [], at: '"x"' }],
  ])('%s is refused', (text, expected) => {
    expect(problem(text)).toEqual(expected);
  });
});

describe('a list', () => {
  it('may be long without a tree that is high', () => {
    const { typed: found } = typed(`args.u32 in [${Array.from({ length: 3000 }, (_, index) => index).join()}]`);
    const height = (node: typeof found): number =>
      node?.op === 'binary' ? 1 + Math.max(height(node.left), height(node.right)) : 1;
    expect(height(found)).toBeLessThan(16);
  });

  it('asks for what it compares once', () => {
    const { typed: found } = typed('(counts[1] ?? 0) in [1, 2]');
    expect(found).toMatchObject({
      op: 'binary',
      operator: 'or',
      left: { left: { op: 'let' } },
      right: { left: { op: 'let' } },
    });
  });
});

describe('map values', () => {
  it.each([
    ['counts[pid]', 'u64'],
    ['counts[pid] ?? 5', 'u64'],
    ['last[pid] ?? -1', 'i32'],
    ['names[pid]', 'string(16)'],
    ['names[pid] ?? "none"', 'string(16)'],
  ])('%s is %s', (text, type) => {
    expect(typed(text).type).toBe(type);
  });

  it('take a fallback that fits', () => {
    expect(problem('last[pid] ?? 3000000000')).toEqual({
      code: 'value-range',
      message: '3000000000 does not fit in i32, the map’s value',
      hints: ['it holds -2147483648 to 2147483647'],
      at: '3000000000',
    });
    expect(problem('counts[pid] ?? comm')).toMatchObject({ code: 'type-mismatch', at: 'comm' });
    expect(problem('pid ?? 0')).toEqual({
      code: 'type-mismatch',
      message: '"??" gives a value for a missing map entry, so a map stands on its left',
      hints: ['write map[key] ?? 0'],
      at: 'pid',
    });
  });
});
