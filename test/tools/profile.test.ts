/** pipelines/profile.yaml on a program that is known to spin: most of its samples are in that function, 49 a second of processor time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isRoot, Probepipe } from '../support/probepipe.js';
import { Programs } from '../support/programs.js';

/** User and system time in seconds: fields 14 and 15 of /proc/PID/stat, in hundredths (USER_HZ). */
function processorSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

it.skipIf(!isRoot)('profile finds where a process spends its time (needs root)', { timeout: 120_000 }, async () => {
  const programs = new Programs();
  const program = programs.compile('clang', 'stacks.c', 'stackload', '-O0', '-fno-omit-frame-pointer', '-pthread');
  const load = spawn(program, ['spin'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const args = ['run', 'pipelines/profile.yaml', '--set', `pid=${load.pid}`, '--format', 'folded'];
  const run = await new Probepipe(args).attached();
  const before = processorSeconds(load.pid);
  await expect.poll(() => processorSeconds(load.pid) - before, { timeout: 60_000, interval: 100 }).toBeGreaterThan(2);
  const after = processorSeconds(load.pid);
  const { code, stdout } = await run.stop();
  const closed = once(load, 'close');
  load.stdin?.end();
  await closed;
  programs.remove();
  expect(code).toBe(0);
  const stacks = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ stack: line.slice(0, line.lastIndexOf(' ')), count: Number(line.slice(line.lastIndexOf(' '))) }));
  const total = stacks.reduce((sum, { count }) => sum + count, 0);
  const spinning = stacks
    .filter(({ stack }) => /;main;spin(;|$)/.test(stack))
    .reduce((sum, { count }) => sum + count, 0);
  expect(stacks.every(({ stack }) => stack.startsWith(`stackload;${load.pid};`))).toBe(true);
  expect(spinning / total).toBeGreaterThan(0.9);
  // The process ran on a little before and after it was looked at; what a hypervisor takes away is in neither figure alike.
  expect(total / (after - before)).toBeGreaterThan(49 * 0.75);
  expect(total / (after - before)).toBeLessThan(49 * 1.35);
});
