import { describe, expect, it } from 'vitest';
import { type BudgetStep, CpuBudget } from './cpu-budget.js';

/** Looks each second of `seconds` at programs that take `share(step)` of a processor, and tells the steps with their second. */
function steps(seconds: number, share: (state: string, second: number) => number): string[] {
  const budget = new CpuBudget({ cpuShare: 0.02, forMs: 5_000 });
  const taken: string[] = [];
  let state: BudgetStep['kind'] = 'take all';
  let nanoseconds = 0;
  for (let second = 0; second <= seconds; second++) {
    if (second > 0) nanoseconds += share(state, second) * 1e9;
    const step = budget.step(second * 1_000, BigInt(Math.round(nanoseconds)));
    if (step === undefined) continue;
    state = step.kind;
    const oneIn = 'oneIn' in step ? ` 1/${step.oneIn}` : '';
    taken.push(`${second}: ${step.kind}${oneIn}${'waitMs' in step ? ` for ${step.waitMs / 1000} s` : ''}`);
  }
  return taken;
}

describe('the budget of a pipeline', () => {
  it('does nothing below the limit, nor above it for less than the time', () => {
    expect(steps(60, () => 0.02)).toEqual([]);
    expect(steps(60, (_, second) => (second % 5 === 0 ? 0 : 0.5))).toEqual([]);
  });

  it('samples so that half of the limit would do, and takes all hits again when they cost less', () => {
    const load = (second: number): number => (second < 20 ? 0.1 : 0.005);
    expect(steps(40, (state, second) => load(second) / (state === 'sample' ? 10 : 1))).toEqual([
      '5: sample 1/10',
      '24: take all',
    ]);
  });

  it('detaches what costs too much though sampled, for longer each time', () => {
    expect(steps(80, (state) => (state === 'detach' ? 0 : 0.5))).toEqual([
      '5: sample 1/50',
      '10: detach for 10 s',
      '20: attach 1/50',
      '25: detach for 20 s',
      '45: attach 1/50',
      '50: detach for 40 s',
    ]);
  });

  it('waits anew from the beginning once all hits were taken again', () => {
    const quiet = (second: number): boolean => second > 10 && second <= 26;
    expect(steps(40, (state, second) => (state === 'detach' || quiet(second) ? 0 : 0.5))).toEqual([
      '5: sample 1/50',
      '10: detach for 10 s',
      '20: attach 1/50',
      '25: take all',
      '31: sample 1/50',
      '36: detach for 10 s',
    ]);
  });
});
