/** The ring buffer of the native addon: each record once and in order, whatever is lost counted, whatever the ring's size. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { addonPath } from '../../src/runtime/load-addon.js';
import type { NativeObject, NativeRing } from '../../src/runtime/native-addon.js';
import {
  addonUnderTest,
  callGetppid,
  compileFixture,
  getppid,
  openFixture,
  refusal,
  u64,
  variables,
} from '../support/native-objects.js';
import { isRoot, Workspace } from '../support/probepipe.js';

const busyBit = 0x80000000;
const discardBit = 0x40000000;
/** More than any ring holds: the program never wakes the reader. */
const neverWake = 1n << 50n;

describe.skipIf(!isRoot)('the ring buffer of the native addon on this kernel (needs root)', () => {
  const addon = addonUnderTest();
  const work = new Workspace();
  afterAll(() => work[Symbol.dispose]());

  function loaded(ringBytes: number, wakeBytes: bigint): NativeObject {
    const object = openFixture(addon, work, 'ring');
    object.setMaxEntries('ring', ringBytes);
    object.setInitialValue('.rodata.params', 0, u64(wakeBytes));
    object.load();
    return object;
  }

  /** Reads records as they are, and checks what must be so of each. */
  class Reader {
    readonly ring: NativeRing;
    received = 0;
    discarded = 0;
    batches = 0;
    largest = 0;
    readonly problems: string[] = [];
    private last = -1;

    constructor(object: NativeObject, ringBytes: number, maxBatchBytes: number, intervalMs: number) {
      this.ring = object.openRing('ring', {
        intervalMs,
        maxBatchBytes,
        onBatch: (start, end) => {
          if (start >= ringBytes) this.problems.push(`a batch starts at ${start}`);
          this.batches++;
          this.largest = Math.max(this.largest, end - start);
          this.read(start, end);
          this.ring.release(end);
        },
      });
    }

    private read(start: number, end: number): void {
      const view = new DataView(this.ring.memory);
      let at = start;
      while (at < end) {
        const header = view.getUint32(at, true);
        const length = header & ~busyBit & ~discardBit;
        const number = Number(view.getBigUint64(at + 8, true));
        if ((header & busyBit) !== 0) this.problems.push(`record ${number} is not committed`);
        if (number <= this.last) this.problems.push(`record ${number} comes after ${this.last}`);
        if (length !== (number % 2 === 1 ? 24 : 12)) this.problems.push(`record ${number} has ${length} bytes`);
        if ((header & discardBit) !== 0) this.discarded++;
        else this.received++;
        this.last = number;
        at += 8 + Math.ceil(length / 8) * 8;
      }
      if (at !== end) this.problems.push(`the last record ends at ${at}, not ${end}`);
    }
  }

  const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

  it.each([
    ['woken by the kernel', 1 << 24, 0n, 1 << 18, 20],
    ['woken past a fill level', 1 << 22, 1n << 20n, 1 << 16, 5],
    ['never woken', 1 << 24, neverWake, 1 << 20, 10],
  ])('passes on 100,000 records once and in order: %s', async (_, ringBytes, wakeBytes, maxBatchBytes, intervalMs) => {
    const object = loaded(ringBytes, wakeBytes);
    const reader = new Reader(object, ringBytes, maxBatchBytes, intervalMs);
    const link = object.attach('submit', getppid);
    for (let burst = 0; burst < 100; burst++) {
      callGetppid(1000);
      if (burst % 3 === 0) await pause();
    }
    link.detach();
    reader.ring.drain();
    expect(reader.problems).toEqual([]);
    expect([reader.received, reader.discarded]).toEqual([90_000, 10_000]);
    expect(reader.largest).toBeLessThanOrEqual(maxBatchBytes);
    expect([...variables(object)]).toEqual([100_000n, 0n, 10_000n]);
    reader.ring.close();
    object.close();
  });

  it.each([
    ['batches of many records', 1024],
    ['batches that hold one record only', 1],
  ])('a ring that is too small loses records, and each is received or counted: %s', async (_, maxBatchBytes) => {
    const ringBytes = 4096;
    const object = loaded(ringBytes, neverWake);
    const reader = new Reader(object, ringBytes, maxBatchBytes, 1);
    const link = object.attach('submit', getppid);
    for (let burst = 0; burst < 50; burst++) {
      callGetppid(400);
      await pause();
    }
    link.detach();
    reader.ring.drain();
    const [produced = 0n, lost = 0n, discarded = 0n] = variables(object);
    expect(reader.problems).toEqual([]);
    expect(produced).toBe(20_000n);
    expect(lost).toBeGreaterThan(0n);
    expect(BigInt(reader.received + reader.discarded) + lost).toBe(produced);
    expect(BigInt(reader.discarded)).toBe(discarded);
    reader.ring.close();
    object.close();
  });

  it('comes with what waits without a wake-up, by the interval', async () => {
    const object = loaded(4096, neverWake);
    const reader = new Reader(object, 4096, 1024, 5);
    const link = object.attach('submit', getppid);
    callGetppid(3);
    while (reader.received < 3) await pause();
    link.detach();
    expect(reader.problems).toEqual([]);
    object.close();
  });

  it('drains a batch that was announced and not yet passed on, and does not pass it on again', async () => {
    const object = loaded(4096, 0n);
    const reader = new Reader(object, 4096, 1024, 1);
    const link = object.attach('submit', getppid);
    callGetppid(9);
    // The thread announces it, while this thread is too busy to hear of it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    link.detach();
    reader.ring.drain();
    const { batches } = reader;
    expect(reader.received).toBe(9);
    await pause();
    await pause();
    expect([reader.received, reader.batches]).toEqual([9, batches]);
    expect(reader.problems).toEqual([]);
    object.close();
  });

  it('is drained of what programs on another CPU submit while they are detached', async () => {
    // With somebody else at the tracepoint the kernel does not wait for its programs when one of them is detached.
    const other = loaded(4096, neverWake);
    other.attach('submit', getppid);
    const worker = new Worker('for (;;) process.ppid;', { eval: true });
    await once(worker, 'online');
    for (let attempt = 0; attempt < 20; attempt++) {
      const object = loaded(1 << 20, neverWake);
      const reader = new Reader(object, 1 << 20, 1 << 20, 1000);
      const link = object.attach('submit', getppid);
      await pause();
      link.detach();
      reader.ring.drain();
      const [produced = 0n, lost = 0n] = variables(object);
      expect(BigInt(reader.received + reader.discarded) + lost).toBe(produced);
      expect(reader.problems).toEqual([]);
      object.close();
    }
    await worker.terminate();
    other.close();
  });

  it('keeps a batch, and brings no other one, until it is released', async () => {
    const object = loaded(4096, 0n);
    const ends: number[] = [];
    const ring = object.openRing('ring', { intervalMs: 1, maxBatchBytes: 64, onBatch: (_, end) => ends.push(end) });
    const link = object.attach('submit', getppid);
    callGetppid(20);
    while (ends.length === 0) await pause();
    for (let wait = 0; wait < 20; wait++) await pause();
    expect(ends).toHaveLength(1);
    expect(refusal(() => ring.release((ends[0] ?? 0) + 8))).toMatchObject({ errno: 'EINVAL' });
    expect(refusal(() => ring.drain())).toMatchObject({ errno: 'EBUSY' });
    ring.release(ends[0] ?? 0);
    while (ends.length < 2) await pause();
    link.detach();
    object.close();
  });

  it('is closed once, by itself or with its object, and is then empty', () => {
    const object = loaded(4096, 0n);
    const options = { intervalMs: 1, maxBatchBytes: 64, onBatch: () => {} };
    const ring = object.openRing('ring', options);
    const { memory } = ring;
    expect(memory.byteLength).toBe(8192);
    expect(refusal(() => object.openRing('ring', options))).toMatchObject({ errno: 'EBUSY' });
    ring.close();
    ring.close();
    ring.release(8);
    ring.drain();
    expect(memory.byteLength).toBe(0);
    const again = object.openRing('ring', options);
    object.close();
    again.close();
    expect(again.memory.byteLength).toBe(0);
  });

  describe('a process', () => {
    /** What it says, and how it ends. */
    function run(rest: string): { output: string; code: number | null } {
      const code = `
        const addon = require(${JSON.stringify(addonPath)});
        const object = addon.openObject(require('node:fs').readFileSync(${JSON.stringify(compileFixture(work, 'ring'))}), 'ring');
        object.setInitialValue('.rodata', 0, new Uint8Array(Uint32Array.of(process.pid).buffer));
        object.load();
        object.attach('submit', ${JSON.stringify(getppid)});
        const open = (onBatch) => object.openRing('ring', { intervalMs: 1, maxBatchBytes: 512, onBatch });
        const call = () => { for (let calls = 0; calls < 50; calls++) process.ppid; };
        ${rest}`;
      try {
        return {
          output: execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: 30_000, stdio: 'pipe' }),
          code: 0,
        };
      } catch (error) {
        if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') throw error;
        return { output: error.message, code: error.status };
      }
    }

    it('ends by itself after its ring is closed, and not before', () => {
      const rest = `const ring = open((_, end) => { ring.release(end); ring.close(); console.log('closed'); }); call();`;
      expect(run(rest)).toEqual({ output: 'closed\n', code: 0 });
    });

    it('may exit with all of it open', () => {
      const rest = `const ring = open((_, end) => { ring.release(end); setInterval(call, 1); setTimeout(() => process.exit(7), 20); }); call();`;
      expect(run(rest).code).toBe(7);
    });

    it('fails with the error that a batch callback throws', () => {
      const { output, code } = run(`open(() => { throw new Error('from the callback'); }); call();`);
      expect([code, output]).toEqual([1, expect.stringContaining('Error: from the callback')]);
    });
  });
});
