/** pipelines/syscount.yaml beside libbpf-tools' syscount: the same calls of one process, as often, and as long. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('syscount');

/** A shell that waits for a line, makes calls, and waits again. */
const load =
  'read x; for i in 1 2 3 4 5 6 7 8 9; do : < /dev/null; umask; true 2>&- < /nonexistent/file; done; echo done; read x';

async function beside(options: readonly string[], params: readonly string[] = []) {
  const shell = spawn('/bin/sh', ['-c', load], { stdio: ['pipe', 'pipe', 'ignore'] });
  const args = ['run', 'pipelines/syscount.yaml', '--pid', `${shell.pid}`, ...params, '--format', 'jsonl'];
  const run = await new Probepipe(args).attached();
  const original = await new OriginalTool('syscount', ['-L', '-p', `${shell.pid}`, ...options]).attached(/printing/);
  shell.stdin.write('go\n');
  let said = '';
  for await (const part of shell.stdout) {
    said += String(part);
    if (said.includes('done')) break;
  }
  const theirs = (await original.stop()).slice(2).map(words);
  const { code, stdout } = await run.stop();
  expect(code).toBe(0);
  shell.stdin.end();
  await once(shell, 'close');
  return { pid: shell.pid, rows: jsonLines(stdout), theirs };
}

describe.skipIf(missing)('syscount (needs root and libbpf-tools)', () => {
  it('counts and times the calls that the original does', async () => {
    const { rows, theirs } = await beside([]);
    const ours = rows.filter(({ map }) => map === 'calls');
    const [, ...lines] = theirs;
    expect(ours.map(({ call, count }) => `${call} ${count}`).sort()).toEqual(
      lines.map(([call, count]) => `${call} ${count}`).sort(),
    );
    expect(ours).toContainEqual(expect.objectContaining({ call: 'umask', count: 18 }));
    // Theirs is in microseconds. Each end of a call is seen by one after the other.
    for (const [call, count, time] of lines) {
      const total = Number(ours.find((row) => row.call === call)?.total) / 1000;
      expect(Math.abs(total - Number(time)), call).toBeLessThan(100 * Number(count));
    }
  });

  it('counts processes as the original does with -P', async () => {
    const { pid, rows, theirs } = await beside(['-P']);
    const [, [theirPid, comm, count] = []] = theirs;
    const processes = rows.filter(({ map }) => map === 'processes');
    expect(processes).toEqual([expect.objectContaining({ pid, comm: 'sh', count: Number(count) })]);
    expect([Number(theirPid), comm]).toEqual([pid, 'sh']);
  });

  it('counts failed calls as the original does with -x, and those of one error with -e', async () => {
    for (const [options, params] of [
      [['-x'], ['--set', 'failed=true']],
      [
        ['-e', 'ENOENT'],
        ['--set', 'error=2'],
      ],
    ] as const) {
      const { rows, theirs } = await beside(options, params);
      const ours = rows.filter(({ map }) => map === 'calls').map(({ call, count }) => `${call} ${count}`);
      expect(ours.sort()).toEqual(
        theirs
          .slice(1)
          .map(([call, count]) => `${call} ${count}`)
          .sort(),
      );
      expect(ours).toContain('openat 9');
    }
  });
});
