/** `perf:<event>:<period>`: every so many times that something happens on a processor, in whatever runs there. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Host } from '../host.js';
import { type HookKind, noArgs, noRetval, type PerfSampling } from './hook.js';
import { type PerfEvent, perfEvent, perfEventNames } from './perf-events.js';
import { frequencyOf, timeOf } from './timer-period.js';

/** A clock that runs programs more often than this leaves no time for anything else. */
const shortestClock = 100_000n;
/** What Linux allows where nobody changed kernel.perf_event_max_sample_rate. */
const highestFrequency = 100_000n;

const example = 'write perf:page-faults:1, perf:cycles:1000000 or perf:instructions:99hz';

function samplingOf(event: PerfEvent, text: string): PerfSampling | string {
  const { type, config } = event;
  const frequency = frequencyOf(text);
  if (frequency !== undefined) {
    if (frequency === 0n || frequency > highestFrequency) return `a frequency is 1hz to ${highestFrequency}hz`;
    return { type, config, every: frequency, unit: 'per second' };
  }
  const every = event.clock === true ? (timeOf(text) ?? count(text)) : count(text);
  if (every === undefined)
    return event.clock === true
      ? `"${text}" is neither a time, nanoseconds nor a frequency`
      : `"${text}" is neither a number of events nor a frequency`;
  if (every === 0n || every >= 1n << 63n) return 'a period is at least 1, and has at most 63 bits';
  if (event.clock === true && every < shortestClock) return 'a clock runs a probe at most every 100us (10000hz)';
  return { type, config, every, unit: 'events' };
}

const count = (text: string): bigint | undefined => (/^[0-9]+$/.test(text) ? BigInt(text) : undefined);

function eventNamed(name: string, span: Span, sink: DiagnosticSink): PerfEvent | undefined {
  const event = perfEvent(name);
  if (event === undefined)
    sink.add('hook-not-found', `there is no perf event "${name}"`, span, {
      hints: [
        ...didYouMean(name, perfEventNames),
        'page-faults, cycles, cache-misses, L1-dcache-load-misses, r01c2, …',
      ],
    });
  return event;
}

/** With a period that costs little. Hardware events are there where the processor's own counters are, which a virtual machine may lack. */
function listedAs(name: string, host: Host): string | undefined {
  const event = perfEvent(name);
  if (event === undefined) return undefined;
  if (event.type === perfTypeSoftware) return event.clock === true ? `${name}:99hz` : `${name}:1`;
  return host.readDirectory(hardwareCounters).length > 0 ? `${name}:99hz` : undefined;
}

/** PERF_TYPE_SOFTWARE */
const perfTypeSoftware = 1;
const hardwareCounters = '/sys/bus/event_source/devices/cpu';

export const perfHook: HookKind = {
  kind: 'perf',
  target: 'EVENT:PERIOD',
  description: 'a software or hardware event of the processors, every so many times it happens',
  listed: (_hook, { host }) => ({ names: perfEventNames.flatMap((name) => listedAs(name, host) ?? []) }),
  resolve(hook, { sink }) {
    const { span } = hook.target;
    const [, name, period] = /^([^:]+):([^:]+)$/.exec(hook.target.text.trim()) ?? [];
    if (name === undefined || period === undefined) {
      if (eventNamed(hook.target.text.trim().split(':')[0] ?? '', span, sink) !== undefined)
        sink.add('hook-target', `"${hook.target.text.trim()}" is not EVENT:PERIOD`, span, { hints: [example] });
      return undefined;
    }
    const event = eventNamed(name, span, sink);
    if (event === undefined) return undefined;
    const sampling = samplingOf(event, period);
    if (typeof sampling === 'string') {
      sink.add('hook-target', sampling, span, { hints: [example] });
      return undefined;
    }
    return [
      [
        {
          label: `perf:${name}:${period}`,
          main: {
            mechanism: 'perf',
            section: 'perf_event',
            target: name,
            offset: 0,
            perf: sampling,
            args: noArgs('a perf event has no arguments', 'kstack and ustack are what it interrupted'),
            retval: noRetval('a perf event returns nothing'),
          },
        },
      ],
    ];
  },
};
