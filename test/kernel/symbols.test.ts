/** Names of code in events, on this machine's kernel: of the kernel's functions, and of a program's own. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, probepipe, Workspace } from '../support/probepipe.js';

const handlers = `
probes:
  action:
    attach: syscall:rt_sigaction
    where: args.act as u64 != 0 and args.sig == SIGUSR2
    fields:
      - name: usym(args.act.sa_handler)
      - inside: usym((args.act.sa_handler as u64) + 1)
      - nothing: usym(0)
`;

const timers = `
probes:
  timer:
    attach: tp_btf:hrtimer_start
    fields:
      - name: ksym(args.hrtimer.function)
      - address: args.hrtimer.function
      - inside: ksym((args.hrtimer.function as u64) + 1)
`;

describe.skipIf(!isRoot)('names of code (needs root)', () => {
  it('usym: functions of the process that hit the probe', async () => {
    using work = new Workspace();
    const source = `
      #include <signal.h>
      #include <unistd.h>
      __attribute__((noinline)) static void on_signal(int number) { (void)number; }
      int main(void) { signal(SIGUSR2, on_signal); sleep(1); return 0; }
    `;
    const program = work.path('program');
    execFileSync('gcc', ['-x', 'c', '-', '-o', program], { input: source });
    const { code, stdout } = await probepipe('run', work.file('p.yaml', handlers), '-f', 'jsonl', '--', program);
    expect(code).toBe(0);
    const [event] = jsonLines(stdout);
    expect(event).toMatchObject({ inside: 'on_signal+0x1', nothing: null });
    expect(event?.name).toBe('on_signal');
  });

  it('ksym: functions of the kernel, as /proc/kallsyms has them', async () => {
    using work = new Workspace();
    const { code, stdout } = await probepipe('run', work.file('p.yaml', timers), '-f', 'jsonl', '-n', '5');
    expect(code).toBe(0);
    const table = readFileSync('/proc/kallsyms', 'latin1');
    const events = jsonLines(stdout);
    expect(events).toHaveLength(5);
    for (const { name, address, inside } of events) {
      expect(table).toMatch(new RegExp(`^${String(address).slice(2)} [tT] ${name}$`, 'm'));
      expect(inside).toBe(`${name}+0x1`);
    }
  });
});
