import { describe, expect, it } from 'vitest';
import { resolve } from '../../test/support/resolved-hook.js';
import { perfEvent, perfEventNames } from './perf-events.js';

describe('perf events', () => {
  it('have the numbers of include/uapi/linux/perf_event.h', () => {
    expect(perfEvent('cpu-clock')).toEqual({ type: 1, config: 0n, clock: true });
    expect(perfEvent('major-faults')).toEqual({ type: 1, config: 6n });
    expect(perfEvent('cycles')).toEqual({ type: 0, config: 0n });
    expect(perfEvent('ref-cycles')).toEqual({ type: 0, config: 9n });
    expect(perfEvent('L1-dcache-loads')).toEqual({ type: 3, config: 0n });
    expect(perfEvent('L1-dcache-load-misses')).toEqual({ type: 3, config: 0x1_0000n });
    expect(perfEvent('LLC-store-misses')).toEqual({ type: 3, config: 0x1_0102n });
    expect(perfEvent('node-prefetches')).toEqual({ type: 3, config: 0x206n });
    expect(perfEvent('branch-misses')).toEqual({ type: 0, config: 5n });
    expect(perfEvent('r01C2')).toEqual({ type: 4, config: 0x1c2n });
    expect(perfEvent('nothing')).toBeUndefined();
    expect(new Set(perfEventNames).size).toBe(perfEventNames.length);
  });
});

const periods: readonly (readonly [hook: string, period: string])[] = [
  ['profile:99hz', '10101010'],
  ['profile:1Hz', '1000000000'],
  ['profile:10ms', '10000000'],
  ['profile:10000hz', '100000'],
];

const samplings: readonly (readonly [hook: string, type: number, config: bigint, every: bigint, unit: string])[] = [
  ['perf:page-faults:1', 1, 2n, 1n, 'events'],
  ['perf:cycles:1000000', 0, 0n, 1_000_000n, 'events'],
  ['perf:cache-misses:99hz', 0, 3n, 99n, 'per second'],
  ['perf:cpu-clock:10ms', 1, 0n, 10_000_000n, 'events'],
  ['perf:task-clock:1000000', 1, 1n, 1_000_000n, 'events'],
  ['perf:r01c2:5', 4, 0x1c2n, 5n, 'events'],
];

const example = 'write perf:page-faults:1, perf:cycles:1000000 or perf:instructions:99hz';
const refused: readonly (readonly [hook: string, at: string, message: string, hint: string])[] = [
  ['profile:99', '99', '"99" is neither a frequency nor a time', 'write profile:99hz or profile:10ms'],
  ['profile:0hz', '0hz', 'a frequency is at least 1hz', 'write profile:99hz or profile:10ms'],
  ['profile:2h', '2h', 'a profile is taken at least once an hour (1h)', 'write profile:99hz or profile:10ms'],
  ['perf:cycles', 'cycles', '"cycles" is not EVENT:PERIOD', example],
  ['perf:cycles:0', 'cycles:0', 'a period is at least 1, and has at most 63 bits', example],
  ['perf:cycles:1ms', 'cycles:1ms', '"1ms" is neither a number of events nor a frequency', example],
  ['perf:cpu-clock:1us', 'cpu-clock:1us', 'a clock runs a probe at most every 100us (10000hz)', example],
  ['perf:cycles:0hz', 'cycles:0hz', 'a frequency is 1hz to 100000hz', example],
  ['perf:cycels:9', 'cycels:9', 'there is no perf event "cycels"', 'did you mean "cycles"?'],
];

describe('profile: and perf:', () => {
  it.each(periods)('%s has a period of %s ns', (hook, period) => {
    expect(resolve(hook).ways?.[0]?.[0]?.main).toMatchObject({
      mechanism: 'profile',
      section: 'perf_event',
      target: period,
    });
  });

  it.each(samplings)('%s samples event %i:%i every %i', (hook, type, config, every, unit) => {
    expect(resolve(hook).ways?.[0]?.[0]?.main).toMatchObject({
      mechanism: 'perf',
      section: 'perf_event',
      perf: { type, config, every, unit },
    });
  });

  it.each(refused)('%s is refused', (hook, at, message, hint) => {
    const { ways, problems } = resolve(hook);
    expect(ways).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ at, message });
    expect(problems[0]?.hints[0]).toBe(hint);
  });
});
