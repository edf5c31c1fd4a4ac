/** Reading maps through the native addon: whole, of each kind, and while programs change them. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import type { MapEntries, NativeObject } from '../../src/runtime/native-addon.js';
import {
  addonUnderTest,
  callGetppid,
  getppid,
  openFixture,
  refusal,
  sum,
  u32,
  u64,
  variables,
} from '../support/native-objects.js';
import { isRoot, Workspace } from '../support/probepipe.js';

describe.skipIf(!isRoot)('maps of the native addon on this kernel (needs root)', () => {
  const addon = addonUnderTest();
  const work = new Workspace();
  afterAll(() => work[Symbol.dispose]());

  function loaded(): NativeObject {
    const object = openFixture(addon, work, 'maps');
    object.load();
    return object;
  }

  const keysOf = (entries: MapEntries) => new Uint32Array(entries.keys.slice().buffer);

  it.each([
    ['of_hash', 20_000, 12],
    ['of_lru_hash', 300, 8],
    ['of_percpu_hash', 1000, addon.possibleCpus() * 16],
  ])('%s is read whole, each entry once', async (name, count, valueBytes) => {
    const object = loaded();
    const map = object.map(name);
    const keys = Array.from({ length: count }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 0);
    for (const key of keys) map.update(u32(key), new Uint8Array(valueBytes).fill(key));
    const entries = await map.readAll();
    expect([entries.count, entries.values.length]).toEqual([count, count * valueBytes]);
    const read = keysOf(entries);
    expect([...read].sort()).toEqual([...keys].sort());
    const wrong = read.findIndex((key, index) => entries.values[(index + 1) * valueBytes - 1] !== (key & 0xff));
    expect(wrong).toBe(-1);
    object.close();
  });

  it.each([
    ['of_array', 3000, 8],
    ['of_percpu_array', 5, addon.possibleCpus() * 8],
  ])('%s is read whole, in order', async (name, count, valueBytes) => {
    const object = loaded();
    const entries = await object.map(name).readAll();
    expect([entries.count, entries.values.length]).toEqual([count, count * valueBytes]);
    expect([...keysOf(entries)]).toEqual(Array.from({ length: count }, (_, index) => index));
    object.close();
  });

  it('is read key by key where the kernel has no batches for its kind', async () => {
    const object = loaded();
    const map = object.map('of_devices');
    // The loopback device.
    map.update(u32(7), u32(1));
    map.update(u32(9), u32(1));
    const entries = await map.readAll();
    expect([...keysOf(entries)].sort()).toEqual([7, 9]);
    expect([...new Uint32Array(entries.values.slice().buffer)]).toEqual([1, 1]);
    object.close();
  });

  it('finds, changes and deletes an entry; a key of another size is a bug of the caller', () => {
    const object = loaded();
    const map = object.map('of_lru_hash');
    expect(map.lookup(u32(1))).toBeUndefined();
    map.update(u32(1), u64(5n));
    expect(map.lookup(u32(1))).toEqual(u64(5n));
    expect([map.delete(u32(1)), map.delete(u32(1))]).toEqual([true, false]);
    expect(() => map.lookup(u64(1n))).toThrow(TypeError);
    expect(() => map.update(u32(1), u32(1))).toThrow(TypeError);
    object.close();
    expect(refusal(() => map.lookup(u32(1)))).toMatchObject({ errno: 'EBADF' });
  });

  it('sums what each CPU counted', async () => {
    const object = loaded();
    const link = object.attach('count', getppid);
    callGetppid(500);
    link.detach();
    const { values } = await object.map('of_percpu_array').readAll();
    const perKey = addon.possibleCpus() * 8;
    expect(sum({ count: 1, keys: u32(0), values: values.slice(0, perKey) })).toBe(500n);
    object.close();
  });

  it('swaps an inner map under load without losing or doubling a count', async () => {
    const object = loaded();
    const link = object.attach('count', getppid);
    const calls = 500_000;
    const worker = new Worker(`for (let call = 0; call < ${calls}; call++) process.ppid;`, { eval: true });
    let running = true;
    const ended = once(worker, 'exit').then(() => {
      running = false;
    });
    const slots = ['empty_slot', 'filled_slot'].map((name) => ({ map: object.map(name), total: 0n }));
    while (running) {
      for (const slot of slots) slot.total += sum(await slot.map.swapInnerAndRead());
    }
    await ended;
    link.detach();
    for (const slot of slots) {
      const left = sum(await slot.map.readInner());
      expect(sum(await slot.map.swapInnerAndRead())).toBe(left);
      expect((await slot.map.readInner()).count).toBe(0);
      slot.total += left;
    }
    const [produced, lost] = variables(object);
    expect([produced, lost]).toEqual([BigInt(calls), 0n]);
    expect(slots.map((slot) => slot.total)).toEqual([BigInt(calls), BigInt(calls)]);
    object.close();
  });

  it('reads to the end what was asked for before the object was closed, and rejects what is asked later', async () => {
    const object = loaded();
    const map = object.map('of_array');
    const reading = map.readAll();
    const swapping = object.map('empty_slot').swapInnerAndRead();
    object.close();
    expect([(await reading).count, (await swapping).count]).toEqual([3000, 0]);
    await expect(map.readAll()).rejects.toMatchObject({ name: 'NativeError', errno: 'EBADF' });
  });

  it('rejects the swap of a map that holds no others', async () => {
    const object = loaded();
    await expect(object.map('of_array').swapInnerAndRead()).rejects.toMatchObject({ errno: 'EINVAL' });
    expect(refusal(() => object.map('nothing'))).toMatchObject({
      errno: 'ENOENT',
      attempted: 'open the map "nothing"',
    });
    object.close();
  });
});
