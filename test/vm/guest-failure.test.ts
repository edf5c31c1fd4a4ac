/** A guest that fails must never look like one that passed. On one kernel, all at once: each costs a boot. */
import { describe, expect, it } from 'vitest';
import { findGuest, type GuestResult, runInGuest } from './guest.js';

const guest = await findGuest('6.1');

describe.concurrent('a guest', () => {
  const run = (name: string, command: string, timeoutMs: number, judge: (run: Promise<GuestResult>) => Promise<void>) =>
    it(name, async (context) => {
      if ('missing' in guest) return context.skip(guest.missing);
      await judge(runInGuest(guest, command, { timeoutMs, memoryMiB: 512 }));
    });

  run(
    'hands back exit code, output and files',
    'echo to the share >/run/guest/results/a; echo out; exit 7',
    60_000,
    async (ran) => {
      const { exitCode, output, results, kernelRelease } = await ran;
      expect({ exitCode, output, file: results.get('a') }).toEqual({
        exitCode: 7,
        output: 'out\n',
        file: 'to the share\n',
      });
      expect(kernelRelease).toMatch(/^6\.1\.\d+-\d+-amd64$/);
    },
  );

  run(
    'that panics fails with its console',
    'echo before; echo c >/proc/sysrq-trigger; sleep 60',
    60_000,
    async (ran) => {
      await expect(ran).rejects.toThrow(/ended without an exit status.*Kernel panic.*output:\nbefore/s);
    },
  );

  run('that hangs is ended', 'echo started; sleep 600', 8_000, async (ran) => {
    await expect(ran).rejects.toThrow(/did not end within 8 s/);
  });
});
