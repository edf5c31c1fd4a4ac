import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BtfBuilder } from '../../test/support/btf-builder.js';
import { memoryHost } from '../../test/support/memory-host.js';
import { nodeHost } from '../host-node.js';
import { openKernel } from './btf-kernel.js';
import type { Kernel } from './kernel.js';

const vmlinux = '/sys/kernel/btf/vmlinux';

/** A kernel with a tracepoint of each age, one system call, and what they need. */
function smallKernel(): BtfBuilder {
  const btf = new BtfBuilder();
  const int = btf.int('int', 4, 1);
  const data = btf.pointer(0);
  const prototype = (name: string) =>
    btf.func(name, int, [
      ['__data', data],
      ['count', int],
    ]);
  const nameless = (name: string) => {
    const proto = btf.add({ kind: 13, vlen: 2, rest: ['', data, '', int] });
    btf.typedef(`btf_trace_${name}`, btf.pointer(proto));
  };
  for (const name of ['newest', 'newer', 'old', 'oldest']) nameless(name);
  prototype('__probestub_newest');
  prototype('__traceiter_newer');
  prototype('__bpf_trace_old');
  prototype('__bpf_trace_some_class');
  for (const name of ['openat', 'read', 'newstat']) btf.func(`__x64_sys_${name}`, int, [['regs', data]]);
  btf.struct('trace_event_raw_newest', 16, [
    ['ent', int, 0],
    ['count', int, 64],
  ]);
  return btf;
}

function open(files: Readonly<Record<string, string | Uint8Array>>, options = {}): Kernel {
  const { output, diagnostics } = openKernel(memoryHost(files), options);
  expect(diagnostics).toEqual([]);
  if (output === undefined) throw new Error('no kernel');
  return output;
}

describe('openKernel', () => {
  const base = smallKernel();
  const module = new BtfBuilder({ endId: base.endId, stringLength: base.stringLength });
  module.func('module_work', 1, []);
  module.add({ kind: 6, vlen: 2, sizeOrType: 4, rest: ['MODULE_STATE', 7, 'AF_INET', 99] });
  module.func('__probestub_in_module', 1, [
    ['__data', 1],
    ['what', 1],
  ]);
  const files = {
    [vmlinux]: base.bytes(),
    '/sys/kernel/btf/some_module': module.bytes(),
    '/proc/kallsyms':
      '0000000000000000 T asm_only\n0000000000000000 D data\n0000000000000000 t hidden\t[some_module]\n',
  };
  const kernel = open(files);

  it('names the arguments of raw tracepoints whatever made them, without the data pointer', () => {
    const names = (name: string) => kernel.rawTracepoint(name)?.parameters.map((each) => each.name);
    for (const name of ['newest', 'newer', 'old']) expect(names(name), name).toEqual(['count']);
    expect(names('oldest')).toEqual(['arg0']);
    expect(names('in_module')).toEqual(['what']);
    expect(names('some_class')).toBeUndefined();
    expect([...kernel.rawTracepointNames()].sort()).toEqual(['in_module', 'newer', 'newest', 'old', 'oldest']);
  });

  it('finds in modules what vmlinux lacks', () => {
    expect(kernel.func('module_work')?.returns).toMatchObject({ name: 'int' });
    expect(kernel.enumerator('MODULE_STATE')?.value).toBe(7n);
    expect(kernel.enumerator('AF_INET')).toBeUndefined();
    expect(kernel.define('AF_INET')).toBe(2n);
    expect([...kernel.names('func')]).toContain('module_work');
  });

  it('knows functions by the symbol table, without BTF', () => {
    expect(['asm_only', 'hidden', 'data', 'module_work'].map((name) => kernel.hasFunctionSymbol(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('offers only system calls that the kernel has, by the C library’s names too', () => {
    expect(kernel.syscall('openat')).toMatchObject({ name: 'openat', nr: 257 });
    expect(kernel.syscall('openat')?.parameters.map(({ name, type }) => [name, type.kind])).toEqual([
      ['dfd', 'int'],
      ['filename', 'pointer'],
      ['flags', 'int'],
      ['mode', 'int'],
    ]);
    expect(kernel.syscall('stat')).toMatchObject({ name: 'newstat', nr: 4 });
    expect(kernel.syscall('close')).toBeUndefined();
    expect([...kernel.syscallNames()]).toEqual(['newstat', 'openat', 'read']);
  });

  it('makes tracepoint formats from BTF where tracefs cannot be read', () => {
    expect(kernel.tracepointsReadable).toBe(false);
    expect(kernel.tracepoint('any', 'newest')?.fields).toMatchObject([{ name: 'count', offset: 8, size: 4 }]);
    expect(
      kernel.tracepoint('syscalls', 'sys_enter_openat')?.fields.map(({ name, offset, size }) => [name, offset, size]),
    ).toEqual([
      ['__syscall_nr', 8, 4],
      ['dfd', 16, 4],
      ['filename', 24, 8],
      ['flags', 32, 4],
      ['mode', 40, 8],
    ]);
    expect(kernel.tracepoint('syscalls', 'sys_exit_openat')?.fields[1]).toMatchObject({
      name: 'ret',
      offset: 16,
      size: 8,
    });
    expect(kernel.tracepoint('syscalls', 'sys_enter_close')).toBeUndefined();
    expect(kernel.tracepoint('any', 'older')).toBeUndefined();
  });

  it('reads tracefs where it can, and then believes only that', () => {
    const line = '\tfield:int count;\toffset:8;\tsize:4;\tsigned:1;\n';
    const call =
      '\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:size_t many;\toffset:16;\tsize:8;\tsigned:0;\n';
    const traced = open(
      {
        ...files,
        '/t/available_events': 'irq:newest\nsyscalls:sys_enter_brand_new\nsyscalls:sys_enter_close\n',
        '/t/events/irq/newest/format': line,
        '/t/events/syscalls/sys_enter_brand_new/format': call,
      },
      { tracefs: '/t' },
    );
    expect(traced.tracepointsReadable).toBe(true);
    expect([...traced.tracepointNames()]).toContain('irq:newest');
    expect(traced.tracepoint('irq', 'newest')?.fields[0]?.name).toBe('count');
    expect(traced.tracepoint('sched', 'newest')).toBeUndefined();
    expect(traced.tracepoint('irq', '../irq/newest')).toBeUndefined();
    expect(traced.syscall('openat')).toBeUndefined();
    expect(traced.syscall('close')?.nr).toBe(3);
    expect(traced.syscall('brand_new')?.parameters).toMatchObject([{ name: 'many', type: { bits: 64 } }]);
    expect([...traced.syscallNames()]).toEqual(['brand_new', 'close']);
  });

  it('names a kernel by its build-id and size, a file by its hash', () => {
    const notes = Buffer.from('0400000004000000030000 00474e5500deadbeef'.replace(' ', ''), 'hex');
    expect(open({ ...files, '/sys/kernel/notes': notes }).identity).toBe(`deadbeef-${base.bytes().length}`);
    expect(open({ '/x': base.bytes() }, { btfFile: '/x' }).identity).toMatch(/^[0-9a-f]{32}$/);
    expect(kernel.identity).toBe(open({ '/x': base.bytes() }, { btfFile: '/x' }).identity);
  });

  it('takes nothing of the running kernel for a file of another', () => {
    const other = open(
      { ...files, '/x': base.bytes(), '/sys/kernel/tracing/events/irq/newest/format': '' },
      { btfFile: '/x' },
    );
    expect(other.tracepointsReadable).toBe(false);
    expect(other.func('module_work')).toBeUndefined();
    expect(other.hasFunctionSymbol('asm_only')).toBe(false);
    expect(other.label).toBe('the BTF in "/x"');
  });

  it('says what is missing', () => {
    const failure = (files: Record<string, string | Uint8Array>, btfFile?: string) => {
      return openKernel(memoryHost(files), btfFile === undefined ? {} : { btfFile }).diagnostics[0];
    };
    expect(failure({})).toMatchObject({
      code: 'btf-missing',
      message: expect.stringContaining('cannot be read (ENOENT)'),
    });
    expect(failure({}, '/x')).toMatchObject({
      code: 'file-missing',
      message: 'no type information from "/x": there is no such file',
    });
    expect(failure({ '/x': 'text' }, '/x')).toMatchObject({ code: 'btf-format' });
    expect(failure({ '/x': '\x7fELF…' }, '/x')).toMatchObject({ code: 'btf-format' });
  });
});

describe.skipIf(!existsSync(vmlinux))('openKernel on this machine', () => {
  const { output: kernel } = openKernel(nodeHost());
  if (kernel === undefined) throw new Error('no kernel');

  it('knows what every kernel has', () => {
    expect(kernel.rawTracepoint('sched_switch')?.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['preempt', 'prev', 'next']),
    );
    expect(kernel.func('tcp_connect')?.parameters[0]?.type).toMatchObject({
      kind: 'pointer',
      target: { name: 'sock' },
    });
    expect(kernel.syscall('connect')?.parameters[1]?.type).toMatchObject({
      space: 'user',
      target: { name: 'sockaddr' },
    });
    expect(kernel.syscall('getppid')?.parameters).toEqual([]);
    expect(kernel.hasFunctionSymbol('tcp_connect')).toBe(true);
    expect([...kernel.syscallNames()].length).toBeGreaterThan(300);
    expect(kernel.identity).toMatch(/^[0-9a-f-]{32,}$/);
  });
});
