/** Stacks on kernels that have kprobes and fentry too. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { jsonLines, Probepipe, Workspace } from '../../support/probepipe.js';
import '../../kernel/stacks.test.js';

const timeout = 180_000;

describe('stacks of functions', () => {
  it.each(['kprobe', 'fentry', 'kretprobe', 'fexit'])(
    '%s: begins with the function, or with who called it',
    { timeout },
    async (hook) => {
      using work = new Workspace();
      const file = work.file(
        'p.yaml',
        `maps:\n  opens: { value: count, key: { comm: comm, kernel: kstack } }\nprobes:\n  open:\n    attach: ${hook}:do_sys_openat2\n    where: comm == "cat"\n    update:\n      opens[comm, kstack]: count()\n    fields: [pid, kstack, ustack]\n`,
      );
      const run = await new Probepipe(['run', file, '--format', 'jsonl']).attached();
      execFileSync('/bin/cat', ['/proc/self/comm']);
      const { code, stdout, stderr } = await run.stop();
      expect([code, stderr]).toEqual([0, expect.stringContaining('nothing lost')]);
      const rows = jsonLines(stdout).filter((line) => line.map === 'opens');
      expect(rows.length).toBeGreaterThan(0);
      for (const { kernel } of rows) {
        const frames = Array.isArray(kernel) ? kernel.map(String) : [];
        expect(frames[0]).toMatch(/^(do_sys_openat2|__x64_sys_openat|do_sys_open|__se_sys_openat|__do_sys_openat)\+/);
        expect(frames.join()).toContain('do_syscall_64');
      }
    },
  );
});
