/** The guest is what the other tests of this folder take it for. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, type TestContext } from 'vitest';
import type { NativeAddon, ProbeRequest } from '../../../src/runtime/native-addon.js';

describe('the guest', () => {
  it('runs the kernel that it was booted with', () => {
    expect(release()).toBe(process.env.PROBEPIPE_GUEST_RELEASE);
  });

  it('has the kernel’s own type information', () => {
    const btf = readFileSync('/sys/kernel/btf/vmlinux');
    expect(btf.readUInt16LE(0)).toBe(0xeb9f);
  });

  it('has tracefs and a loopback interface that is up', () => {
    expect(existsSync('/sys/kernel/tracing/events/sched/sched_switch/format')).toBe(true);
    expect(Number(readFileSync('/sys/class/net/lo/flags', 'utf8')) & 1).toBe(1);
  });

  it('can write to the checkout', () => {
    const path = fileURLToPath(new URL('written-in-the-guest', import.meta.url));
    writeFileSync(path, 'gone with the guest');
    expect(readFileSync(path, 'utf8')).toBe('gone with the guest');
  });
});

describe('the addon', () => {
  const path = fileURLToPath(new URL('../../../build/Release/probepipe.node', import.meta.url));
  const load = (context: TestContext): NativeAddon => {
    if (!existsSync(path)) context.skip('the addon is not built (scripts/build-addon)');
    return createRequire(import.meta.url)(path);
  };

  it('loads', (context) => {
    const addon = load(context);
    expect(addon.libbpfVersion).toMatch(/^\d+\.\d+/);
    expect(addon.onlineCpus()).toEqual([0, 1]);
  });

  const requests: readonly ProbeRequest[] = [
    { kind: 'kprobe', function: 'tcp_connect' },
    { kind: 'kretprobe', function: 'tcp_connect' },
    { kind: 'fentry', function: 'tcp_connect' },
    { kind: 'fexit', function: 'tcp_connect' },
    { kind: 'tp_btf', name: 'sched_switch' },
    { kind: 'raw_tracepoint', name: 'sched_switch' },
    { kind: 'lsm', hook: 'file_open' },
    { kind: 'iter', objects: 'task' },
  ];
  for (const request of requests) {
    it(`can attach by ${request.kind}`, (context) => {
      expect(load(context).probeAttach(request)).toBeUndefined();
    });
  }

  it('says why a function that is not there cannot be attached to', (context) => {
    const refusal = load(context).probeAttach({ kind: 'kprobe', function: 'no_such_function' });
    expect(refusal?.errno).toBe('ENOENT');
  });
});
