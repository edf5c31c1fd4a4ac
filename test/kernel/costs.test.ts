/** `--stats` on this machine's kernel: what probes cost is the kernel's own account of their programs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, Probepipe, Workspace } from '../support/probepipe.js';

const counted = `
maps:
  names:
    type: hash
    key: { comm: comm }
    value: count
probes:
  open:
    attach: syscall:openat
    fields: [pid]
    update:
      names[comm]: count()
`;

describe.skipIf(!isRoot)('--stats (needs root)', () => {
  it('tells hits, time and the fill of maps, also while the run goes on, and in the file', async () => {
    using work = new Workspace();
    const file = work.path('ledger.json');
    const args = ['run', work.file('p.yaml', counted), '--stats-every', '100ms', '-v', '--stats-file', file];
    const run = await new Probepipe([...args, '-f', 'jsonl']).attached();
    const load = spawn('/bin/sh', ['-c', 'for i in 1 2 3 4 5 6 7 8 9 10; do cat /etc/hostname; done'], {
      stdio: 'ignore',
    });
    await once(load, 'close');
    await run.says(/\n {2}open +\d+ +[\d.]+ +\d+ +\d+\.\d\d% +\d+\n/);
    const { code, stderr } = await run.stop();
    expect(code).toBe(0);
    const ledger = JSON.parse(readFileSync(file, 'utf8'));
    const [open] = ledger.probes;
    expect(ledger.imbalances).toEqual([]);
    const spent = ledger.costs.programs.reduce(
      (sum: number, each: { nanoseconds: number }) => sum + each.nanoseconds,
      0,
    );
    const runs = ledger.costs.programs.reduce((sum: number, each: { runs: number }) => sum + each.runs, 0);
    // An openat that had begun before the run ends in no hit, so a hit has at least one run.
    expect(open.hits).toBeGreaterThanOrEqual(10);
    expect(runs).toBeGreaterThanOrEqual(open.hits);
    expect(spent).toBeGreaterThan(0);
    expect(ledger.costs.maps).toEqual([{ name: 'names', entries: expect.any(Number), maxEntries: 10240 }]);
    expect(ledger.costs.maps[0].entries).toBeGreaterThanOrEqual(1);
    expect(stderr).toContain(`${Math.round(spent / open.hits)}  `);
    for (const { program } of ledger.costs.programs) expect(stderr).toContain(`    ${program}`);
  });

  it('refuses periods that nobody can read', async () => {
    const { code, stderr } = await new Probepipe(['run', 'pipelines/opens.yaml', '--stats-every', '5ms']).finished;
    expect(code).toBe(2);
    expect(stderr).toContain('--stats-every takes a time from 100ms to 1d, such as 1s or 10s, not "5ms"');
  });
});
