/**
 * A vitest reporter that writes every test's outcome, with the reason of a skip (which vitest's JSON reporter leaves out), as JSON lines to
 * the file that PROBEPIPE_TEST_RESULTS names. `scripts/test` sums up from it, and a guest hands its results to the host with it.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

export interface TestOutcome {
  /** The file, relative to the checkout. */
  readonly file: string;
  /** With the names of the groups around it, joined by ` > `. */
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  /** Why it failed or was skipped; may be empty. */
  readonly reason: string;
}

export default class ResultReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const path = process.env.PROBEPIPE_TEST_RESULTS;
    if (path === undefined) return;
    const outcomes = [...modules.flatMap(moduleOutcomes), ...unhandled.map(unhandledOutcome)];
    writeFileSync(path, outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
  }
}

/** A file that cannot be loaded, and a hook that throws, have no test of their own, but are failures. */
function moduleOutcomes(module: TestModule): TestOutcome[] {
  const tests = [...module.children.allTests()].map((test) => testOutcome(module, test));
  const suites = [...module.children.allSuites()].map((suite) => ({ name: suite.fullName, errors: suite.errors() }));
  const broken = [{ name: '(the file itself)', errors: module.errors() }, ...suites].filter(
    ({ errors }) => errors.length > 0,
  );
  return [...tests, ...broken.map(({ name, errors }) => failure(module.relativeModuleId, name, errors))];
}

function testOutcome(module: TestModule, test: TestCase): TestOutcome {
  const result = test.result();
  const { state } = result;
  return {
    file: module.relativeModuleId,
    name: test.fullName,
    // One that never ran, because the run was cut short.
    state: state === 'pending' ? 'failed' : state,
    durationMs: Math.round(test.diagnostic()?.duration ?? 0),
    reason: state === 'skipped' ? (result.note ?? '') : errorText(result.errors ?? []),
  };
}

function unhandledOutcome(error: SerializedError): TestOutcome {
  return failure('', '(outside of any test)', [error]);
}

function failure(file: string, name: string, errors: readonly SerializedError[]): TestOutcome {
  return { file, name, state: 'failed', durationMs: 0, reason: errorText(errors) };
}

function errorText(errors: readonly SerializedError[]): string {
  return errors.map((error) => error.stack ?? error.message).join('\n');
}
