import { describe, expect, it } from 'vitest';
import type { KernelProgram } from '../runtime/native-addon.js';
import type { RegisteredRun } from '../runtime/run-registry.js';
import { probeLines, probeRows, programLines, programRows } from './top-table.js';

const program = (id: number, name: string, runCount: bigint, runTimeNs: bigint): KernelProgram => ({
  id,
  name,
  type: 'tracepoint',
  runCount,
  runTimeNs,
});

const runs: readonly RegisteredRun[] = [
  {
    pid: 42,
    startTime: '1',
    pipelines: [
      {
        name: 'opens',
        path: 'opens.yaml',
        programs: [
          { id: 7, probe: 'open', program: 'open_enter' },
          { id: 8, probe: 'open', program: 'open_exit' },
          { id: 9, probe: 'failure', program: 'failure_exit' },
        ],
      },
    ],
  },
];

const interval = {
  before: [
    program(7, 'open_enter', 100n, 50_000n),
    program(8, 'open_exit', 100n, 50_000n),
    program(9, 'failure_exit', 0n, 0n),
  ],
  now: [
    program(3, 'sd_devices', 0n, 0n),
    program(7, 'open_enter', 1_100n, 1_050_000n),
    program(8, 'open_exit', 1_100n, 3_050_000n),
    // Its first reading was in between.
    program(10, '', 4n, 40_000_000n),
  ],
  durationMs: 2_000,
};

describe('top', () => {
  it('sums the programs of a probe, dearest first; what is gone costs nothing', () => {
    expect(probeLines(probeRows(interval, runs), 2, 80)).toEqual([
      '  pipeline  probe    pid  programs  runs/s  ns/run  of a CPU',
      '  opens     open      42         2    1000    2000     0.20%',
      '  opens     failure   42         0       0       -     0.00%',
    ]);
  });

  it('tells every program of the kernel, whose it is, and who holds it', () => {
    const owners = new Map([
      [10, [{ pid: 5, comm: 'bpftrace' }]],
      [7, [{ pid: 42, comm: 'node' }]],
    ]);
    expect(programLines(programRows(interval, runs, owners), 2, 80)).toEqual([
      '  program     type        held by      id  runs/s    ns/run  of a CPU',
      '  -           tracepoint  bpftrace[5]  10     2.0  10000000     2.00%',
      '  opens/open  tracepoint                8     500      3000     0.15%',
      '  opens/open  tracepoint  node[42]      7     500      1000     0.05%',
      '  sd_devices  tracepoint                3       0         -     0.00%',
    ]);
  });

  it('fits the terminal', () => {
    const lines = programLines(programRows(interval, runs, new Map()), 2, 60);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  });
});
