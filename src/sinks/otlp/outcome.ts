/** What became of a batch, out of what became of its logs, spans and data points. */
import type { Batch } from '../delivery/batch.js';
import type { Outcome } from '../delivery/transport.js';

export interface SignalOutcome {
  /** Of the batch's items, those that were in the request. */
  readonly items: readonly number[];
  readonly outcome: Outcome;
}

export function wholeOutcome(outcomes: readonly SignalOutcome[], { count }: Batch): Outcome {
  const [only] = outcomes;
  if (only !== undefined && outcomes.length === 1 && only.items.length === count) return only.outcome;
  if (outcomes.every(({ outcome }) => outcome.kind === 'delivered')) return { kind: 'delivered' };
  const retry = new Set<number>();
  const refused = new Map<number, string>();
  let [reason, afterMs, untold] = ['', 0, 0];
  let cause = '';
  for (const { items, outcome } of outcomes) {
    if (outcome.kind === 'refused') for (const item of items) refused.set(item, outcome.cause);
    else if (outcome.kind === 'retry' || outcome.kind === 'too large') {
      // By itself in the next request, what is too large can be halved.
      for (const item of items) retry.add(item);
      reason = outcome.kind === 'retry' ? outcome.reason : outcome.cause;
      if (outcome.kind === 'retry') afterMs = Math.max(afterMs, outcome.afterMs ?? 0);
    } else if (outcome.kind === 'partial' && outcome.untold !== undefined) {
      untold += outcome.untold.count;
      cause = outcome.untold.cause;
    }
  }
  return {
    kind: 'partial',
    retry,
    refused,
    reason,
    ...(afterMs === 0 ? {} : { afterMs }),
    ...(untold === 0 ? {} : { untold: { count: untold, cause } }),
  };
}
