/** The native addon, and objects for it: test/kernel/fixtures/*.bpf.c, compiled by clang when a test asks for them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../src/runtime/load-addon.js';
import type { MapEntries, NativeAddon, NativeErrorInfo, NativeObject } from '../../src/runtime/native-addon.js';
import { isNativeError } from '../../src/runtime/native-addon.js';
import type { Workspace } from './probepipe.js';

const fixtures = fileURLToPath(new URL('../kernel/fixtures/', import.meta.url));

export function addonUnderTest(): NativeAddon {
  const { output, diagnostics } = loadAddon();
  if (output === undefined) throw new Error(diagnostics.map((each) => each.message).join('\n'));
  return output;
}

/** The path of the compiled fixture. */
export function compileFixture(work: Workspace, name: string): string {
  const made = work.path(`${name}.o`);
  if (existsSync(made)) return made;
  // Debian keeps asm/types.h in a folder of the architecture, which clang does not search for BPF.
  const machine = `/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const source = `${fixtures}${name}.bpf.c`;
  execFileSync('clang', ['-O2', '-g', '-Wall', '-target', 'bpf', `-I${machine}`, '-c', source, '-o', made]);
  return made;
}

/** Opened, not loaded, and counting only what `pid` does, where the fixture has such a parameter. */
export function openFixture(addon: NativeAddon, work: Workspace, name: string, pid = process.pid): NativeObject {
  const object = addon.openObject(readFileSync(compileFixture(work, name)), name);
  if (object.maps().some((map) => map.name.endsWith('.rodata'))) object.setInitialValue('.rodata', 0, u32(pid));
  return object;
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

export function u64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

/** A copy, since a view needs not be aligned. */
export function u64s(bytes: Uint8Array): BigUint64Array {
  return new BigUint64Array(bytes.slice().buffer);
}

/** The object's variables that start at zero, in the order of the fixture. */
export function variables(object: NativeObject): BigUint64Array {
  const bytes = object.map('.bss').lookup(u32(0));
  if (bytes === undefined) throw new Error('the .bss has no value');
  return u64s(bytes);
}

export function sum(entries: MapEntries): bigint {
  return u64s(entries.values).reduce((total, value) => total + value, 0n);
}

/** What a call was refused with; fails where it was not. */
export function refusal(call: () => unknown): NativeErrorInfo {
  try {
    call();
  } catch (error) {
    if (isNativeError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

export function tryCall(call: () => void): NativeErrorInfo | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (isNativeError(error)) return error;
    throw error;
  }
}

/** That many system calls that nothing else on the machine makes in passing. */
export function callGetppid(times: number): void {
  for (let call = 0; call < times; call++) void process.ppid;
}

export const getppid = { kind: 'tracepoint', category: 'syscalls', name: 'sys_enter_getppid' } as const;
