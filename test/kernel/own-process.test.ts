/** `self`: the reading process told from all others, also where its process ids are those of a namespace. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';

const pipeline = `
maps:
  writes: { key: { pid: u32, comm: comm, own: bool }, value: count }
probes:
  write:
    attach: tracepoint:syscalls:sys_enter_write
    update:
      writes[pid, comm, self]: count()
  other:
    attach: tracepoint:syscalls:sys_enter_write
    where: not self
    update:
      writes[pid, comm, false]: count()
`;

describe.skipIf(!isRoot)('self (needs root)', () => {
  it.each([
    ['in the first pid namespace', []],
    ['in a pid namespace of its own', ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']],
  ])('%s', async (_, within: readonly string[]) => {
    using work = new Workspace();
    const run = await new Probepipe(
      ['run', work.file('pipeline.yaml', pipeline), '--format', 'jsonl', '--duration', '1s'],
      { within },
    ).attached();
    execFileSync('bash', [
      '-c',
      'echo -n ppwriter > /proc/self/comm; for i in 1 2 3 4 5 6 7; do echo $i; done > /dev/null',
    ]);
    const { code, stdout, stderr } = await run.finished;
    expect([code, stderr.includes('does not add up')]).toEqual([0, false]);
    const rows = jsonLines(stdout);
    const own = rows.filter((row) => row.own === true);
    // It says that it has attached, which is a write of its own.
    expect(own).toHaveLength(1);
    if (within.length === 0) expect(own[0]?.pid).toBe(run.pid);
    expect(rows.filter(({ pid }) => pid === own[0]?.pid)).toHaveLength(1);
    // Both probes saw the others' writes.
    expect(rows.filter(({ comm }) => comm === 'ppwriter').map(({ own, count }) => [own, count])).toEqual([[false, 14]]);
  });
});
