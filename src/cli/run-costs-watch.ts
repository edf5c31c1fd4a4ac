/** `--stats`: the kernel's account of BPF programs, kept while a run goes on, and what it says each time a period has passed. */
import { diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import { costLines } from '../events/costs.js';
import type { RunLedger } from '../events/ledger.js';
import { isNativeError, type NativeAddon } from '../runtime/native-addon.js';
import { reasonOf } from '../runtime/native-failure.js';
import type { CommandIo } from './command.js';
import type { RunningPipeline } from './running-pipeline.js';

export class RunCostsWatch {
  private timer: NodeJS.Timeout | undefined;

  private constructor(private readonly release: () => void) {}

  /** Refused: without CAP_SYS_ADMIN, which the account needs over and above what probes do. */
  static start(addon: NativeAddon): StageResult<RunCostsWatch> {
    try {
      return { output: new RunCostsWatch(addon.enableStatistics()), diagnostics: [] };
    } catch (error) {
      if (!isNativeError(error)) throw error;
      const hints = ['the account of BPF programs needs CAP_SYS_ADMIN, or root'];
      return {
        diagnostics: [diagnostic('privilege', `cannot ${error.attempted}: ${reasonOf(error)}`, undefined, { hints })],
      };
    }
  }

  /** Each block tells what happened since the one before. */
  tellEach(periodMs: number | undefined, pipelines: readonly RunningPipeline[], verbose: boolean, io: CommandIo): void {
    if (periodMs === undefined) return;
    const before = new Map<RunningPipeline, RunLedger>();
    this.timer = setInterval(() => {
      for (const pipeline of pipelines) {
        const now = pipeline.ledgerNow();
        if (now === undefined) continue;
        const heading = pipelines.length < 2 ? '' : `${pipeline.name}\n`;
        const lines = costLines(now, { before: before.get(pipeline), verbose, width: io.columns });
        io.err(`\n${heading}${lines.join('\n')}\n`);
        before.set(pipeline, now);
      }
    }, periodMs);
  }

  /** Nothing more is told; the account is kept. */
  quiet(): void {
    clearInterval(this.timer);
  }

  stop(): void {
    this.quiet();
    this.release();
  }
}
