/** `seq`: what a reader of the events alone can tell of those that are missing. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

const loadSource = `
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	for (long index = 0; index < atol(argv[1]); index++)
		syscall(SYS_getppid);
	return 0;
}
`;

describe.skipIf(!isRoot)('seq (needs root)', () => {
  it('has a gap for each event that had no room, on the processor where it was', { timeout: 60_000 }, async () => {
    using work = new Workspace();
    const load = work.path('seqload');
    execFileSync('cc', ['-O1', '-o', load, work.file('load.c', loadSource)]);
    const file = work.file(
      'seq.yaml',
      `probes:
  call:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: comm == "seqload"
    fields: [seq, cpu, pid]
sinks:
  - file: { path: ${work.path('events.jsonl')} }
`,
    );
    const stats = work.path('stats.json');
    const run = await new Probepipe(['run', file, '--stats-file', stats]).attached();
    const onEach = (calls: number): void => {
      for (const [index] of cpus().entries()) execFileSync('taskset', ['-c', String(index), load, String(calls)]);
    };
    onEach(100);
    process.kill(run.pid, 'SIGSTOP');
    // 16 MiB hold some 400 thousand events.
    onEach(400_000);
    process.kill(run.pid, 'SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // What comes after the last gap.
    onEach(100);
    await run.stop();
    const { probes, imbalances }: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(imbalances).toEqual([]);
    const last = new Map<unknown, number>();
    let missing = 0;
    for (const { seq, cpu } of jsonLines(readFileSync(work.path('events.jsonl'), 'utf8'))) {
      const before = last.get(cpu) ?? 0;
      expect(Number(seq)).toBeGreaterThan(before);
      missing += Number(seq) - before - 1;
      last.set(cpu, Number(seq));
    }
    expect(last.size).toBe(cpus().length);
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBe(probes[0]?.ringFull);
  });
});
