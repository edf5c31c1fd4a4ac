/** pipelines/execsnoop.yaml beside libbpf-tools' execsnoop: the same programs, arguments and errors. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('execsnoop');

describe.skipIf(missing)('execsnoop (needs root and libbpf-tools)', () => {
  it('shows what the original shows', async () => {
    const args = ['run', 'pipelines/execsnoop.yaml', '--set', 'failed=true', '--format', 'jsonl'];
    const run = await new Probepipe(args).attached();
    const original = await new OriginalTool('execsnoop', ['-x']).attached(/PCOMM/);
    const ran = [
      ['/bin/true', 'one', 'two words', ''],
      ['/bin/echo', ...Array.from({ length: 19 }, (_, index) => `${index}`)],
      ['/bin/sh', '-c', 'exit 3'],
    ].map(([file = '', ...given]) => spawnSync(file, given).pid);
    const failed = spawnSync('/nonexistent/program', ['one', 'two']);
    expect(failed.error).toMatchObject({ code: 'ENOENT' });
    const { code, stdout } = await run.stop();
    const lines = (await original.stop()).slice(1);
    expect(code).toBe(0);
    const ours = jsonLines(stdout).filter(
      ({ pid, file }) => ran.includes(Number(pid)) || file === '/nonexistent/program',
    );
    // Theirs are in columns: the name of 16, pid, parent, what execve returned, arguments. A line of the original ends after its last argument.
    const theirs = lines
      .map((line) => ({ comm: line.slice(0, 16).trim(), rest: words(line.slice(16)), line }))
      .filter(({ rest, line }) => ran.includes(Number(rest[0])) || line.includes('/nonexistent/program'))
      .map(({ comm, rest: [pid, ppid, result, ...given] }) => ({
        comm,
        pid: Number(pid),
        ppid: Number(ppid),
        error: result === '-2' ? 'ENOENT' : null,
        args: given.join(' '),
      }));
    expect(
      ours.map(({ comm, pid, ppid, error, args }) => ({ comm, pid, ppid, error, args: String(args).trim() })),
    ).toEqual(theirs);
    expect(ours).toHaveLength(4);
  });
});
