/** `profile:99hz`: a clock that runs the program on every processor, in whatever runs there: where time is spent. */
import { type HookKind, noArgs, noRetval } from './hook.js';
import { frequencyOf, timeOf } from './timer-period.js';

const second = 1_000_000_000n;
/** More often, and the sampling is most of what is sampled. */
const shortest = 100_000n;
const longest = 3600n * second;

/** Nanoseconds, or why there are none. */
function periodOf(text: string): bigint | string {
  const frequency = frequencyOf(text);
  if (frequency === 0n) return 'a frequency is at least 1hz';
  const period = frequency === undefined ? timeOf(text) : second / frequency;
  if (period === undefined) return `"${text}" is neither a frequency nor a time`;
  if (period < shortest) return 'a profile is taken at most 10000 times a second (10000hz, 100us)';
  return period > longest ? 'a profile is taken at least once an hour (1h)' : period;
}

export const profileHook: HookKind = {
  kind: 'profile',
  target: 'FREQUENCY or TIME',
  description: 'a clock that runs the probe on every processor: what runs there, how often',
  resolve(hook, { sink }) {
    const text = hook.target.text.trim();
    const period = periodOf(text);
    if (typeof period === 'string') {
      sink.add('hook-target', period, hook.target.span, { hints: ['write profile:99hz or profile:10ms'] });
      return undefined;
    }
    return [
      [
        {
          label: `profile:${text}`,
          main: {
            mechanism: 'profile',
            section: 'perf_event',
            target: String(period),
            offset: 0,
            args: noArgs('a clock has no arguments', 'kstack and ustack are what it interrupted'),
            retval: noRetval('a clock returns nothing'),
          },
        },
      ],
    ];
  },
};
