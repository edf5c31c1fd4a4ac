import { describe, expect, it } from 'vitest';
import { cast, infix, negated, operand, paren } from './c-expression.js';
import { c } from './c-text.js';

describe('infix', () => {
  it.each([
    [infix(c`a`, '+', c`b`), 'a + b'],
    [infix(c`a + b`, '+', c`d`), 'a + b + d'],
    [infix(c`a`, '-', c`b - d`), 'a - (b - d)'],
    [infix(c`a - b`, '+', c`d`), 'a - b + d'],
    [infix(c`a * b`, '+', c`d`), 'a * b + d'],
    [infix(c`a + b`, '*', c`d`), '(a + b) * d'],
    [infix(c`a`, '/', c`b * d`), 'a / (b * d)'],
    [infix(c`a`, '<<', c`b + d`), 'a << (b + d)'],
    [infix(c`a << b`, '<<', c`d`), '(a << b) << d'],
    [infix(c`a & b`, '|', c`d`), '(a & b) | d'],
    [infix(c`a | b`, '|', c`d`), 'a | b | d'],
    [infix(c`a & b`, '==', c`d`), '(a & b) == d'],
    [infix(c`a + b`, '==', c`d`), 'a + b == d'],
    [infix(c`a == b`, '==', c`d`), '(a == b) == d'],
    [infix(c`a == b`, '&&', c`d < e`), 'a == b && d < e'],
    [infix(c`a && b`, '&&', c`d`), 'a && b && d'],
    [infix(c`a`, '&&', c`b && d`), 'a && (b && d)'],
    [infix(c`a && b`, '||', c`d`), '(a && b) || d'],
    [infix(c`a || b`, '||', c`d`), 'a || b || d'],
    [infix(c`a & b`, '&&', c`d`), '(a & b) && d'],
    [infix(c`(u32)x`, '==', c`-5`), '(u32)x == -5'],
    [infix(c`(u64)(a + b)`, '>>', c`3`), '(u64)(a + b) >> 3'],
    [infix(c`a ? b : d`, '+', c`1`), '(a ? b : d) + 1'],
    [infix(c`f(a + b)`, '*', c`x[i + 1]`), 'f(a + b) * x[i + 1]'],
    [infix(c`((struct x *)p + 1)->y`, '*', c`2`), '((struct x *)p + 1)->y * 2'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });

  it('needs no depth for length', () => {
    let text = c`x == 0`;
    for (let index = 1; index < 1000; index++) text = infix(text, '||', c`x == ${index}`);
    expect(text).not.toContain('(');
  });
});

describe('parentheses', () => {
  it.each([
    [paren(c`x`), 'x'],
    [paren(c`x->y.z[2]`), 'x->y.z[2]'],
    [paren(c`f(a, b + 1)`), 'f(a, b + 1)'],
    [paren(c`(a + b)`), '(a + b)'],
    [paren(c`(a) + (b)`), '((a) + (b))'],
    [paren(c`(u32)x`), '((u32)x)'],
    [paren(c`&x`), '(&x)'],
    [paren(c`((struct x *)p)->y`), '((struct x *)p)->y'],
    [operand(c`(u32)x`), '(u32)x'],
    [operand(c`!x`), '!x'],
    [operand(c`-5LL`), '(-5LL)'],
    [operand(c`a + b`), '(a + b)'],
    [cast(c`u64`, c`x`), '(u64)x'],
    [cast(c`u64`, c`(u64)x`), '(u64)x'],
    [cast(c`u64`, c`(u64)x + 1`), '(u64)((u64)x + 1)'],
    [cast(c`u64`, c`(u32)x`), '(u64)(u32)x'],
    [cast(c`u64`, c`a + b`), '(u64)(a + b)'],
    [cast(c`struct x *`, c`ctx[0]`), '(struct x *)ctx[0]'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});

describe('negated', () => {
  it.each([
    [c`a == b`, 'a != b'],
    [c`a + 1 < b`, 'a + 1 >= b'],
    [c`a >= (b < d)`, 'a < (b < d)'],
    [c`!x`, 'x'],
    [c`!(a && b)`, 'a && b'],
    [c`!(a) + (b)`, '!(!(a) + (b))'],
    [c`a || b`, '!(a || b)'],
    [c`x`, '!x'],
    [c`f(a < b)`, '!f(a < b)'],
    [c`(a == b)`, '!(a == b)'],
    [c`params.on`, '!params.on'],
  ])('%s', (text, expected) => {
    expect(negated(text)).toBe(expected);
  });
});
