import { describe, expect, it } from 'vitest';
import type { CounterName } from '../compile/manifest.js';
import type { ProbeLedger, RunLedger, SinkLedger } from './ledger.js';
import { imbalances } from './ledger.js';
import { ledgerJson, ledgerLines } from './ledger-report.js';

function probe(
  name: string,
  counters: Partial<Record<CounterName, bigint>>,
  more: Partial<ProbeLedger> = {},
): ProbeLedger {
  const none = {
    filtered: 0n,
    passed: 0n,
    ringFull: 0n,
    unmatched: 0n,
    expired: 0n,
    scratchBusy: 0n,
    sampledOut: 0n,
    rateLimited: 0n,
    started: 0n,
    restarted: 0n,
    mapFull: 0n,
    faultedReads: 0n,
    truncatedStrings: 0n,
    emptyStacks: 0n,
    lostStacks: 0n,
    numbered: 0n,
  };
  return {
    name,
    emits: true,
    received: Number(counters.passed ?? 0n),
    missed: 0n,
    counters: { ...none, ...counters },
    ...more,
  };
}

function sink(
  name: string,
  delivered: number,
  dropped: Record<string, number> = {},
  more: Partial<SinkLedger> = {},
): SinkLedger {
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return { name, offered: delivered + lost, delivered, waiting: 0, dropped, retries: 0, ...more };
}

function run(probes: readonly ProbeLedger[], sinks: readonly SinkLedger[]): RunLedger {
  return { probes, sinks, durationMs: 10_000 };
}

describe('the ledger of a run', () => {
  it('says so when nothing was lost, without columns of zeros', () => {
    expect(ledgerLines(run([probe('connect', { passed: 988n, filtered: 12n })], [sink('stdout', 988)]), 80)).toEqual([
      '  probe    hits  filtered  emitted',
      '  connect  1000        12      988',
      '  sink    delivered',
      '  stdout        988',
      'nothing lost',
    ]);
  });

  it('names each place where something was lost', () => {
    const ledger = run(
      [
        probe('open', { passed: 90n, ringFull: 10n, truncatedStrings: 3n }),
        probe('io', { mapFull: 2n }, { missed: 1n }),
      ],
      [sink('http', 80, { 'buffer full': 4, 'refused (400)': 6 }, { retries: 3 })],
    );
    expect(ledgerLines(ledger, 120)).toEqual([
      '  probe  hits  emitted  ring full  map full  missed  cut strings',
      '  open    100       90         10         0       0            3',
      '  io        0        0          0         2       1            0',
      '  sink  delivered  retries  dropped  by cause',
      '  http         80        3       10  buffer full: 4, refused (400): 6',
      'lost 23: 10 of "open" had no room in the ring buffer, 2 of "io" had no room in a map, 1 of "io" were missed by ' +
        'the kernel, 4 dropped by "http" (buffer full), 6 dropped by "http" (refused (400))',
    ]);
  });

  it('states what does not add up', () => {
    const ledger = run([probe('open', { passed: 10n }, { received: 9 })], [sink('file', 9, {}, { offered: 10 })]);
    expect(ledgerLines(ledger, 80).slice(-3)).toEqual([
      'no loss was counted',
      'does not add up: probe "open" emitted 10 events and 9 were received',
      'does not add up: sink "file" was given 10 events and accounts for 9',
    ]);
    expect(imbalances(run([probe('count', { passed: 10n }, { emits: false, received: 0 })], []))).toEqual([]);
  });

  it('is exact as JSON', () => {
    const json = ledgerJson(
      run([probe('a"b', { passed: 9007199254740993n })], [sink('file', 1, { 'write failed (ENOSPC)': 2 })]),
      'opens',
    );
    expect(json).toContain('"passed": 9007199254740993');
    const parsed = JSON.parse(json);
    expect(parsed.probes[0].name).toBe('a"b');
    expect(parsed.sinks).toEqual([
      { name: 'file', offered: 3, delivered: 1, waiting: 0, dropped: { 'write failed (ENOSPC)': 2 }, retries: 0 },
    ]);
    expect([parsed.lost, parsed.durationMs]).toEqual([2, 10_000]);
  });
});
