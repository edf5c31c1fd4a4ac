/**
 * pipelines/hardirqs.yaml and softirqs.yaml beside libbpf-tools'. Interrupts are the whole machine's, and no two tools begin and end at one
 * moment: one run of ours lies within the original's time, another around it, and the original's figures must lie between theirs.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('hardirqs') || !hasOriginal('softirqs');

type Counts = ReadonlyMap<string, number>;

async function countsOf(run: Probepipe, name: string): Promise<Counts> {
  const { code, stdout } = await run.stop();
  expect(code).toBe(0);
  return new Map(jsonLines(stdout).map((row) => [String(row[name]), Number(row.count)]));
}

async function sandwich(pipeline: string, name: string, option: string) {
  const start = () => new Probepipe(['run', `pipelines/${pipeline}.yaml`, '--format', 'jsonl']).attached();
  const around = await start();
  const original = await new OriginalTool(pipeline, [option]).attached(/Tracing/);
  const within = await start();
  // Writes to the disk and wakes tasks: interrupts of both kinds.
  spawnSync('/bin/sh', [
    '-c',
    'dd if=/dev/zero of=/var/tmp/probepipe-irqs bs=64k count=20 conv=fsync; rm /var/tmp/probepipe-irqs',
  ]);
  const least = await countsOf(within, name);
  const theirs = await original.stop();
  const most = await countsOf(around, name);
  return { least, theirs, most };
}

function expectBetween(least: Counts, theirs: Counts, most: Counts): void {
  for (const [name, count] of theirs) {
    expect(count, name).toBeGreaterThanOrEqual(least.get(name) ?? 0);
    expect(count, name).toBeLessThanOrEqual(most.get(name) ?? 0);
  }
  for (const name of least.keys()) expect([...theirs.keys()]).toContain(name);
}

describe.skipIf(missing)('hardirqs and softirqs (need root and libbpf-tools)', () => {
  it('hardirqs counts the interrupts that the original counts', async () => {
    const { least, theirs, most } = await sandwich('hardirqs', 'irq', '-C');
    // HARDIRQ TOTAL_count
    const counts = new Map(
      theirs
        .map((line) => /^(\S+)\s+(\d+)$/.exec(line))
        .flatMap((match) => (match?.[1] === undefined ? [] : [[match[1], Number(match[2])] as const])),
    );
    expectBetween(least, counts, most);
  });

  it('softirqs counts the interrupts that the original counts', async () => {
    const { least, theirs, most } = await sandwich('softirqs', 'vector', '-d');
    // softirq = timer, then a histogram of it.
    const counts = new Map<string, number>();
    let vector = '';
    for (const line of theirs) {
      vector = /^softirq = (\S+)/.exec(line)?.[1]?.toUpperCase() ?? vector;
      const count = Number(/-> \d+\s*: (\d+)/.exec(line)?.[1] ?? 0);
      if (count > 0) counts.set(`${vector}_SOFTIRQ`, (counts.get(`${vector}_SOFTIRQ`) ?? 0) + count);
    }
    expect(counts.size).toBeGreaterThan(1);
    expectBetween(least, counts, most);
  });
});
