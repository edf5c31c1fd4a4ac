import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Host } from '../host.js';
import { nodeHost } from '../host-node.js';
import { KernelAddresses } from './kernel-addresses.js';
import { createSymbolizer } from './symbolizer.js';

function withKallsyms(lines: readonly string[], problems: Diagnostic[] = []): KernelAddresses {
  const host: Host = { ...nodeHost(), readFile: () => Buffer.from(`${lines.join('\n')}\n`) };
  return new KernelAddresses(host, (problem) => problems.push(problem));
}

const lines = [
  '0000000000000000 A fixed_percpu_data',
  'ffffffff81000000 T _stext',
  'ffffffff81000000 t __weaker_name',
  'ffffffff81000000 T first',
  'ffffffff81000000 T __first',
  'ffffffff81000100 T second',
  'ffffffff81000180 D data_between',
  'ffffffff81000200 W third',
  'ffffffff82000000 T _etext',
  'ffffffffc0000100 t in_module\t[some_module]',
  'ffffffffc0000000 t bpf_prog_00ef470a9065e2ff_runq\t[bpf]',
  'ffffffffc0000200 t ftrace_trampoline\t[__builtin__ftrace]',
  'ffffffffc0000300 t evil\u001b[2J\t[x]',
];

describe('KernelAddresses', () => {
  it('names functions of the kernel, of modules, BPF programs and trampolines', () => {
    const kernel = withKallsyms(lines);
    const name = (address: bigint) => {
      const frame = kernel.frame(address);
      return `${frame.name}+${frame.offset} ${frame.module}`;
    };
    expect(name(0xffffffff81000000n)).toBe('first+0 [kernel]');
    expect(name(0xffffffff810000ffn)).toBe('first+255 [kernel]');
    expect(name(0xffffffff81000190n)).toBe('second+144 [kernel]');
    expect(name(0xffffffff81000201n)).toBe('third+1 [kernel]');
    expect(name(0xffffffffc0000104n)).toBe('in_module+4 some_module');
    expect(name(0xffffffffc0000010n)).toBe('bpf_prog_00ef470a9065e2ff_runq+16 bpf');
    expect(name(0xffffffffc0000210n)).toBe('ftrace_trampoline+16 __builtin__ftrace');
    expect(name(0xffffffffc0000301n)).toBe('evil\\x1b[2J+1 x');
  });

  it('does not name what lies far from every function, or in no kernel', () => {
    const kernel = withKallsyms(lines);
    for (const address of [0xffffffff80000000n, 0xffffffffd0000000n, 0x1000n, -1n, 1n << 70n]) {
      expect(kernel.frame(address)).toMatchObject({ name: '[kernel]', module: '[kernel]', offset: 0, address });
    }
  });

  it('says once that the addresses are hidden', () => {
    const problems: Diagnostic[] = [];
    const kernel = withKallsyms(['0000000000000000 T first', '0000000000000000 T second'], problems);
    expect(kernel.frame(0xffffffff81000000n).name).toBe('[kernel]');
    expect(kernel.frame(0xffffffff81000001n).name).toBe('[kernel]');
    expect(problems.map((each) => each.code)).toEqual(['privilege']);
  });

  it.skipIf(process.getuid?.() !== 0)('agrees with a plain reading of this kernel’s table', () => {
    const symbolizer = createSymbolizer(nodeHost());
    const functions = [...readFileSync('/proc/kallsyms', 'latin1').matchAll(/^(f{4}[0-9a-f]{12}) T (\w+)$/gm)];
    expect(functions.length).toBeGreaterThan(10_000);
    const names = new Map<string, string[]>();
    for (const [, address = '', name = ''] of functions) names.set(address, [...(names.get(address) ?? []), name]);
    for (const [address, aliases] of [...names].filter((_, index) => index % 50 === 1)) {
      const frame = symbolizer.kernel(BigInt(`0x${address}`) + 1n);
      expect(aliases, address).toContain(frame.name);
      expect(frame).toMatchObject({ offset: 1, module: '[kernel]' });
    }
  });
});
