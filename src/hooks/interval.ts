/** `interval:1s`: a timer. The program runs on one processor, in whatever task runs there. */
import { type HookKind, noArgs, noRetval } from './hook.js';

const units: Readonly<Record<string, bigint>> = {
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const shortest = 1_000_000n;

export const intervalHook: HookKind = {
  kind: 'interval',
  target: 'TIME',
  description: 'a timer that runs the probe on one processor',
  resolve(hook, { sink }) {
    const written = /^([0-9]+)([a-z]+)$/.exec(hook.target.text.trim());
    const unit = units[written?.[2] ?? ''];
    const period = unit === undefined ? undefined : BigInt(written?.[1] ?? 0) * unit;
    if (period === undefined || period < shortest || period >= 1n << 63n) {
      const message = period === undefined ? `"${hook.target.text}" is not a time` : 'an interval is at least 1ms';
      sink.add('hook-target', message, hook.target.span, { hints: ['write interval:1s or interval:100ms'] });
      return undefined;
    }
    return [
      [
        {
          label: `interval:${hook.target.text}`,
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
