/** pipelines/offcputime.yaml beside libbpf-tools' offcputime: the same time off the processors, in the same functions. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hasOriginal, OriginalTool } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';
import { Programs } from '../support/programs.js';

const missing = !isRoot || !hasOriginal('offcputime');

function sleeps(pid: number | undefined): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

const functions = (stack: unknown): string[] =>
  Array.isArray(stack) ? stack.map((frame: unknown) => String(frame).replace(/\+0x[0-9a-f]+$/, '')) : [];

/** Of each stack the frames, innermost first; then the original prints the name of the thread, and how long. */
function blocks(lines: readonly string[]): { readonly frames: readonly string[]; readonly microseconds: number }[] {
  const found: { frames: string[]; microseconds: number }[] = [];
  let frames: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (/^\s+-\s/.test(line)) {
      found.push({ frames, microseconds: Number(lines[index + 1]) });
      frames = [];
    } else if (!/^\s+\d+$/.test(line)) frames.push(line.trim());
  }
  return found;
}

it.skipIf(missing)(
  'offcputime tells what the original tells (needs root and libbpf-tools)',
  { timeout: 120_000 },
  async () => {
    const programs = new Programs();
    const program = programs.compile('clang', 'naps.c', 'naps', '-O0', '-fno-omit-frame-pointer');
    const naps = spawn(program, { stdio: ['pipe', 'ignore', 'inherit'] });
    const pid = String(naps.pid);
    const args = ['run', 'pipelines/offcputime.yaml', '--set', `pid=${pid}`, '--format', 'jsonl'];
    const original = await new OriginalTool('offcputime', ['-p', pid]).linked();
    const run = await new Probepipe(args).attached();
    const before = sleeps(naps.pid);
    naps.stdin?.write('g');
    await expect.poll(() => sleeps(naps.pid) - before, { timeout: 60_000 }).toBeGreaterThanOrEqual(41);
    const { code, stdout } = await run.stop();
    // It has no names of processes that are gone.
    const theirs = await original.stop();
    const closed = once(naps, 'close');
    naps.stdin?.end();
    await closed;
    programs.remove();
    expect(code).toBe(0);

    // Busy machines take processors away in that function, too: those are other stacks.
    const ours = jsonLines(stdout)
      .map((row) => ({ ...row, sum: Number(row.sum), user: functions(row.user), kernel: functions(row.kernel) }))
      .filter(({ user, kernel }) => user[0] === 'nap' && kernel.includes('do_nanosleep'));
    expect(ours).toHaveLength(1);
    const [row] = ours;
    expect(row).toMatchObject({ comm: 'naps', pid: naps.pid, tid: naps.pid });
    const its = blocks(theirs).find(({ frames }) => frames.includes('nap') && frames.includes('do_nanosleep'));
    // Theirs begin with the tracing itself.
    expect(row?.kernel[0]).toBe('__schedule');
    const theirKernel = its?.frames.slice(its.frames.indexOf('__schedule'), its.frames.indexOf('nap'));
    expect(row?.kernel).toEqual(theirKernel);
    const theirMicroseconds = its?.microseconds ?? 0;
    expect(theirMicroseconds).toBeGreaterThan(40 * 5000);
    const microseconds = (row?.sum ?? 0) / 1000;
    // Each takes its times within the same switch, some microseconds apart, forty times.
    expect(Math.abs(microseconds - theirMicroseconds)).toBeLessThan(Math.max(40 * 100, theirMicroseconds * 0.01));
  },
);
