import { describe, expect, it } from 'vitest';
import { costLines, shareOfCpu } from './costs.js';
import type { RunLedger } from './ledger.js';

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

/** Of one probe with two programs, which ran for `nanoseconds` together. */
function ledger(durationMs: number, passed: bigint, nanoseconds: bigint): RunLedger {
  return {
    probes: [
      { name: 'open', emits: true, counters: { ...none, passed, mapFull: 3n }, received: Number(passed), missed: 0n },
    ],
    sinks: [],
    durationMs,
    costs: {
      programs: [
        { probe: 'open', program: 'open_enter', runs: passed, nanoseconds: nanoseconds / 4n },
        { probe: 'open', program: 'open_exit', runs: passed, nanoseconds: (nanoseconds * 3n) / 4n },
      ],
      maps: [{ name: 'paths', entries: 512, maxEntries: 1024 }],
    },
  };
}

describe('what probes cost', () => {
  it('sums the programs of a probe, over the time of the run', () => {
    expect(costLines(ledger(2_000, 1_000n, 400_000n), { verbose: false, width: 80 })).toEqual([
      '  probe  hits  hits/s  ns/hit  of a CPU  events  map full',
      '  open   1000     500     400     0.02%    1000         3',
      '  map    entries    of   full',
      '  paths      512  1024  50.0%',
    ]);
  });

  it('tells what is of no probe by its runs', () => {
    const now = ledger(2_000, 1_000n, 400_000n);
    const programs = [
      ...(now.costs?.programs ?? []),
      { probe: '(capture)', program: 'capture_sent', runs: 3_000n, nanoseconds: 300_000n },
      { probe: '(capture)', program: 'capture_received', runs: 1_000n, nanoseconds: 500_000n },
    ];
    expect(costLines({ ...now, costs: { programs, maps: [] } }, { verbose: true, width: 80 }).slice(4)).toEqual([
      '  (capture)           4000    2000     200     0.04%',
      '    capture_sent      3000    1500     100     0.01%',
      '    capture_received  1000     500     500     0.03%',
    ]);
  });

  it('tells what happened since another reading, and of each program', () => {
    const before = ledger(2_000, 1_000n, 400_000n);
    expect(costLines(ledger(3_000, 3_000n, 20_400_000n), { before, verbose: true, width: 80 }).slice(0, 4)).toEqual([
      '  probe         hits  hits/s  ns/hit  of a CPU  events',
      '  open          2000    2000   10000     2.00%    2000',
      '    open_enter  2000    2000    2500     0.50%',
      '    open_exit   2000    2000    7500     1.50%',
    ]);
  });

  it('divides by nothing for what did not run', () => {
    expect(costLines(ledger(0, 0n, 0n), { verbose: false, width: 80 })[1]).toBe(
      '  open      0     0.0       -     0.00%       0         3',
    );
    expect(shareOfCpu(5n, 0)).toBe(0);
  });
});
