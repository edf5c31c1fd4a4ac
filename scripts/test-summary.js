/**
 * node test-summary.js OUTCOMES NAME=STATUS...: what came of a run of `scripts/test`. In: the lines that
 * test/result-reporter.ts wrote, and the exit status of each check. Out: the skipped tests with their reasons, the failed ones, and as
 * the last line the counts. A check that is not vitest counts as one test; vitest counts as its tests.
 */
import { existsSync, readFileSync } from 'node:fs';

const [path, ...statuses] = process.argv.slice(2);
const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
const outcomes = lines.filter((line) => line !== '').map((line) => JSON.parse(line));

for (const each of statuses) {
  const at = each.lastIndexOf('=');
  const name = each.slice(0, at);
  const failed = each.slice(at + 1) !== '0';
  const told = name === 'vitest' && (failed ? outcomes.some(({ state }) => state === 'failed') : outcomes.length > 0);
  // vitest that fails without a failed test, or finds none at all, must not pass for success.
  if (!told) outcomes.unshift({ name, state: failed || name === 'vitest' ? 'failed' : 'passed', file: '', reason: '' });
}

const of = (state) => outcomes.filter((outcome) => outcome.state === state);
const title = ({ file, name }) => (file === '' ? name : `${file} > ${name}`);

for (const outcome of of('skipped')) console.log(`SKIPPED ${title(outcome)}: ${outcome.reason || 'no reason given'}`);
for (const outcome of of('failed')) console.log(`FAILED ${title(outcome)}`);
console.log(`${of('passed').length} passed, ${of('failed').length} failed, ${of('skipped').length} skipped`);
process.exitCode = of('failed').length > 0 ? 1 : 0;
