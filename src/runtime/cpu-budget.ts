/**
 * When a pipeline is to do less, and when it may do all again: from the time that its programs took, as the kernel accounts for it, to steps. Holds no links and no clock of its own.
 *
 * Over the limit for `forMs`: one hit in so many is taken that half of the limit would do. Still over it for as long: it is detached, at first for twice that time, doubled each time up to an hour; then it is
 * attached again, sampled as before. What it would cost without sampling is no more than the limit for `forMs`: all hits are taken again, and waits begin anew.
 */
import type { LimitsManifest } from '../compile/manifest.js';

export type BudgetStep =
  | { readonly kind: 'sample'; readonly oneIn: number; readonly share: number }
  | { readonly kind: 'take all' }
  | { readonly kind: 'detach'; readonly share: number; readonly waitMs: number }
  | { readonly kind: 'attach'; readonly oneIn: number };

const longestWaitMs = 3_600_000;
/** Rarer hits say nothing about what is traced. */
const rarest = 1024;

export class CpuBudget {
  private oneIn = 1;
  private waitMs: number;
  private detachedUntil: number | undefined;
  private last: { readonly at: number; readonly nanoseconds: bigint } | undefined;
  private overSince: number | undefined;
  private fineSince: number | undefined;

  constructor(private readonly limits: LimitsManifest) {
    this.waitMs = 2 * limits.forMs;
  }

  /** `at` in milliseconds of a clock that never steps, `nanoseconds` the programs' time since they were loaded. */
  step(at: number, nanoseconds: bigint): BudgetStep | undefined {
    const before = this.last;
    this.last = { at, nanoseconds };
    if (this.detachedUntil !== undefined) return this.waited(at);
    if (before === undefined || at <= before.at) return undefined;
    const share = Number(nanoseconds - before.nanoseconds) / 1e6 / (at - before.at);
    const { cpuShare, forMs } = this.limits;
    this.overSince = share > cpuShare ? (this.overSince ?? before.at) : undefined;
    this.fineSince = share * this.oneIn <= cpuShare ? (this.fineSince ?? before.at) : undefined;
    if (this.overSince !== undefined && at - this.overSince >= forMs) return this.doLess(at, share);
    if (this.oneIn > 1 && this.fineSince !== undefined && at - this.fineSince >= forMs) return this.takeAll();
    return undefined;
  }

  /** Of the last step, to attach: it could not be done, so what waits longer is tried then. */
  attachFailed(at: number): number {
    const { waitMs } = this;
    this.detachedUntil = at + waitMs;
    this.waitMs = Math.min(longestWaitMs, 2 * waitMs);
    return waitMs;
  }

  private doLess(at: number, share: number): BudgetStep {
    this.forget();
    if (this.oneIn === 1) {
      this.oneIn = Math.min(rarest, Math.max(2, Math.ceil((2 * share) / this.limits.cpuShare)));
      return { kind: 'sample', oneIn: this.oneIn, share };
    }
    const { waitMs } = this;
    this.detachedUntil = at + waitMs;
    this.waitMs = Math.min(longestWaitMs, 2 * waitMs);
    return { kind: 'detach', share, waitMs };
  }

  private takeAll(): BudgetStep {
    this.forget();
    this.oneIn = 1;
    this.waitMs = 2 * this.limits.forMs;
    return { kind: 'take all' };
  }

  private waited(at: number): BudgetStep | undefined {
    if (this.detachedUntil === undefined || at < this.detachedUntil) return undefined;
    this.detachedUntil = undefined;
    this.forget();
    return { kind: 'attach', oneIn: this.oneIn };
  }

  private forget(): void {
    this.overSince = undefined;
    this.fineSince = undefined;
  }
}
