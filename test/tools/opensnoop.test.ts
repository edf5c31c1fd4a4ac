/** pipelines/opensnoop.yaml beside libbpf-tools' opensnoop: the same files, descriptors and errors of one process. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('opensnoop');

/** Opens that work, and that fail in two ways. */
const load = ['-c', 'cat /etc/hostname /nonexistent/a /etc/passwd/b; : < /dev/null; : > /proc/version/x'];

async function beside(option: readonly string[], param: readonly string[]) {
  const args = ['run', 'pipelines/opensnoop.yaml', ...param, '--format', 'jsonl'];
  const run = await new Probepipe(args).attached();
  const original = await new OriginalTool('opensnoop', ['-U', ...option]).attached(/COMM/);
  spawnSync('/bin/sh', load);
  const last = spawnSync('/bin/sh', load).pid;
  const { code, stdout } = await run.stop();
  const theirs = (await original.stop()).slice(1).map(words);
  expect(code).toBe(0);
  const events = jsonLines(stdout);
  const pids = events.filter(({ path }) => path === '/nonexistent/a').map(({ pid }) => Number(pid));
  return {
    pids: [...pids, last],
    ours: events.map(({ uid, pid, comm, fd, error, path }) => [uid, pid, comm, fd, error, path]),
    // Theirs has error numbers.
    theirs: theirs.map(([uid, pid, comm, fd, error, path]) => [
      Number(uid),
      Number(pid),
      comm,
      Number(fd),
      { 0: null, 2: 'ENOENT', 20: 'ENOTDIR' }[Number(error)],
      path,
    ]),
  };
}

describe.skipIf(missing)('opensnoop (needs root and libbpf-tools)', () => {
  it('shows the opens that the original shows', async () => {
    const { ours, theirs, pids } = await beside([], []);
    const of = (rows: readonly (readonly unknown[])[]) => rows.filter(([, pid]) => pids.includes(Number(pid)));
    expect(of(ours)).toEqual(of(theirs));
    expect(of(ours)).toContainEqual([0, pids[0], 'cat', -1, 'ENOENT', '/nonexistent/a']);
    expect(of(ours)).toContainEqual([0, pids.at(-1), 'sh', 3, null, '/dev/null']);
  });

  it('shows only failed ones with failed=true', async () => {
    const { ours, theirs, pids } = await beside(['-x'], ['--set', 'failed=true']);
    const of = (rows: readonly (readonly unknown[])[]) => rows.filter(([, pid]) => pids.includes(Number(pid)));
    expect(of(ours)).toEqual(of(theirs));
    expect(of(ours).filter(([, , , , error]) => error === null)).toEqual([]);
  });
});
