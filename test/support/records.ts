/** Hand-built records and manifests for tests of what reads them. */
import type {
  FieldManifest,
  Manifest,
  MapManifest,
  ProbeManifest,
  Slot,
  UserExpression,
  ValueType,
} from '../../src/compile/manifest.js';

export interface TestSlot {
  readonly name: string;
  readonly type: ValueType;
  readonly size: number;
  /** Missing: the slot itself. */
  readonly value?: (slot: number) => UserExpression;
}

/** Slots at 8-byte aligned offsets, in the order given. */
export function testProbe(name: string, id: number, members: readonly TestSlot[]): ProbeManifest {
  let offset = 8;
  const slots = members.map((member): Slot => {
    const slot = { name: member.name, type: member.type, offset, size: member.size };
    offset += Math.ceil(member.size / 8) * 8;
    return slot;
  });
  const fields = members.map(
    (member, slot): FieldManifest => ({
      name: member.name,
      value: member.value?.(slot) ?? { op: 'slot', slot, type: member.type },
    }),
  );
  return { name, id, groups: [], row: 0, event: { layout: { size: offset, slots }, fields } };
}

export function testManifest(probes: readonly ProbeManifest[], maps: readonly MapManifest[] = []): Manifest {
  return {
    format: 1,
    scoped: false,
    name: 'test',
    description: '',
    params: [],
    probes,
    maps,
    sinks: [],
    counters: { map: 'counters', length: 10 },
  };
}

/** One record: the slots' bytes laid at their offsets. Slots that are missing stay zero. */
export function testRecord(probe: ProbeManifest, values: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const layout = probe.event?.layout;
  if (layout === undefined) throw new Error('the probe has no events');
  const record = new Uint8Array(layout.size);
  new DataView(record.buffer).setUint32(0, probe.id, true);
  for (const slot of layout.slots)
    record.set((values[slot.name] ?? new Uint8Array()).subarray(0, slot.size), slot.offset);
  return record;
}

export interface RingStretch {
  readonly memory: ArrayBuffer;
  readonly start: number;
  readonly end: number;
}

/** Records as they lie in the ring; `flags` (BUSY, DISCARD) by index. */
export function testRing(records: readonly Uint8Array[], flags: readonly number[] = []): RingStretch {
  const start = 64;
  const bytes = records.reduce((sum, record) => sum + 8 + Math.ceil(record.length / 8) * 8, start);
  const memory = new ArrayBuffer(bytes);
  const view = new DataView(memory);
  let at = start;
  records.forEach((record, index) => {
    view.setUint32(at, (record.length | (flags[index] ?? 0)) >>> 0, true);
    new Uint8Array(memory).set(record, at + 8);
    at += 8 + Math.ceil(record.length / 8) * 8;
  });
  return { memory, start, end: at };
}

export const u8 = { kind: 'int', bytes: 1, signed: false } as const;
export const u16 = { kind: 'int', bytes: 2, signed: false } as const;
export const u32 = { kind: 'int', bytes: 4, signed: false } as const;
export const u64 = { kind: 'int', bytes: 8, signed: false } as const;
export const i8 = { kind: 'int', bytes: 1, signed: true } as const;
export const i32 = { kind: 'int', bytes: 4, signed: true } as const;
export const i64 = { kind: 'int', bytes: 8, signed: true } as const;
export const timestamp = { ...u64, as: 'timestamp' } as const;
export const duration = { ...u64, as: 'duration' } as const;

/** `size` bytes of little-endian two's complement. */
export function int(value: number | bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(size * 8, BigInt(value));
  for (let index = 0; index < size; index++) {
    bytes[index] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

export function text(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}

/** A `string` slot as bpf_probe_read_str leaves it: text of at most `max` bytes, or cut. */
export function stringSlot(value: string | Uint8Array, max: number): Uint8Array {
  const bytes = text(value);
  const whole = bytes.length <= max;
  const kept = bytes.subarray(0, max + 1);
  const slot = new Uint8Array(4 + max + 2);
  new DataView(slot.buffer).setUint32(0, whole ? bytes.length + 1 : max + 2, true);
  slot.set(kept, 4);
  return slot;
}

export function bytesSlot(value: Uint8Array, max: number): Uint8Array {
  const slot = new Uint8Array(4 + max);
  new DataView(slot.buffer).setUint32(0, value.length, true);
  slot.set(value, 4);
  return slot;
}

export function ip4(a: number, b: number, c: number, d: number): Uint8Array {
  return Uint8Array.of(4, 0, 0, 0, a, b, c, d);
}

export function ip6(groups: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes[0] = 6;
  groups.forEach((group, index) => {
    bytes[4 + index * 2] = group >> 8;
    bytes[5 + index * 2] = group & 255;
  });
  return bytes;
}
