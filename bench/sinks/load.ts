/**
 * One sink fed with made-up records as fast as it takes them, in a process of its own: `node load.js KIND TARGET EVENTS [DISK]`. Prints what came of it as JSON. Nothing is lost: the sink blocks, and everything is
 * delivered when the time is taken.
 */
import type { Manifest, ProbeManifest, Slot, ValueType } from '../../src/compile/manifest.js';
import { EventReader } from '../../src/events/event-batch.js';
import { createSink } from '../../src/sinks/registry.js';

/** What load.js prints. */
export interface SinkLoad {
  readonly events: number;
  readonly delivered: number;
  readonly seconds: number;
  /** Of all threads of the process. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const u32: ValueType = { kind: 'int', bytes: 4, signed: false };
const shape: readonly (readonly [name: string, type: ValueType, size: number, offset: number])[] = [
  ['time', { kind: 'int', bytes: 8, signed: false, as: 'timestamp' }, 8, 8],
  ['pid', u32, 4, 16],
  ['comm', { kind: 'text', size: 16 }, 16, 20],
  ['ppid', u32, 4, 36],
];
const recordBytes = 40;
/** As much as is read from the ring buffer at a time. */
const readingBytes = 256 * 1024;
const warmUpEvents = 50_000;
const stopDeadlineMs = 60_000;

const slots: Slot[] = shape.map(([name, type, size, offset]) => ({ name, type, size, offset }));
const probe: ProbeManifest = {
  name: 'getppid',
  id: 0,
  groups: [],
  event: {
    layout: { size: recordBytes, slots },
    fields: shape.map(([name, type], slot) => ({ name, value: { op: 'slot', slot, type } })),
  },
  row: 0,
};
const manifest: Manifest = {
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

function reading(): { memory: ArrayBuffer; end: number; events: number } {
  const memory = new ArrayBuffer(readingBytes);
  const view = new DataView(memory);
  const bytes = Buffer.from(memory);
  let [at, events] = [0, 0];
  for (; at + recordBytes + 8 <= readingBytes; at += recordBytes + 8) {
    view.setUint32(at, recordBytes, true);
    view.setBigUint64(at + 16, 7_200_000_000_000n + BigInt(events) * 731n, true);
    view.setUint32(at + 24, 10_000 + (events % 22_000), true);
    bytes.write(['getppid-loop', 'node', 'kworker/0:1H'][events % 3] ?? '', at + 28);
    view.setUint32(at + 44, 1 + (events % 9000), true);
    events++;
  }
  return { memory, end: at, events };
}

const [kind = '', target = '', wanted = '', disk] = process.argv.slice(2);
const network = {
  compression: 'none',
  batch: { max_events: 20_000, max_bytes: '4MiB' },
  concurrency: disk === undefined ? 2 : 1,
  buffer: { when_full: 'block', max: '64MiB', ...(disk === undefined ? {} : { disk }) },
};
const given: Readonly<Record<string, Record<string, unknown>>> = {
  file: { path: target },
  http: { url: target, ...network },
  otlp: { endpoint: target, ...network },
};
const warnings: string[] = [];
const sink = await createSink(
  { kind, name: kind, from: [], options: given[kind] ?? {}, optionPlaces: {} },
  {
    manifest,
    context: { warn: (_, message) => warnings.push(message), stop: (reason) => warnings.push(reason) },
    readings: { readMap: () => Promise.resolve(undefined), ledger: () => undefined, programTimes: () => [] },
    stdout: { fd: 1, unicode: true },
  },
);
await sink.open();
const reader = new EventReader(manifest);
const { memory, end, events: each } = reading();

async function feed(count: number): Promise<number> {
  let fed = 0;
  for (; fed < count; fed += each) {
    const room = sink.room?.();
    if (room !== undefined) await room;
    sink.accept(reader.batch(memory, 0, end, 1_790_000_000_000_000_000n));
    // As between two readings of the ring buffer.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return fed;
}

async function through(): Promise<void> {
  while (sink.ledger().waiting > 0) await new Promise((resolve) => setTimeout(resolve, 1));
}

const warm = await feed(warmUpEvents);
if (kind !== 'file') await through();
const before = process.cpuUsage();
const start = performance.now();
const events = await feed(Number(wanted));
if (kind === 'file') await sink.close(stopDeadlineMs);
else await through();
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
await sink.close(stopDeadlineMs);
const result: SinkLoad = {
  events,
  delivered: sink.ledger().delivered - warm,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakMiB: process.resourceUsage().maxRSS / 1024,
};
if (warnings.length > 0) console.error(warnings.join('\n'));
console.log(JSON.stringify(result));
