/** What the pipelines print whose hooks need kprobes or fentry: recorded in a guest, into pipelines/samples/. */
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkout, findGuest, runInGuest } from './guest.js';

const names = ['cachestat', 'ext4slower', 'fsslower', 'funclatency', 'numamove', 'readahead', 'tcpsynbl', 'vfsstat'];
const timeoutMs = 800_000;

it(`records ${names.join(', ')}`, async () => {
  const guest = await findGuest('6.12');
  if ('missing' in guest) return expect.fail(guest.missing);
  const { output, results } = await runInGuest(
    guest,
    `node scripts/record-samples --into /run/guest/results ${names.join(' ')}`,
    { timeoutMs },
  );
  console.info(output);
  for (const [name, text] of results) writeFileSync(`${checkout}/pipelines/samples/${name}`, text);
  expect(results.size).toBeGreaterThan(0);
});
