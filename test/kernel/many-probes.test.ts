/** Pipelines of many probes: all load and are counted apart, and what the kernel limits is told in its numbers. */
import { readFileSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, probepipe, Workspace } from '../support/probepipe.js';

/** More than 32 KiB of counters, which is the largest value of a per-CPU map. */
const many = 400;

const named = (index: number, lines: readonly string[]): string =>
  `  p${index}:\n${lines.map((line) => `    ${line}\n`).join('')}`;

function pipeline(count: number, lines: (index: number) => readonly string[]): string {
  return `probes:\n${Array.from({ length: count }, (_, index) => named(index, lines(index))).join('')}`;
}

describe.skipIf(!isRoot)('many probes (needs root)', () => {
  it(`${many} probes count apart, the last as the first`, { timeout: 120_000 }, async () => {
    using work = new Workspace();
    const program = work.path('manyprobes');
    symlinkSync('/bin/true', program);
    const stats = work.path('stats.json');
    const yaml = pipeline(many, (index) => [
      'attach: tp_btf:sched_process_exec',
      `where: comm == "manyprobes" and ${index} % 3 != 0`,
      `fields: [nth: "${index}"]`,
    ]);
    const options = ['-f', 'jsonl', '--stats-file', stats, '--', program];
    const { code, stdout, stderr } = await probepipe('run', work.file('p.yaml', yaml), ...options);
    expect(code, stderr).toBe(0);
    const wanted = Array.from({ length: many }, (_, index) => index).filter((index) => index % 3 !== 0);
    expect(
      jsonLines(stdout)
        .map(({ nth }) => Number(nth))
        .sort((a, b) => a - b),
    ).toEqual(wanted);
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(ledger.imbalances).toEqual([]);
    expect(ledger.probes.map(({ passed }) => passed)).toEqual(
      Array.from({ length: many }, (_, index) => (index % 3 === 0 ? 0 : 1)),
    );
  });

  it('tells how many programs one tracepoint takes', { timeout: 60_000 }, async () => {
    using work = new Workspace();
    const yaml = pipeline(65, () => ['attach: tracepoint:sched:sched_process_exec', 'fields: [pid]']);
    const { code, stderr } = await probepipe('run', work.file('p.yaml', yaml), '--', '/bin/true');
    expect(code).toBe(4);
    expect(stderr).toContain(
      'cannot attach tracepoint:sched:sched_process_exec: the kernel runs no more than 64 programs on it (E2BIG)',
    );
    expect(stderr).toContain('p.yaml:195:13');
    expect(stderr).toContain('or use tp_btf:, which has no such limit');
  });
});
