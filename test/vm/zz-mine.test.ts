import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findGuest, runInGuest } from './guest.js';
import type { KernelSeries } from './images.js';

const series = (process.env.SERIES ?? '6.1') as KernelSeries;
it('mine', { timeout: 560_000 }, async () => {
  const guest = await findGuest(series);
  if ('missing' in guest) throw new Error(guest.missing);
  const result = await runInGuest(
    guest,
    'node node_modules/vitest/vitest.mjs run --config test/vm/vitest.guest.config.ts test/vm/in-guest/snapshots-and-lsm.test.ts -t "' +
      (process.env.ONLY ?? '') +
      '"',
    { timeoutMs: 540_000, environment: { CI: 'true', NO_COLOR: '1', PROBEPIPE_GUEST_RELEASE: guest.image.release } },
  );
  writeFileSync(`/tmp/nh/guest-${series}.log`, result.output);
  expect(result.exitCode).toBe(0);
});
