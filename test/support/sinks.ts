/** Batches of numbered events for tests of sinks, and a context that keeps what a sink says. */
import { expect } from 'vitest';
import type { EventBatch } from '../../src/events/event-batch.js';
import { EventReader } from '../../src/events/event-batch.js';
import { droppedBy } from '../../src/events/ledger.js';
import type { RunReadings, Sink, SinkContext, SinkLedger } from '../../src/sinks/sink.js';
import { int, stringSlot, testManifest, testProbe, testRecord, testRing, u32 } from './records.js';

const probe = testProbe('p', 0, [
  { name: 'n', type: u32, size: 4 },
  { name: 'path', type: { kind: 'string', max: 58 }, size: 64 },
]);

export const manifest = testManifest([probe]);

/** A source of events numbered from 0. */
export class NumberedEvents {
  readonly #reader: EventReader;
  readonly #path: string;
  /** The number of the next event. */
  next = 0;

  constructor(path = '/some/path', of = manifest) {
    this.#path = path;
    this.#reader = new EventReader(of);
  }

  batch(count: number): EventBatch {
    const path = stringSlot(this.#path, 58);
    const records = Array.from({ length: count }, () => testRecord(probe, { n: int(this.next++, 4), path }));
    const ring = testRing(records);
    return this.#reader.batch(ring.memory, ring.start, ring.end, 0n);
  }
}

export class KeptContext implements SinkContext {
  readonly warnings: string[] = [];
  readonly stops: string[] = [];
  readonly #said = new Set<string>();

  warn(key: string, message: string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.warnings.push(message);
  }

  stop(reason: string): void {
    this.stops.push(reason);
  }
}

/** Of a run that has not begun. */
export const noReadings: RunReadings = {
  readMap: () => Promise.resolve(undefined),
  ledger: () => undefined,
  programTimes: () => [],
};

/** The ledger, after a look whether it adds up. */
export function balanced(sink: Sink): SinkLedger {
  const ledger = sink.ledger();
  expect(ledger.delivered + ledger.waiting + (ledger.filtered ?? 0) + droppedBy(ledger)).toBe(
    ledger.offered + (ledger.replayed ?? 0),
  );
  expect(Math.min(ledger.delivered, ledger.waiting, ...Object.values(ledger.dropped))).toBeGreaterThanOrEqual(0);
  return ledger;
}

/** The numbers of the events in JSON Lines; throws where a line is not whole. */
export function numbersIn(jsonl: string): number[] {
  if (jsonl === '') return [];
  expect(jsonl.endsWith('\n')).toBe(true);
  return jsonl
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const event: { probe: string; n: number } = JSON.parse(line);
      return event.n;
    });
}
