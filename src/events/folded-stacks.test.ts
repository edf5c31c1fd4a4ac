import { describe, expect, it } from 'vitest';
import * as t from '../../test/support/records.js';
import { type AggregateSlot, type MapManifest, stackRecord } from '../compile/manifest.js';
import type { Frame, Symbolizer } from '../symbols/symbolizer.js';
import { EventReader } from './event-batch.js';
import { foldedSelection } from './folded-stacks.js';
import { MapReader } from './map-snapshot.js';
import { everything, Selection } from './selection.js';
import { StackTable } from './stack-table.js';

const frame = (name: string, address: bigint, module = '[kernel]'): Frame => ({
  name,
  offset: 1,
  module,
  address,
  inlined: name === 'inlining' ? ['a;b'] : [],
});
const user = ['main', 'inlining', 'jitted'];
const symbolizer: Symbolizer = {
  kernel: (address) => frame(`k${address >> 12n}`, address),
  user: (_, address) => {
    const name = user[Number(address >> 12n) - 1] ?? '[unknown]';
    return frame(name, address, name === 'jitted' ? '[jit]' : '/bin/x');
  },
  notice: () => {},
};

const told = (id: bigint, addresses: readonly bigint[], process = 0): Uint8Array =>
  Buffer.concat([
    t.int(stackRecord, 4),
    t.int(process, 4),
    t.int(id, 8),
    t.int(addresses.length, 8),
    ...addresses.map((address) => t.int(address, 8)),
  ]);

const comm = { kind: 'text', size: 16 } as const;
const probe = t.testProbe('s', 1, [
  { name: 'comm', type: comm, size: 16 },
  { name: 'pid', type: t.u32, size: 4 },
  { name: 'kernel', type: { kind: 'kstack' }, size: 8 },
  { name: 'user', type: { kind: 'ustack' }, size: 8 },
]);
const plain = t.testProbe('plain', 2, [{ name: 'pid', type: t.u32, size: 4 }]);
const event = (name: string, kernel: bigint, process: bigint) =>
  t.testRecord(probe, { comm: t.text(name), pid: t.int(7, 4), kernel: t.int(kernel, 8), user: t.int(process, 8) });

function map(value: readonly AggregateSlot[], name = 'm'): MapManifest {
  return {
    name,
    map: name,
    kind: 'hash',
    perCpu: false,
    shown: true,
    maxEntries: 10,
    keySize: 12,
    valueSize: value.length * 8,
    key: [
      { name: 'pid', type: t.u32, offset: 0, size: 4 },
      { name: 'stack', type: { kind: 'kstack' }, offset: 4, size: 8 },
    ],
    value,
    reset: false,
    order: 'desc',
  };
}

const sum: AggregateSlot = { name: '', aggregation: 'sum', offset: 0, signed: true };
const max: AggregateSlot = { name: '', aggregation: 'max', offset: 0, signed: false };

function stacks(): StackTable {
  const table = new StackTable(symbolizer);
  const ring = t.testRing([told(5n, [0x1010n, 0x2010n]), told(6n, [0x3010n, 0x2010n, 0x1010n], 9)]);
  new EventReader(t.testManifest([probe]), table).batch(ring.memory, ring.start, ring.end, 0n);
  return table;
}

describe('folded stacks', () => {
  it('have what else is known first, then the process’ frames, then the kernel’s, each from the root', () => {
    const ring = t.testRing([event('node', 5n, 6n), event('a;b c', 0n, 99n), event('', 0n, 0n)]);
    const manifest = t.testManifest([probe, plain]);
    const batch = new EventReader(manifest, stacks()).batch(ring.memory, ring.start, ring.end, 0n);
    const selection = foldedSelection(manifest, everything);
    if (selection === undefined) throw new Error('there are stacks');
    expect(batch.folded(selection)).toEqual([
      'node;main;inlining;a:b_[i];jitted_[j];k2_[k];k1_[k] 1\n',
      'a:b c;[lost] 1\n',
      '[no frames] 1\n',
    ]);
  });

  it('of maps have the whole key, and the count that adds up', () => {
    const keys = Buffer.concat([t.int(7, 4), t.int(5n, 8), t.int(8, 4), t.int(0n, 8)]);
    const values = Buffer.concat([t.int(1234n, 8), t.int(-5n, 8)]);
    const moment = { cpus: 1, clockOffset: 0n, time: 0n };
    const snapshot = new MapReader(map([sum]), stacks()).snapshot({ count: 2, keys, values }, moment);
    expect([...snapshot.folded()]).toEqual(['7;k2_[k];k1_[k] 1234\n', '8 0\n']);
  });

  it('come of probes and maps that have stacks, and of nothing else', () => {
    const manifest = t.testManifest([probe, plain], [map([sum], 'sums'), map([max], 'maxima')]);
    const selection = foldedSelection(manifest, everything);
    expect(['s', 'plain', 'sums', 'maxima'].filter((name) => selection?.takes(name))).toEqual(['s', 'sums']);
    expect(foldedSelection(manifest, new Selection({ from: ['plain', 'maxima'] }))).toBeUndefined();
    expect(foldedSelection(manifest, new Selection({ from: ['s'], fields: ['pid'] }))).toBeUndefined();
  });
});
