/** Stacks on kernels that have kprobes and fentry too: one run, since everything takes long here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { jsonLines, Probepipe, Workspace } from '../../support/probepipe.js';
import { Programs } from '../../support/programs.js';

const timeout = 180_000;
const hooks = ['kprobe', 'kretprobe', 'fentry', 'fexit'];

const opens = hooks.map(
  (hook) =>
    `  ${hook}_open:\n    attach: ${hook}:do_sys_openat2\n    where: comm == "stackload"\n    update:\n      ${hook}_opens[kstack]: count()\n`,
);
const yaml = `maps:
  calls: { value: count, key: { user: ustack, kernel: kstack } }
${hooks.map((hook) => `  ${hook}_opens: { value: count }\n`).join('')}probes:
  call:
    attach: tp_btf:sys_enter
    where: comm == "stackload" and args.id == 110
    update:
      calls[ustack, kstack]: count()
${opens.join('')}  tick:
    attach: profile:49hz
    where: comm == "stackload"
    fields: [user: ustack]
`;

/** The function, or where it returns to. */
const begins = /^(do_sys_openat2|__(x64|se|do)_sys_open(at)?|do_sys_open)$/;

const names = (stack: unknown): string[] =>
  Array.isArray(stack) ? stack.map((frame: unknown) => String(frame).replace(/\+0x[0-9a-f]+$/, '')) : [];

it('stacks of every kind of program name the functions of kernel and process', { timeout }, async () => {
  using work = new Workspace();
  const programs = new Programs();
  const program = programs.compile('clang', 'stacks.c', 'stackload', '-O0', '-fno-omit-frame-pointer', '-pthread');
  const run = await new Probepipe(['run', work.file('p.yaml', yaml), '--format', 'jsonl']).attached();
  const load = spawn(program, ['spin'], { stdio: ['pipe', 'ignore', 'inherit'] });
  await expect.poll(() => run.stdout, { timeout: 120_000 }).toMatch(/"user":\["spin\+0x[0-9a-f]+","main\+/);
  const closed = once(load, 'close');
  load.stdin?.end();
  await closed;
  const { code, stdout, stderr } = await run.stop();
  programs.remove();
  expect([code, stderr]).toEqual([0, expect.stringContaining('nothing lost')]);
  const lines = jsonLines(stdout);
  const calls = lines.filter(({ map }) => map === 'calls');
  const through = (caller: string) =>
    calls.filter(({ user }) => names(user).slice(0, 3).join() === `innermost,${caller},main`);
  expect(through('left').map(({ count }) => count)).toEqual([300]);
  expect(through('right').map(({ count }) => count)).toEqual([700]);
  for (const { kernel } of calls) expect(names(kernel)).toContain('do_syscall_64');
  for (const hook of hooks) {
    const rows = lines.filter(({ map }) => map === `${hook}_opens`).map(({ kstack }) => names(kstack));
    expect([hook, rows.length > 0]).toEqual([hook, true]);
    const wrong = rows.filter((frames) => !begins.test(frames[0] ?? '') || !frames.includes('do_syscall_64'));
    expect([hook, wrong]).toEqual([hook, []]);
  }
});
