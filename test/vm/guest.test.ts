/**
 * The tests of in-guest/, on the oldest and the newest kernel that Debian 12 has. Each guest boots once, while this file is
 * collected; every inner test then stands here as a test of its own.
 */
import { describe, expect, it } from 'vitest';
import { buildGuestPrograms } from './guest-programs.js';
import type { KernelSeries } from './images.js';
import { type InnerRun, runInnerTests } from './inner-tests.js';

const everySeries: readonly KernelSeries[] = ['6.1', '6.12'];
/** `PROBEPIPE_GUESTS=6.1` boots that one alone, for whoever works on it. */
const asked = process.env.PROBEPIPE_GUESTS ?? everySeries.join();
const allSeries = everySeries.filter((series) => asked.split(',').includes(series));
buildGuestPrograms();
const runs = await Promise.all(allSeries.map(async (series) => ({ series, run: await runInnerTests(series) })));

for (const { series, run } of runs) {
  describe(`Linux ${series} guest`, () => {
    if (run.kind === 'ran') reportInner(run);
    else if (run.kind === 'skipped') reportSkipped(series, run.reason);
    else {
      it('boots and runs the tests', () => {
        expect.fail(run.reason);
      });
    }
  });
}

function reportSkipped(series: KernelSeries, reason: string): void {
  console.warn(`SKIPPED: everything on Linux ${series}: ${reason}`);
  it('boots and runs the tests', (context) => context.skip(reason));
}

function reportInner({ guest, outcomes }: Extract<InnerRun, { kind: 'ran' }>): void {
  const times = `booted in ${guest.bootSeconds} s, off after ${(guest.totalMs / 1000).toFixed(1)} s`;
  console.info(`Linux ${guest.kernelRelease}: ${outcomes.length} tests; ${times}`);
  it('boots and runs the tests', () => {
    const failed = outcomes.some((outcome) => outcome.state === 'failed');
    // vitest's own verdict agrees with what it reported: a crash after the last test is no success.
    expect(guest.exitCode === 0, guest.output).toBe(!failed);
  });
  for (const { file, name, state, reason } of outcomes) {
    it(`${file} > ${name}`, (context) => {
      if (state === 'skipped') context.skip(reason === '' ? 'skipped in the guest' : reason);
      if (state === 'failed') expect.fail(reason);
    });
  }
}
