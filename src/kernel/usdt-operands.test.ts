import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usdtArguments } from './usdt-operands.js';

const x86 = (operands: string) =>
  usdtArguments(operands, {
    machine: 62,
    address: 0x1000,
    addressOf: (symbol) => (symbol === 'counter' ? 0x4010 : undefined),
  });
const arm64 = (operands: string) => usdtArguments(operands, { machine: 183, address: 0, addressOf: () => undefined });
const register = (name: string, shift = 0) => ({ at: 'register', register: name, shift });

describe('operands of x86-64', () => {
  it('have a size and a sign', () => {
    expect(x86('-1@%al 2@%bx -4@%ecx 8@%rdx')).toEqual([
      { bits: 8, signed: true, operand: register('rax') },
      { bits: 16, signed: false, operand: register('rbx') },
      { bits: 32, signed: true, operand: register('rcx') },
      { bits: 64, signed: false, operand: register('rdx') },
    ]);
  });

  it.each([
    ['1@%ah', register('rax', 8)],
    ['1@%sil', register('rsi')],
    ['2@%di', register('rdi')],
    ['4@%ebp', register('rbp')],
    ['8@%rsp', register('rsp')],
    ['1@%r8b', register('r8')],
    ['2@%r9w', register('r9')],
    ['4@%r10d', register('r10')],
    ['8@%r15', register('r15')],
    ['4@$5', { at: 'constant', value: '5' }],
    ['-8@$-5000000000', { at: 'constant', value: '-5000000000' }],
    ['8@$0x10', { at: 'constant', value: '16' }],
    ['8@-16(%rbp)', { at: 'memory', base: 'rbp', displacement: -16 }],
    ['8@(%rax)', { at: 'memory', base: 'rax', displacement: 0 }],
    ['4@8(%rax,%rbx,4)', { at: 'memory', base: 'rax', displacement: 8, index: { register: 'rbx', scale: 4 } }],
    ['4@(%rax,%rbx)', { at: 'memory', base: 'rax', displacement: 0, index: { register: 'rbx', scale: 1 } }],
    ['4@16(,%rbx,8)', { at: 'memory', displacement: 16, index: { register: 'rbx', scale: 8 } }],
    ['8@counter(%rip)', { at: 'memory', base: 'rip', displacement: 0x3010 }],
    ['8@counter+4(%rip)', { at: 'memory', base: 'rip', displacement: 0x3014 }],
    ['8@12+counter(%rip)', { at: 'memory', base: 'rip', displacement: 0x301c }],
    ['8@counter', { at: 'memory', base: 'rip', displacement: 0x3010 }],
  ])('%s', (text, operand) => {
    expect(x86(text)).toEqual([expect.objectContaining({ operand })]);
  });

  it.each(['8@%xmm0', '8@%fs:0x10', '8@$counter', '8@unknown(%rip)', '8@(%rax,%rbx,3)', '8@', '8@(%nothing)'])(
    '%s is told not to be understood',
    (text) => {
      expect(x86(text)).toEqual([`where it stands ("${text.slice(2)}") is not understood`]);
    },
  );

  it('tell numbers that no integer holds', () => {
    expect(x86('8f@%xmm0 16@(%rax) 4@%edi')).toEqual([
      'it is a floating-point number',
      'it has 16 bytes',
      { bits: 32, signed: false, operand: register('rdi') },
    ]);
  });

  it('may be any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const each of x86(`8@${text}`)) expect(typeof each === 'string' || each.bits > 0).toBe(true);
        expect(arm64(`8@${text}`)).toBeInstanceOf(Array);
      }),
    );
  });
});

describe('operands of arm64', () => {
  it.each([
    ['8@x0', register('x0')],
    ['-4@w19', register('x19')],
    ['8@sp', register('sp')],
    ['4@wzr', { at: 'constant', value: '0' }],
    ['4@5', { at: 'constant', value: '5' }],
    ['-4@-7', { at: 'constant', value: '-7' }],
    ['8@[sp]', { at: 'memory', base: 'sp', displacement: 0 }],
    ['8@[x29, -24]', { at: 'memory', base: 'x29', displacement: -24 }],
    ['8@[x0, x1]', { at: 'memory', base: 'x0', displacement: 0, index: { register: 'x1', scale: 1 } }],
    ['8@[x0, x1, lsl 3]', { at: 'memory', base: 'x0', displacement: 0, index: { register: 'x1', scale: 8 } }],
    [
      '4@[x0, w1, sxtw 2]',
      { at: 'memory', base: 'x0', displacement: 0, index: { register: 'x1', scale: 4, extend: true } },
    ],
    [
      '4@[x0, w1, uxtw]',
      { at: 'memory', base: 'x0', displacement: 0, index: { register: 'x1', scale: 1, extend: false } },
    ],
  ])('%s', (text, operand) => {
    expect(arm64(text)).toEqual([expect.objectContaining({ operand })]);
  });

  it('are told apart although they hold spaces', () => {
    expect(arm64('-4@[sp, 12] 8@x0 4@[x1, 4]')).toEqual([
      { bits: 32, signed: true, operand: { at: 'memory', base: 'sp', displacement: 12 } },
      { bits: 64, signed: false, operand: register('x0') },
      { bits: 32, signed: false, operand: { at: 'memory', base: 'x1', displacement: 4 } },
    ]);
  });

  it.each(['8@x31', '8@[y0]', '8@[x0, x1, lsl 4]'])('%s is told not to be understood', (text) => {
    expect(arm64(text)).toEqual([`where it stands ("${text.slice(2)}") is not understood`]);
  });
});
