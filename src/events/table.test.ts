import { describe, expect, it } from 'vitest';
import * as t from '../../test/support/records.js';
import type { ProbeManifest } from '../compile/manifest.js';
import { EventReader } from './event-batch.js';
import { everything, Selection } from './selection.js';
import { EventTable } from './table.js';

const io = t.testProbe('io', 0, [
  { name: 'pid', type: t.u32, size: 4 },
  { name: 'comm', type: { kind: 'text', size: 16 }, size: 16 },
  { name: 'took', type: t.duration, size: 8 },
  { name: 'path', type: { kind: 'string', max: 32 }, size: 40 },
]);
const exit = t.testProbe('exit', 1, [{ name: 'code', type: t.i32, size: 4 }]);

function ioRecord(pid: number, comm: string, took: number, path: string): Uint8Array {
  return t.testRecord(io, {
    pid: t.int(pid, 4),
    comm: t.text(comm),
    took: t.int(took, 8),
    path: t.stringSlot(path, 32),
  });
}

const exitRecord = t.testRecord(exit, { code: t.int(-1, 4) });

function table(probes: readonly ProbeManifest[], selection = everything, width = 80, height = 0) {
  const manifest = t.testManifest(probes);
  const events = new EventTable(manifest, selection, { width, height });
  const reader = new EventReader(manifest);
  return (...records: readonly Uint8Array[]) => {
    const ring = t.testRing(records);
    return events.text(reader.batch(ring.memory, ring.start, ring.end, 0n)).join('');
  };
}

describe('tables', () => {
  it('align columns under one header, in human units', () => {
    const show = table([io]);
    expect(show(ioRecord(42, 'node', 1_234_567, '/etc/hosts'), ioRecord(4_194_304, 'x', 12, 'a'))).toBe(
      [
        '    PID  COMM                 TOOK  PATH',
        '     42  node               1.23ms  /etc/hosts',
        '4194304  x                    12ns  a',
        '',
      ].join('\n'),
    );
    expect(show(ioRecord(1, 'next', 0, ''))).toBe('      1  next                  0ns\n');
  });

  it('cannot be broken by what processes and files are called', () => {
    const line = table([io])(ioRecord(1, '\u001b[2J\n', 0, 'two\nlines\u202e')).split('\n');
    expect(line.length).toBe(3);
    expect(line[1]).toBe('      1  \\x1b[2J\\n             0ns  two\\nlines\\u202e');
  });

  it('say where the kernel cut a text, and cut none behind which nothing stands', () => {
    const long = table([io], everything, 30)(ioRecord(1, 'c', 0, 'p'.repeat(60))).split('\n')[1];
    expect(long?.endsWith(`  ${'p'.repeat(32)}…`)).toBe(true);
  });

  it('repeat the header after a screenful', () => {
    const show = table([exit], everything, 80, 5);
    const lines = show(...new Array<Uint8Array>(7).fill(exitRecord)).split('\n');
    expect(lines.map((line) => line.trim())).toEqual([
      'CODE',
      '-1',
      '-1',
      '-1',
      'CODE',
      '-1',
      '-1',
      '-1',
      'CODE',
      '-1',
      '',
    ]);
  });

  it('give each probe its own header where the columns differ', () => {
    const text = table([io, exit])(exitRecord, exitRecord, ioRecord(1, 'a', 5, 'b'), exitRecord);
    expect(text.split('\n').map((line) => line.split(/ +/).filter(Boolean).join(' '))).toEqual([
      'PROBE CODE',
      'exit -1',
      'exit -1',
      '',
      'PROBE PID COMM TOOK PATH',
      'io 1 a 5ns b',
      '',
      'PROBE CODE',
      'exit -1',
      '',
    ]);
  });

  it('share a header between probes of the same columns, however long their names are', () => {
    const [open, connect] = ['open', 'connect'].map((name, id) =>
      t.testProbe(name, id, [{ name: 'code', type: t.i32, size: 4 }]),
    );
    if (open === undefined || connect === undefined) throw new Error('two probes were made');
    const records = [open, connect, open].map((probe) => t.testRecord(probe, { code: t.int(7, 4) }));
    expect(table([open, connect])(...records)).toBe(
      ['PROBE       CODE', 'open           7', 'connect        7', 'open           7', ''].join('\n'),
    );
  });

  it('keep room for the names that an enum has', () => {
    const names = { 1: 'TCP_ESTABLISHED', 7: 'TCP_CLOSE' };
    const state = t.testProbe('state', 0, [
      { name: 'state', type: { kind: 'enum', bytes: 4, signed: true, names }, size: 4 },
      { name: 'path', type: { kind: 'string', max: 32 }, size: 40 },
    ]);
    const record = t.testRecord(state, { state: t.int(1, 4), path: t.stringSlot('/', 32) });
    expect(table([state], everything, 20)(record)).toContain('TCP_ESTABLISHED  /\n');
  });

  it('have only the fields of their selection', () => {
    const show = table([io, exit], new Selection({ from: ['io'], fields: ['comm', 'pid'] }));
    expect(show(exitRecord, ioRecord(3, 'sh', 0, ''))).toBe('COMM                 PID\nsh                     3\n');
  });
});
