/** `interval:1s`: a timer. The program runs on one processor, in whatever task runs there. */
import { type HookKind, noArgs, noRetval } from './hook.js';
import { timeOf } from './timer-period.js';

const shortest = 1_000_000n;
/** A perf event's period is 63 bits of nanoseconds. */
const longestHours = (1n << 63n) / 3_600_000_000_000n;

/** Nanoseconds, or why there are none. */
function periodOf(text: string): bigint | string {
  const period = timeOf(text);
  if (period === undefined) return `"${text}" is not a time`;
  if (period < shortest) return 'an interval is at least 1ms';
  return period >= 1n << 63n ? `an interval is at most ${longestHours}h` : period;
}

export const intervalHook: HookKind = {
  kind: 'interval',
  target: 'TIME',
  description: 'a timer that runs the probe on one processor',
  resolve(hook, { sink }) {
    const text = hook.target.text.trim();
    const period = periodOf(text);
    if (typeof period === 'string') {
      sink.add('hook-target', period, hook.target.span, { hints: ['write interval:1s or interval:100ms'] });
      return undefined;
    }
    return [
      [
        {
          label: `interval:${text}`,
          main: {
            mechanism: 'interval',
            section: 'perf_event',
            target: String(period),
            offset: 0,
            args: noArgs('a timer has no arguments'),
            retval: noRetval('a timer returns nothing'),
          },
        },
      ],
    ];
  },
};
