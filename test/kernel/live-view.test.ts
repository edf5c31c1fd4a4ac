/** `run --live` on a pseudo terminal, as a user sees it. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';

const calls = 500;
const esc = '\u001b';
const loadSource = `
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	for (int index = 0; index < ${calls}; index++)
		syscall(SYS_getppid);
	return 0;
}
`;

describe.skipIf(!isRoot)('--live (needs root)', () => {
  it('redraws maps in place, and leaves the last picture', { timeout: 60_000 }, async () => {
    using work = new Workspace();
    const load = work.path('liveload');
    execFileSync('cc', ['-O1', '-o', load, work.file('load.c', loadSource)]);
    const output = work.path('rows.jsonl');
    const file = work.file(
      'live.yaml',
      `maps:
  calls: { key: { comm: comm }, value: count }
probes:
  call:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: comm == "liveload"
    update: { "calls[comm]": count() }
sinks:
  - stdout
  - file: { path: ${output} }
`,
    );
    // Its standard error is the terminal as well.
    const command = `stty cols 60 rows 20; exec ${process.execPath} bin/probepipe run ${file} --live --duration 4s`;
    const run = promisify(execFile)('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await promisify(execFile)(load);
    const { stdout } = await run;
    const pictures = stdout.replaceAll('\r', '').split(new RegExp(`${esc}\\[\\d+F${esc}\\[J`));
    expect(pictures.length).toBeGreaterThan(2);
    expect(pictures.at(-1)).toMatch(/^calls\n {2}comm {5,}count\n {2}liveload {2,}500\n\n {2}probe/);
    // Looking more often is for the terminal alone.
    const rows = jsonLines(execFileSync('cat', [output], { encoding: 'utf8' }));
    expect(rows).toEqual([{ map: 'calls', comm: 'liveload', count: calls }]);
  });

  it('is refused where standard output is no terminal', async () => {
    using work = new Workspace();
    const file = work.file('p.yaml', 'probes: { p: { attach: "interval:1s", fields: [time] } }\n');
    const { code, stderr } = await new Probepipe(['run', file, '--live']).finished;
    expect(code).not.toBe(0);
    expect(stderr).toContain('--live redraws maps on a terminal, and standard output is none');
  });
});
