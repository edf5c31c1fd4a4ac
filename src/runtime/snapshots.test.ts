import { describe, expect, it } from 'vitest';
import type { NativeLink } from './native-addon.js';
import { Snapshots, stepOf } from './snapshots.js';

/** A walk over so many objects, which notes what happens. */
function linkOf(name: string, objects: number, told: string[]): NativeLink {
  return {
    detach: () => {},
    openIterator: () => {
      let left = objects;
      told.push(`${name} opened`);
      return {
        step: async (most) => {
          const count = Math.min(most, left);
          left -= count;
          told.push(`${name} ${count}`);
          return count;
        },
        close: () => told.push(`${name} closed`),
      };
    },
  };
}

describe('Snapshots', () => {
  it('are taken one after another, and what each step emits is read before the next', async () => {
    const told: string[] = [];
    const snapshots = new Snapshots({
      drain: () => told.push('drained'),
      ready: async () => {
        told.push('ready');
      },
    });
    await Promise.all([
      snapshots.take({ link: linkOf('a', 3, told), step: 2 }),
      snapshots.take({ link: linkOf('b', 1, told), step: 2 }),
    ]);
    expect(told).toEqual([
      ...['a opened', 'a 2', 'drained', 'ready', 'a 1', 'drained', 'ready', 'a 0', 'a closed'],
      ...['b opened', 'b 1', 'drained', 'ready', 'b 0', 'b closed'],
    ]);
  });

  it('end after a step when they are stopped', async () => {
    const told: string[] = [];
    const snapshots = new Snapshots({ drain: () => snapshots.stop(), ready: async () => {} });
    await snapshots.take({ link: linkOf('a', 10, told), step: 2 });
    await snapshots.take({ link: linkOf('b', 10, told), step: 2 });
    expect(told).toEqual(['a opened', 'a 2', 'a closed']);
  });

  it('go on after one that failed', async () => {
    const told: string[] = [];
    const broken: NativeLink = {
      detach: () => {},
      openIterator: () => {
        throw new Error('no memory');
      },
    };
    const snapshots = new Snapshots({ drain: () => {}, ready: async () => {} });
    const first = snapshots.take({ link: broken, step: 1 });
    await expect(first).rejects.toThrow('no memory');
    await snapshots.take({ link: linkOf('b', 1, told), step: 1 });
    expect(told).toEqual(['b opened', 'b 1', 'b 0', 'b closed']);
  });
});

describe('stepOf', () => {
  it('fills at most a quarter of the ring', () => {
    expect(stepOf(0, 0)).toBe(16_384);
    expect(stepOf(24, 16 * 1024 * 1024)).toBe(16_384);
    expect(stepOf(8184, 16 * 1024 * 1024)).toBe(512);
    expect(stepOf(8 * 1024 * 1024, 16 * 1024 * 1024)).toBe(1);
  });
});
