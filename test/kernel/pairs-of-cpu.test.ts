/** Pairs that the processor alone joins: kept in a word of each processor's own, and counted exactly. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

const calls = 20_000;

/** Calls of one task that stays on one processor. */
const load = `$0 = "ppload"; getppid() for 1..${calls}`;

async function outcome(end: string): Promise<{ rows: Record<string, unknown>[]; probe: Ledger['probes'][number] }> {
  using work = new Workspace();
  const stats = work.path('stats.json');
  const yaml = `
maps:
  calls: { key: { comm: comm }, value: { count: count, total: sum, times: hist } }
probes:
  call:
    pair:
      start: tracepoint:syscalls:sys_enter_getppid
      end: ${end}
      key: cpu
      where: { start: 'comm == "ppload"', end: 'comm == "ppload"' }
    update:
      calls[comm].count: count()
      calls[comm].total: sum(duration)
      calls[comm].times: hist(duration)
`;
  const args = ['run', work.file('pipeline.yaml', yaml), '--format', 'jsonl', '--stats-file', stats];
  const run = await new Probepipe(args).attached();
  execFileSync('taskset', ['--cpu-list', '0', 'perl', '-MPOSIX=getppid', '-e', load]);
  const { code, stdout } = await run.stop();
  const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
  expect([code, ledger.imbalances]).toEqual([0, []]);
  const [probe] = ledger.probes;
  return probe === undefined ? expect.fail('no probe in the ledger') : { rows: jsonLines(stdout), probe };
}

describe.skipIf(!isRoot)('pairs of a processor (need root)', () => {
  it('join every start with its end', async () => {
    const { rows, probe } = await outcome('tracepoint:syscalls:sys_exit_getppid');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ comm: 'ppload', count: calls, times: { count: calls } });
    expect(Number(rows[0]?.total)).toBeGreaterThan(0);
    expect(probe).toMatchObject({ started: calls, passed: calls, restarted: 0, inProgress: 0 });
  });

  it('count starts that never end, and the last one as in progress', async () => {
    const { rows, probe } = await outcome('tracepoint:syscalls:sys_exit_getpgid');
    expect(rows).toEqual([]);
    expect(probe).toMatchObject({ started: calls, passed: 0, restarted: calls - 1, inProgress: 1 });
  });
});
