/** pipelines/tcprtt.yaml beside libbpf-tools' tcprtt: the same histogram and average, since both read the same estimate of the same packets. */
import { expect, it } from 'vitest';
import { Answering } from '../../../support/tcp-connections.js';
import { asSlots, beside, slots, timeout } from './beside.js';

it('tcprtt draws the histogram of the original', { timeout }, async () => {
  const server = await Answering.at('127.0.0.1');
  // With -p and its other filters the verifier refuses the original's program, so both take all: nobody else has connections here.
  const originals = [{ options: ['-e'], ready: /Tracing/ }];
  const { ours, theirs } = await beside('tcprtt', [], originals, async () => {
    await server.exchanges(10, { sent: 200_000, answered: 50_000 });
    await server.close();
  });
  const [lines = []] = theirs;
  expect(ours).toHaveLength(1);
  const [row] = ours;
  expect(asSlots(row?.rtt)).toEqual(slots(lines));
  expect(slots(lines).reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(20);
  // [AVG 42], without a fraction
  expect(lines.flat().join(' ')).toContain(`[AVG ${Math.floor(Number(row?.average))}]`);
});
