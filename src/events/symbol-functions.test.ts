import { describe, expect, it } from 'vitest';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { symbolFunctions } from './symbol-functions.js';

const symbolizer: Symbolizer = {
  kernel: (address) =>
    address < 0xffff_0000_0000_0000n
      ? { name: '[kernel]', offset: 0, module: '[kernel]', address, inlined: [] }
      : { name: 'tcp_connect', offset: Number(address & 0xffn), module: '[kernel]', address, inlined: [] },
  user: (pid, address) =>
    pid === 1
      ? { name: '[unknown]', offset: 0, module: '[unknown]', address, inlined: [] }
      : { name: `of${pid}`, offset: Number(address & 0xffn), module: '/bin/x', address, inlined: [] },
  notice: () => {},
};
const functions = symbolFunctions(symbolizer);
const call = (name: string, ...values: (number | bigint)[]) => functions.get(name)?.call(...values);

describe('ksym and usym', () => {
  it('tell the function, and how far into it where that is not its beginning', () => {
    expect(call('ksym', 0xffffffff81000000n)).toBe('tcp_connect');
    expect(call('ksym', 0xffffffff8100001fn)).toBe('tcp_connect+0x1f');
    expect(call('usym', 12, 0x401010)).toBe('of12+0x10');
  });

  it('take a signed number as the address that it is', () => {
    expect(call('ksym', -0x7f000000n)).toBe('tcp_connect');
  });

  it('tell the address where nothing is known of it, and nothing of none', () => {
    expect(call('ksym', 0x1234)).toBe('0x1234');
    expect(call('usym', 1, 0x401010)).toBe('0x401010');
    expect(call('usym', 12, 0)).toBeNull();
  });
});
