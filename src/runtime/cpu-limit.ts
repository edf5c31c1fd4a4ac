/** Keeps a pipeline or a probe to its `limits: { cpu }`: reads what its programs took, has them take fewer hits (templates/bpf/limits.hbs), detaches and attaches them, and says so. */
import type { LimitsManifest } from '../compile/manifest.js';
import { type BudgetStep, CpuBudget } from './cpu-budget.js';

export interface LimitedPrograms {
  /** Of all programs that can be detached, since they were loaded. */
  nanoseconds(): bigint;
  takeOneIn(hits: number): void;
  detach(): void;
  /** Why they could not be attached again; `undefined` where they were. */
  attach(): string | undefined;
  say(message: string): void;
}

/** How the limit was kept. */
export interface LimitAccount {
  /** How often they were detached. */
  readonly detachments: number;
  /** How long only some hits were taken, and how long none were, in milliseconds. */
  readonly sampledMs: number;
  readonly detachedMs: number;
}

type Doing = 'all' | 'sampling' | 'detached';

export class CpuLimit {
  private readonly budget: CpuBudget;
  private readonly timer: NodeJS.Timeout;
  private doing: Doing = 'all';
  private since = performance.now();
  private readonly spentMs: Record<Doing, number> = { all: 0, sampling: 0, detached: 0 };
  private detachments = 0;
  private ended: number | undefined;

  constructor(
    private readonly limits: LimitsManifest,
    private readonly programs: LimitedPrograms,
  ) {
    this.budget = new CpuBudget(limits);
    this.timer = setInterval(() => this.look(), Math.min(1_000, limits.forMs / 5));
  }

  get account(): LimitAccount {
    const running = (this.ended ?? performance.now()) - this.since;
    const spent = (doing: Doing): number => this.spentMs[doing] + (this.doing === doing ? running : 0);
    return { detachments: this.detachments, sampledMs: spent('sampling'), detachedMs: spent('detached') };
  }

  stop(): void {
    clearInterval(this.timer);
    this.ended ??= performance.now();
  }

  private look(): void {
    const step = this.budget.step(performance.now(), this.programs.nanoseconds());
    if (step !== undefined) this.take(step);
  }

  private take(step: BudgetStep): void {
    const { programs } = this;
    switch (step.kind) {
      case 'sample':
        programs.takeOneIn(step.oneIn);
        this.now('sampling');
        programs.say(`${this.excess(step.share)}: takes one hit in ${step.oneIn} from now on`);
        return;
      case 'take all':
        programs.takeOneIn(1);
        this.now('all');
        programs.say('costs less than its limit again: takes all hits');
        return;
      case 'detach':
        this.detachments++;
        programs.detach();
        this.now('detached');
        programs.say(`${this.excess(step.share)}, though sampled: detached for ${step.waitMs / 1000} s`);
        return;
      case 'attach': {
        const reason = programs.attach();
        if (reason === undefined) {
          this.now('sampling');
          programs.say(`attached again, takes one hit in ${step.oneIn}`);
          return;
        }
        const waitMs = this.budget.attachFailed(performance.now());
        programs.say(`could not be attached again: ${reason}; tried again in ${waitMs / 1000} s`);
      }
    }
  }

  private excess(share: number): string {
    return `takes ${percent(share)} of a CPU, more than its limit of ${percent(this.limits.cpuShare)}`;
  }

  private now(doing: Doing): void {
    const at = performance.now();
    this.spentMs[this.doing] += at - this.since;
    this.doing = doing;
    this.since = at;
  }
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))}%`;
