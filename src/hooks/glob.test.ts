import { describe, expect, it } from 'vitest';
import { alternativesOf, isPattern, matcher } from './glob.js';

describe('patterns', () => {
  it.each([
    ['tcp_*', ['tcp_connect', 'tcp_'], ['tcp', 'xtcp_a']],
    ['sched:sched_?akeup', ['sched:sched_wakeup'], ['sched:sched_wakeup_new']],
    ['a.b+(c)*', ['a.b+(c)', 'a.b+(c)d'], ['axb+(c)', 'a.bb(c)']],
    ['*', ['', 'any:thing'], []],
  ])('%s', (pattern, matched, others) => {
    expect(isPattern(pattern)).toBe(true);
    for (const name of matched) expect(matcher(pattern)(name), name).toBe(true);
    for (const name of others) expect(matcher(pattern)(name), name).toBe(false);
  });

  it.each([
    ['{a,b}', ['a', 'b']],
    ['{a, b,a}', ['a', 'b']],
    ['sys_{enter,exit}_{read,w*}', ['sys_enter_read', 'sys_enter_w*', 'sys_exit_read', 'sys_exit_w*']],
    ['plain', ['plain']],
  ])('%s means its names', (text, names) => {
    expect(alternativesOf(text)).toEqual(names);
  });

  it.each([
    ['{a,b', 'it has a "{" without a "}"'],
    ['a}', 'it has a "}" without a "{"'],
    ['a}{b}', 'it has a "}" without a "{"'],
    ['{a,{b,c}}', 'braces cannot stand within braces'],
    ['{a,,b}', 'a name is missing between its braces'],
    [`${'{a,b}'.repeat(11)}`, 'its braces make more than 1024 names'],
  ])('%s is refused', (text, wrong) => {
    expect(alternativesOf(text)).toEqual({ wrong });
  });
});
