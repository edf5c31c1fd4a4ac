/** The options of `probepipe run`. */

import type { RunScope } from '../runtime/scope.js';
import type { ParsedOptions } from './command.js';
import { milliseconds, readSets } from './option-values.js';

export interface RunOptions {
  readonly sets: readonly { readonly name: string; readonly value: string }[];
  readonly durationMs: number | undefined;
  readonly events: number | undefined;
  readonly format: (typeof formats)[number] | undefined;
  readonly statsFile: string | undefined;
  /** Whether what the probes cost is measured and told. */
  readonly stats: boolean;
  /** How often that is told while the run goes on; at its end alone where it is missing. */
  readonly statsEveryMs: number | undefined;
  /** Whether maps are redrawn in place. */
  readonly live: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Whose hits count; everybody's where it is missing. */
  readonly scope: RunScope | undefined;
}

const longestPeriodMs = 86_400_000;
const formats = ['table', 'jsonl', 'json', 'csv', 'logfmt', 'folded', 'flamegraph'] as const;

export function readRunOptions(options: ParsedOptions): { runOptions: Omit<RunOptions, 'scope'> } | { wrong: string } {
  const sets = readSets(options.texts('set'));
  if ('wrong' in sets) return sets;
  const duration = options.text('duration');
  const durationMs = duration === undefined ? undefined : milliseconds(duration);
  if (duration !== undefined && (durationMs === undefined || durationMs <= 0))
    return { wrong: `--duration takes a time above zero, such as 10s or 5m, not "${duration}"` };
  const statsEvery = options.text('stats-every');
  const statsEveryMs = statsEvery === undefined ? undefined : milliseconds(statsEvery);
  if (statsEvery !== undefined && (statsEveryMs === undefined || statsEveryMs < 100 || statsEveryMs > longestPeriodMs))
    return { wrong: `--stats-every takes a time from 100ms to 1d, such as 1s or 10s, not "${statsEvery}"` };
  const events = options.text('events');
  if (events !== undefined && !/^[1-9][0-9]{0,14}$/.test(events))
    return { wrong: `--events takes a number from 1 on, not "${events}"` };
  const formatText = options.text('format');
  const format = formats.find((each) => each === formatText);
  if (formatText !== undefined && format === undefined)
    return { wrong: `--format takes ${formats.join(', ')}, not "${formatText}"` };
  const live = options.flag('live');
  if (live && format !== undefined && format !== 'table')
    return { wrong: `--live draws tables: it does not go with --format ${format}` };
  return {
    runOptions: {
      sets: sets.sets,
      durationMs,
      events: events === undefined ? undefined : Number(events),
      format,
      statsFile: options.text('stats-file'),
      stats: options.flag('stats') || statsEveryMs !== undefined,
      statsEveryMs,
      live,
      quiet: options.flag('quiet'),
      verbose: options.flag('verbose'),
    },
  };
}
