/** `sample` and `rate_limit` → statements: what is left out of a busy probe, counted and before anything is read for it. */
import type { Block } from './block.js';
import { c, cConstant, identifier } from './c-text.js';
import type { CText } from './statements.js';
import type { RateLimit } from './typed-pipeline.js';

/** The C name of the time at which the probe's limit has all of its events again. */
export const rateState = (probe: { readonly name: string }): CText => c`${identifier(probe.name)}_rate`;

/** Random, since a counter would keep step with what comes in turns. */
export function lowerSample(sample: bigint | undefined, block: Block, line: number): void {
  if (sample === undefined || sample === 1n) return;
  const condition = c`bpf_get_prandom_u32() % ${cConstant(sample)}`;
  block.add({ template: 'leave-if', condition, counter: c`sampled_out` }, line);
}

/** `index`: of the limit, below 0 for none. While it is exceeded, templates/bpf/limits.hbs; what may be spent is no part of what the probe does, so it comes with any other `sample`. */
export function lowerLimit(index: number, block: Block, line: number): void {
  if (index < 0) return;
  const oneIn = c`limit_takes_one_in[${cConstant(BigInt(index))}]`;
  const condition = c`${oneIn} > 1 && bpf_get_prandom_u32() % ${oneIn}`;
  block.add({ template: 'leave-if', condition, counter: c`sampled_out` }, line);
}

export function lowerRateLimit(
  probe: { readonly name: string; readonly rateLimit?: RateLimit },
  block: Block,
  line: number,
): void {
  if (probe.rateLimit === undefined) return;
  const { events, perNs } = probe.rateLimit;
  // Rounded up: never more than was asked for.
  const interval = (perNs + events - 1n) / events;
  const most = interval * (events - 1n);
  const condition = c`!within_rate(&${rateState(probe)}, ${cConstant(interval)}, ${cConstant(most)})`;
  block.add({ template: 'leave-if', condition, counter: c`rate_limited` }, line);
}
