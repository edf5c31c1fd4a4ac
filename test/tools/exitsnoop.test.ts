/** pipelines/exitsnoop.yaml beside libbpf-tools' exitsnoop: the same processes, with the same exit codes and ages. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('exitsnoop');

describe.skipIf(missing)('exitsnoop (needs root and libbpf-tools)', () => {
  it('shows the exits that the original shows', async () => {
    const run = await new Probepipe(['run', 'pipelines/exitsnoop.yaml', '--format', 'jsonl']).attached();
    const original = await new OriginalTool('exitsnoop').attached(/PCOMM/);
    const pids = ['exit 0', 'exit 3', 'sleep 0.05; exit 255', 'kill -KILL $$', 'kill -USR1 $$'].map(
      (script) => spawnSync('/bin/sh', ['-c', script]).pid,
    );
    const { code, stdout } = await run.stop();
    const theirs = (await original.stop()).map(words).filter(([, pid]) => pids.includes(Number(pid)));
    expect(code).toBe(0);
    const ours = jsonLines(stdout).filter(({ pid }) => pids.includes(Number(pid)));
    expect(ours.map(({ pid, comm, ppid, code: exit, signal }) => ({ pid, comm, ppid, exit, signal }))).toEqual(
      theirs.map(([comm, pid, ppid, , , ...exit]) => ({
        pid: Number(pid),
        comm,
        ppid: Number(ppid),
        exit: exit[0] === 'code' ? Number(exit[1]) : 0,
        signal: exit[0] === 'signal' ? { 9: 'SIGKILL', 10: 'SIGUSR1' }[Number(exit[1])] : null,
      })),
    );
    expect(ours).toHaveLength(pids.length);
    // Theirs is in seconds of two digits.
    for (const [index, { age }] of ours.entries())
      expect(Math.abs(Number(age) / 1e9 - Number(theirs[index]?.[4]))).toBeLessThan(0.02);
  });

  it('takes the original’s options as params', async () => {
    const args = ['run', 'pipelines/exitsnoop.yaml', '--set', 'failed=true', '--format', 'jsonl'];
    const run = await new Probepipe(args).attached();
    const [, failed] = ['exit 0', 'exit 3'].map((script) => spawnSync('/bin/sh', ['-c', script]).pid);
    const { stdout } = await run.stop();
    const seen = jsonLines(stdout).filter(({ ppid }) => ppid === process.pid);
    expect(seen.map(({ pid, code }) => [pid, code])).toEqual([[failed, 3]]);
  });
});
