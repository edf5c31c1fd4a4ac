/** Runs the tests of in-guest/ in a guest and brings back every outcome. */
import type { TestOutcome } from '../result-reporter.js';
import { checkout, findGuest, type GuestResult, runInGuest } from './guest.js';
import type { KernelSeries } from './images.js';
import { buildMatrix } from './matrix-bundles.js';

export type InnerRun =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'ran'; readonly guest: GuestResult; readonly outcomes: readonly TestOutcome[] };

/** All of a guest's tests: under a load of other work each start of probepipe takes half a minute there, and only one that hangs may take this long. */
const mostTimeMs = 1_500_000;

/** `PROBEPIPE_GUEST_TESTS=capable` runs only the files whose paths hold that word, for whoever works on one. */
const chosen = process.env.PROBEPIPE_GUEST_TESTS ?? '';
if (!/^[\w./-]*$/.test(chosen)) throw new Error(`PROBEPIPE_GUEST_TESTS=${chosen} is no part of a path`);

const command =
  'node node_modules/vitest/vitest.mjs run --config test/vm/vitest.guest.config.ts --reporter default --reporter ./test/result-reporter.ts';

/** `matrixClangs`: whose objects of shipped pipelines are loaded; in tests some for each kernel, for time. All of them are when the matrix is recorded, and in each test run on this machine's kernel. */
export async function runInnerTests(
  series: KernelSeries,
  only = chosen,
  matrixClangs: readonly string[] = series === '6.1' ? ['clang-14', 'clang-19'] : ['clang-16'],
): Promise<InnerRun> {
  const guest = await findGuest(series);
  if ('missing' in guest) return { kind: 'skipped', reason: guest.missing };
  const environment = {
    CI: 'true',
    NO_COLOR: '1',
    PROBEPIPE_TEST_RESULTS: '/run/guest/results/outcomes.jsonl',
    PROBEPIPE_GUEST_RELEASE: guest.image.release,
    PROBEPIPE_GUEST_CLANGS: matrixClangs.join(' '),
  };
  try {
    if ('test/vm/in-guest/matrix.test.ts'.includes(only)) await buildMatrix(guest.image, matrixClangs);
    const result = await runInGuest(guest, `${command} ${only}`, { environment, timeoutMs: mostTimeMs });
    const lines = (result.results.get('outcomes.jsonl') ?? '').split('\n').filter((line) => line !== '');
    if (lines.length === 0) return { kind: 'failed', reason: `no test ran in ${checkout}:\n${result.output}` };
    return { kind: 'ran', guest: result, outcomes: lines.map((line): TestOutcome => JSON.parse(line)) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
