import { describe, expect, it } from 'vitest';
import * as t from '../../test/support/records.js';
import { stackRecord } from '../compile/manifest.js';
import type { Frame, Symbolizer } from '../symbols/symbolizer.js';
import { EventReader } from './event-batch.js';
import { everything } from './selection.js';
import { StackTable } from './stack-table.js';

const kernelNames: Readonly<Record<string, string>> = {
  '4096': 'schedule',
  '8192': 'do_syscall_64',
  '12288': 'bpf_prog_0123456789abcdef_s_tp_btf',
  '16384': '__traceiter_sched_switch',
};

const noticed: number[] = [];
/** A function every 4096 bytes. */
const symbolizer: Symbolizer = {
  kernel: (address) => frame(kernelNames[String(address & ~0xfffn)] ?? '[unknown]', address),
  user: (pid, address) => ({
    ...frame(`main_of_${pid}`, address),
    inlined: address >= 0x9000n ? ['outer', 'inner'] : [],
  }),
  notice: (pid) => noticed.push(pid),
};

function frame(name: string, address: bigint): Frame {
  return { name, offset: Number(address & 0xfffn), module: '[kernel]', address, inlined: [] };
}

function told(id: bigint, addresses: readonly bigint[], process = 0, count = addresses.length): Uint8Array {
  return Buffer.concat([
    t.int(stackRecord, 4),
    t.int(process, 4),
    t.int(id, 8),
    t.int(count, 8),
    ...addresses.map((address) => t.int(address, 8)),
  ]);
}

const stackType = { kind: 'kstack' } as const;
const probe = t.testProbe('s', 1, [
  { name: 'n', type: t.u32, size: 4 },
  { name: 'stack', type: stackType, size: 8 },
]);
const event = (n: number, id: bigint) => t.testRecord(probe, { n: t.int(n, 4), stack: t.int(id, 8) });

function read(records: readonly Uint8Array[], stacks = new StackTable(symbolizer)) {
  const ring = t.testRing(records);
  return new EventReader(t.testManifest([probe]), stacks).batch(ring.memory, ring.start, ring.end, 0n);
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('stacks', () => {
  it('are shown by the names of their frames, and the records that tell them are no events', () => {
    const batch = read([told(7n, [0x1010n, 0x2020n]), event(1, 7n), event(2, 7n)]);
    expect(batch.count(everything)).toBe(2);
    expect(batch.malformed).toBe(0);
    expect(batch.objects(everything)[0]).toEqual({ probe: 's', n: 1, stack: ['schedule+0x10', 'do_syscall_64+0x20'] });
    expect(text(batch.encode('jsonl', everything).bytes)).toBe(
      '{"probe":"s","n":1,"stack":["schedule+0x10","do_syscall_64+0x20"]}\n' +
        '{"probe":"s","n":2,"stack":["schedule+0x10","do_syscall_64+0x20"]}\n',
    );
    expect(text(batch.encode('csv', everything).bytes)).toBe(
      's,1,schedule+0x10;do_syscall_64+0x20\r\ns,2,schedule+0x10;do_syscall_64+0x20\r\n',
    );
    expect(batch.cells(everything)[0]?.cells).toEqual(['1', 'schedule;do_syscall_64']);
  });

  it('of no frames and those that were never told are told apart', () => {
    const batch = read([event(1, 0n), event(2, 99n)]);
    expect(text(batch.encode('jsonl', everything).bytes)).toBe(
      '{"probe":"s","n":1,"stack":[]}\n{"probe":"s","n":2,"stack":null}\n',
    );
    expect(batch.cells(everything).map(({ cells }) => cells[1])).toEqual(['', '[lost]']);
  });

  it('have return addresses looked up at their calls, since a call that never returns may end its function', () => {
    const [first] = read([told(7n, [0x1010n, 0x2000n]), event(1, 7n)]).objects(everything);
    expect(first?.stack).toEqual(['schedule+0x10', 'schedule+0x1000']);
  });

  it('of the kernel begin below the tracing itself, unless they are nothing else', () => {
    const stacks = new StackTable(symbolizer);
    read([told(7n, [0x3010n, 0x4010n, 0x1010n]), told(8n, [0x3010n])], stacks);
    expect(stacks.names(7n)).toEqual(['schedule']);
    expect(stacks.names(8n)).toEqual(['bpf_prog_0123456789abcdef_s_tp_btf']);
  });

  it('of processes have the process noticed at once, and show inlined functions before what they were inlined into', () => {
    const stacks = new StackTable(symbolizer);
    noticed.length = 0;
    read([told(7n, [0x9010n], 42)], stacks);
    expect(noticed).toEqual([42]);
    expect(stacks.texts(7n)).toEqual(['inner (inlined)', 'outer (inlined)', 'main_of_42+0x10']);
    expect(stacks.names(7n)).toEqual(['inner', 'outer', 'main_of_42']);
  });

  it('of processes leave out numbers that are no addresses of code', () => {
    const stacks = new StackTable(symbolizer);
    read([told(7n, [0x10n, 0x8010n, 0x0n, 0x198n], 42)], stacks);
    expect(stacks.texts(7n)).toEqual(['main_of_42+0x10', 'main_of_42+0x10']);
  });

  it('show addresses that have no name as numbers', () => {
    const stacks = new StackTable(symbolizer);
    read([told(7n, [0xffff_ffff_8100_0010n, 0xffff_ffff_8200_0010n])], stacks);
    expect(stacks.texts(7n)).toEqual(['0xffffffff81000010', '0xffffffff82000010']);
  });

  it('are kept within a bound, and what is beyond it is counted', () => {
    const stacks = new StackTable(symbolizer, 1);
    read([told(7n, [0x1010n]), told(8n, [0x1010n]), told(7n, [0x1010n])], stacks);
    expect(stacks.unkept).toBe(1);
    expect([stacks.names(7n), stacks.names(8n)]).toEqual([['schedule'], null]);
  });

  it('whose records are broken are counted as malformed', () => {
    const short = told(7n, [0x1010n]).subarray(0, 16);
    expect(read([short, told(8n, [0x1010n], 0, 99), event(1, 8n)]).malformed).toBe(2);
  });

  it('have room for the longest names', () => {
    const long: Symbolizer = { ...symbolizer, kernel: (address) => frame('\u0001'.repeat(5000), address) };
    const frames = Array.from({ length: 127 }, (_, at) => BigInt(at) << 12n);
    const { bytes } = read([told(7n, frames), event(1, 7n)], new StackTable(long)).encode('jsonl', everything);
    const parsed: unknown = JSON.parse(text(bytes));
    expect(parsed).toMatchObject({ stack: { length: 127 } });
  });
});
