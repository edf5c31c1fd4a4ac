/**
 * How many events a second one process turns from ring memory into JSON Lines in a file (the first argument; a file in
 * memory without one). The records are made up here, so this is the reader's cost alone, without a kernel.
 */
import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { FieldManifest, Manifest, ProbeManifest, Slot, ValueType } from '../src/compile/manifest.js';
import { EventReader } from '../src/events/event-batch.js';
import { everything } from '../src/events/selection.js';

const ringBytes = 1024 * 1024;
const rounds = 200;

type Shape = readonly (readonly [name: string, type: ValueType, size: number, offset: number])[];

const u32: ValueType = { kind: 'int', bytes: 4, signed: false };
const u64: ValueType = { kind: 'int', bytes: 8, signed: false };

const four: Shape = [
  ['time', { kind: 'int', bytes: 8, signed: false, as: 'timestamp' }, 8, 8],
  ['pid', u32, 4, 16],
  ['comm', { kind: 'text', size: 16 }, 16, 20],
  ['ppid', u32, 4, 36],
];

const twelve: Shape = [
  ...four,
  ['uid', u32, 4, 40],
  ['op', { kind: 'enum', bytes: 4, signed: false, names: { 0: 'READ', 1: 'WRITE', 2: 'FLUSH' } }, 4, 44],
  ['bytes', u64, 8, 48],
  ['latency', { kind: 'int', bytes: 8, signed: false, as: 'duration' }, 8, 56],
  ['peer', { kind: 'ip' }, 20, 64],
  ['port', { kind: 'int', bytes: 2, signed: false }, 2, 84],
  ['path', { kind: 'string', max: 64 }, 72, 88],
  ['error', { kind: 'int', bytes: 4, signed: true, as: 'errno' }, 4, 160],
];

function manifestOf(shape: Shape, size: number): Manifest {
  const slots: Slot[] = shape.map(([name, type, bytes, offset]) => ({ name, type, offset, size: bytes }));
  const fields: FieldManifest[] = shape.map(([name, type], slot) => ({ name, value: { op: 'slot', slot, type } }));
  const probe: ProbeManifest = {
    name: 'getppid',
    id: 0,
    groups: [],
    event: { layout: { size, slots }, fields },
    row: 0,
  };
  return {
    format: 1,
    scoped: false,
    name: 'bench',
    description: '',
    params: [],
    probes: [probe],
    maps: [],
    sinks: [],
    counters: { map: 'counters', length: 10 },
  };
}

function fill(size: number): { memory: ArrayBuffer; end: number; events: number } {
  const memory = new ArrayBuffer(ringBytes);
  const view = new DataView(memory);
  const bytes = Buffer.from(memory);
  let at = 0;
  let events = 0;
  for (; at + size + 8 <= ringBytes; at += size + 8) {
    view.setUint32(at, size, true);
    const record = at + 8;
    view.setBigUint64(record + 8, 7_200_000_000_000n + BigInt(events) * 731n, true);
    view.setUint32(record + 16, 10_000 + (events % 22_000), true);
    bytes.write(['getppid-loop', 'node', 'kworker/0:1H'][events % 3] ?? '', record + 20);
    view.setUint32(record + 36, 1 + (events % 9000), true);
    if (size > 40) {
      view.setUint32(record + 40, 1000, true);
      view.setUint32(record + 44, events % 3, true);
      view.setBigUint64(record + 48, BigInt(events) * 4096n, true);
      view.setBigUint64(record + 56, BigInt(events) * 977n, true);
      bytes.set([4, 0, 0, 0, 192, 168, 1, events & 255], record + 64);
      view.setUint16(record + 84, 443, true);
      const path = `/var/lib/service/${events % 977}/state.json`;
      view.setUint32(record + 88, path.length + 1, true);
      bytes.write(path, record + 92);
      view.setUint32(record + 160, events % 2 === 0 ? 2 : 13, true);
    }
    events++;
  }
  return { memory, end: at, events };
}

const path = process.argv[2] ?? '/dev/shm/probepipe-bench.jsonl';
for (const [label, shape, size] of [
  ['4 fields', four, 40],
  ['12 fields', twelve, 168],
] as const) {
  const reader = new EventReader(manifestOf(shape, size));
  const { memory, end, events } = fill(size);
  const file = openSync(path, 'w');
  const run = (count: number) => {
    let bytes = 0;
    for (let round = 0; round < count; round++) {
      const encoded = reader.batch(memory, 0, end, 1_790_000_000_000_000_000n).encode('jsonl', everything);
      writeSync(file, encoded.bytes);
      bytes += encoded.bytes.length;
      if (round % 20 === 0) ftruncateSync(file, 0);
    }
    return bytes;
  };
  run(20);
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  const bytes = run(rounds);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const cpu = process.cpuUsage(before);
  closeSync(file);
  if (process.argv[2] === undefined) unlinkSync(path);
  const total = events * rounds;
  console.log(
    `${label}: ${Math.round(total / seconds).toLocaleString('en')} events/s, ${(((cpu.user + cpu.system) * 1000) / total).toFixed(0)} ns CPU an event, ${(bytes / total).toFixed(0)} bytes each`,
  );
}
