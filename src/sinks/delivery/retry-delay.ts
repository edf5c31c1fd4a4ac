/** How long to wait before the next try. */

export interface RetryPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
  /** Tries in all before a batch is given up; 0: without end. */
  readonly attempts: number;
}

/** A server may ask for patience, but not for that of a whole day. */
const longestAskedMs = 60 * 60 * 1000;

/**
 * Exponential backoff with full jitter: anything between nothing and the bound, so that many senders do not come back all
 * at once. What the server asked for (`Retry-After`) is the least. `failures` counts from 1; `random` is in [0, 1).
 */
export function retryDelayMs(
  policy: RetryPolicy,
  failures: number,
  askedMs: number | undefined,
  random: () => number,
): number {
  const bound = Math.min(policy.maxMs, policy.initialMs * 2 ** Math.min(failures - 1, 30));
  const jittered = Math.floor(random() * bound);
  return askedMs === undefined ? jittered : Math.min(longestAskedMs, askedMs) + jittered;
}
