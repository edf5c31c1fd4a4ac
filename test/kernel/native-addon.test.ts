/** The native addon on this machine's kernel: what it opens, loads, attaches and refuses. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { readElf } from '../../src/kernel/elf.js';
import { functionSymbols } from '../../src/kernel/elf-symbols.js';
import { bytesOf } from '../../src/kernel/file-bytes.js';
import { addonPath } from '../../src/runtime/load-addon.js';
import type { NativeObject } from '../../src/runtime/native-addon.js';
import {
  addonUnderTest,
  callGetppid,
  compileFixture,
  getppid,
  openFixture,
  refusal,
  tryCall,
  u32,
  variables,
} from '../support/native-objects.js';
import { isRoot, Workspace } from '../support/probepipe.js';

/** The order of `runs` in firing.bpf.c; after them come the clock's ticks by CPU. */
const runs = { rawTracepoint: 0, tpBtf: 1, tracepoint: 2, uprobe: 3, uretprobe: 4, clock: 5 };
const firstTick = 6;

/** Waits for a line, so that its process can be named to a program first, and then calls the function. */
const tracedSource = `
#include <stdio.h>
__attribute__((noinline)) int traced(int number) { __asm__ volatile(""); return number + 1; }
int main(void)
{
	int number = 0;
	getchar();
	while (number < 1000)
		number = traced(number);
	return 0;
}
`;

describe.skipIf(!isRoot)('the native addon on this kernel (needs root)', () => {
  const addon = addonUnderTest();
  const work = new Workspace();
  afterAll(() => work[Symbol.dispose]());

  /** Loaded but for what this kernel may refuse. */
  function firing(pid = process.pid): NativeObject {
    const object = openFixture(addon, work, 'firing', pid);
    object.setAutoload('on_fentry', false);
    object.load();
    return object;
  }

  describe('this machine', () => {
    it('knows its CPUs, capabilities, clocks and libbpf', () => {
      expect(addon.libbpfVersion).toMatch(/^1\.\d+(\.\d+)?$/);
      expect(addon.possibleCpus()).toBeGreaterThanOrEqual(addon.onlineCpus().length);
      const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
      expect(addon.capabilities().toString(16).padStart(16, '0')).toBe(effective);
      const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
      expect(Number(addon.clockOffset() - offset) / 1e9).toBeCloseTo(0, 0);
    });

    it('reaches tracefs, mounted or not', () => {
      const id = readFileSync(`${addon.tracefsPath()}/events/sched/sched_switch/id`, 'utf8');
      expect(Number(id)).toBeGreaterThan(0);
      expect(addon.tracefsPath()).toBe(addon.tracefsPath());
    });
  });

  describe('an object', () => {
    it.each([
      ['garbage', Uint8Array.of(1, 2, 3, 4)],
      ['nothing', new Uint8Array(0)],
      ['half of one', () => readFileSync(compileFixture(work, 'firing')).subarray(0, 900)],
    ])('is refused when it is %s', (_, bytes) => {
      const refused = refusal(() => addon.openObject(typeof bytes === 'function' ? bytes() : bytes, 'garbage'));
      expect(refused).toMatchObject({ name: 'NativeError', attempted: 'open the object "garbage"' });
      expect(Object.keys(refused).sort()).toEqual(['attempted', 'errno', 'errnoNumber', 'log']);
    });

    it('lists its programs and maps', () => {
      const object = openFixture(addon, work, 'ring');
      object.setMaxEntries('ring', 65536);
      expect(object.programs()).toEqual([{ name: 'submit', section: 'tracepoint' }]);
      expect(object.maps()).toContainEqual({ name: 'ring', type: 27, keySize: 0, valueSize: 0, maxEntries: 65536 });
      expect(new Set(object.maps().map((map) => map.name))).toEqual(
        new Set(['ring', 'ring.rodata', 'ring.bss', '.rodata.params']),
      );
      object.close();
    });

    it('sets bytes of a section, and none outside of it', () => {
      const object = openFixture(addon, work, 'ring');
      object.setInitialValue('.rodata.params', 4, u32(7));
      expect(refusal(() => object.setInitialValue('.rodata.params', 6, u32(7)))).toMatchObject({ errno: 'ERANGE' });
      expect(refusal(() => object.setInitialValue('.rodata.other', 0, u32(7)))).toMatchObject({ errno: 'ENOENT' });
      object.load();
      expect(object.map('.rodata.params').lookup(u32(0))).toEqual(Uint8Array.of(0, 0, 0, 0, 7, 0, 0, 0));
      object.close();
    });

    it('that the verifier refuses carries its log, bounded, with the program at the head and the reason at the end', () => {
      const object = openFixture(addon, work, 'refused');
      const refused = refusal(() => object.load());
      expect(refused).toMatchObject({ errno: 'EACCES', attempted: 'load the program "reads_wild"' });
      expect(refused.log).toMatch(/prog 'reads_wild': BPF program load failed.*\n.*-- BEGIN PROG LOAD LOG --\n/);
      expect(refused.log).toMatch(/\[\d+ bytes of log left out\]/);
      expect(refused.log).toMatch(/R\d invalid mem access 'scalar'\nprocessed \d+ insns/);
      expect(refused.log.length).toBeLessThan(1.2 * 2 ** 20);
      expect(refusal(() => object.load()).log).toContain('failed to load');
      object.close();
    });

    it('loads without a program that is left out', () => {
      const object = openFixture(addon, work, 'refused');
      object.setAutoload('reads_wild', false);
      object.load();
      object.attach('good', { kind: 'section' }).detach();
      object.close();
      object.close();
      expect(refusal(() => object.programs())).toMatchObject({ errno: 'EBADF' });
    });
  });

  describe('attached', () => {
    it('fires at a tracepoint exactly as often as it is passed, and not after the link is detached', () => {
      const object = firing();
      const link = object.attach('on_tracepoint', getppid);
      callGetppid(1000);
      link.detach();
      link.detach();
      callGetppid(1000);
      expect(variables(object)[runs.tracepoint]).toBe(1000n);
      // Counted only while somebody on the machine has statistics enabled.
      expect([0n, 1000n]).toContain(object.programStats('on_tracepoint').runCount);
      object.close();
      link.detach();
    });

    it('is accounted for by the kernel from when statistics are enabled until they are stopped', () => {
      const object = firing();
      object.attach('on_tracepoint', getppid);
      const stop = addon.enableStatistics();
      callGetppid(1000);
      stop();
      const { runCount, runTimeNs } = object.programStats('on_tracepoint');
      // Runs for other processes count, too.
      expect(runCount).toBeGreaterThanOrEqual(1000n);
      expect(runTimeNs).toBeGreaterThan(0n);
      stop();
      object.close();
    });

    it('fires at raw and typed tracepoints', () => {
      const object = firing();
      object.attach('on_raw_tracepoint', { kind: 'section' });
      object.attach('on_tp_btf', { kind: 'section' });
      callGetppid(1000);
      const counted = variables(object);
      expect(counted[runs.rawTracepoint]).toBeGreaterThanOrEqual(1000n);
      expect(counted[runs.tpBtf]).toBeGreaterThanOrEqual(1000n);
      object.close();
    });

    it('fires in user space, on entry and on return', async () => {
      const binary = work.path('traced');
      execFileSync('cc', ['-O1', '-o', binary, work.file('traced.c', tracedSource)]);
      const elf = readElf(bytesOf(readFileSync(binary)));
      const symbol = typeof elf === 'string' ? undefined : functionSymbols(elf).find('traced');
      if (symbol === undefined) throw new Error('no symbol "traced"');
      const child = spawn(binary, { stdio: ['pipe', 'ignore', 'ignore'] });
      const object = firing(child.pid);
      const place = { kind: 'uprobe', path: binary, offset: symbol.fileOffset, pid: -1 } as const;
      object.attach('on_uprobe', { ...place, return: false });
      object.attach('on_uretprobe', { ...place, return: true });
      child.stdin.end('\n');
      await once(child, 'close');
      const counted = variables(object);
      expect([counted[runs.uprobe], counted[runs.uretprobe]]).toEqual([1000n, 1000n]);
      object.close();
    });

    it.each(['one', 'all'] as const)('fires by the clock, on %s of the CPUs', async (cpus) => {
      const object = firing();
      object.attach('on_clock', { kind: 'clock', periodNs: 1_000_000n, cpus });
      const wanted = addon.onlineCpus().slice(0, cpus === 'one' ? 1 : undefined);
      const ticks = () => variables(object).subarray(firstTick);
      // Once only: on an idle CPU it stands nearly still.
      const waiting = () => wanted.some((cpu) => ticks()[cpu] === 0n);
      while (waiting()) await new Promise((resolve) => setTimeout(resolve, 10));
      const ticked = [...ticks()].flatMap((count, cpu) => (count > 0n ? [cpu] : []));
      expect(ticked).toEqual(wanted);
      expect(variables(object)[runs.clock]).toBeGreaterThan(0n);
      object.close();
    });

    it('is refused where there is no such place', () => {
      const object = firing();
      expect(
        refusal(() => object.attach('on_tracepoint', { kind: 'tracepoint', category: 'syscalls', name: 'nowhere' })),
      ).toMatchObject({ errno: 'ENOENT', attempted: 'find the tracepoint "syscalls:nowhere"' });
      expect(
        refusal(() =>
          object.attach('on_uprobe', { kind: 'uprobe', path: '/nowhere', offset: 0, return: false, pid: -1 }),
        ),
      ).toMatchObject({ errno: 'ENOENT' });
      expect(refusal(() => object.attach('nothing', { kind: 'section' }))).toMatchObject({ errno: 'ENOENT' });
      object.close();
    });
  });

  describe('probing', () => {
    it('agrees with a real attachment, for what this kernel has and for what it has not', () => {
      const fentry = openFixture(addon, work, 'firing');
      for (const { name } of fentry.programs()) fentry.setAutoload(name, name === 'on_fentry');
      const really = tryCall(() => {
        fentry.load();
        fentry.attach('on_fentry', { kind: 'section' });
      });
      fentry.close();
      expect(addon.probeAttach({ kind: 'fentry', function: 'tcp_connect' })?.errno).toBe(really?.errno);

      const object = firing();
      const kprobe = tryCall(() =>
        object.attach('on_kprobe', { kind: 'kprobe', function: 'tcp_connect', offset: 0, return: false }),
      );
      object.close();
      expect(addon.probeAttach({ kind: 'kprobe', function: 'tcp_connect' })?.errno).toBe(kprobe?.errno);
      expect(kprobe === undefined).toBe(existsSync('/sys/bus/event_source/devices/kprobe'));
    });

    it('finds what works to work', () => {
      expect(addon.probeAttach({ kind: 'tp_btf', name: 'sched_switch' })).toBeUndefined();
      expect(addon.probeAttach({ kind: 'raw_tracepoint', name: 'sched_switch' })).toBeUndefined();
      const path = compileFixture(work, 'firing');
      expect(addon.probeAttach({ kind: 'uprobe', path: process.execPath, offset: 0x800000 })?.errno).not.toBe('ENOENT');
      expect(addon.probeAttach({ kind: 'uprobe', path: `${path}.gone`, offset: 0 })).toMatchObject({ errno: 'ENOENT' });
    });

    it('says which name the kernel does not know', () => {
      expect(addon.probeAttach({ kind: 'fentry', function: 'no_such' })).toMatchObject({
        errno: 'ENOENT',
        errnoNumber: 2,
        attempted: 'find the function "no_such" in the kernel\'s types',
      });
      expect(addon.probeAttach({ kind: 'tp_btf', name: 'no_such' })?.attempted).toContain('"no_such"');
      expect(addon.probeAttach({ kind: 'raw_tracepoint', name: 'no_such' })?.errno).toBe('ENOENT');
    });
  });

  it('does not crash when a worker ends with everything open', async () => {
    const objects = Object.fromEntries(['ring', 'maps'].map((name) => [name, compileFixture(work, name)]));
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { readFileSync } = require('node:fs');
      const addon = require(workerData.addonPath);
      const pid = new Uint8Array(Uint32Array.of(process.pid).buffer);
      const open = (name) => {
        const object = addon.openObject(readFileSync(workerData.objects[name]), name);
        object.setInitialValue('.rodata', 0, pid);
        object.load();
        return object;
      };
      const object = open('ring');
      object.attach('submit', workerData.getppid);
      const ring = object.openRing('ring', { intervalMs: 1, maxBatchBytes: 512, onBatch: (_, end) => ring.release(end) });
      const maps = open('maps');
      const read = () => { void maps.map('empty_slot').swapInnerAndRead(); void maps.map('of_array').readAll(); };
      read();
      addon.probeAttach({ kind: 'raw_tracepoint', name: 'sched_switch' });
      setInterval(() => { for (let call = 0; call < 200; call++) process.ppid; read(); }, 1);
      parentPort.postMessage('running');
    `;
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(code, { eval: true, workerData: { addonPath, objects, getppid } });
      const failure = once(worker, 'error').then(([error]) => Promise.reject(error));
      await Promise.race([once(worker, 'message'), failure]);
      await new Promise((resolve) => setTimeout(resolve, round * 5));
      expect(await worker.terminate()).toBe(1);
    }
  });
});
