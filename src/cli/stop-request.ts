import { closeSync, openSync } from 'node:fs';

/** What ends a run: a signal, a time, a count, or a sink that nobody reads any more. The first reason counts. */

const longestTimer = 2 ** 31 - 1;
const repeatedMs = 500;

export class StopRequest {
  /** Resolves with the reason in words, empty for the ones that the user asked for. */
  readonly requested: Promise<string>;
  private resolve: (reason: string) => void = () => {};
  private timer: NodeJS.Timeout | undefined;
  private firstSignal: number | undefined;
  private waiting = false;
  private readonly hadTerminal = hasTerminal();
  private reopen: (() => boolean) | undefined;
  private readonly onSignal = (): void => {
    // A second Ctrl-C does not wait for slow sinks: the kernel detaches everything when the process ends. One Ctrl-C
    // may come twice at once, from the terminal and from npm.
    const before = this.firstSignal ?? (this.waiting ? 0 : undefined);
    this.firstSignal ??= performance.now();
    if (before !== undefined && performance.now() - before > repeatedMs) process.exit(1);
    this.stop('');
  };

  constructor() {
    this.requested = new Promise((resolve) => {
      this.resolve = resolve;
    });
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
    process.on('SIGHUP', () => this.onHangUp());
  }

  /** `reopen`: opens files anew, and tells whether there are any. */
  onReopen(reopen: () => boolean): void {
    this.reopen = reopen;
  }

  /** From who rotates files, as to any daemon; or of a terminal that was closed, or a connection that broke: then the terminal is not there any more. */
  private onHangUp(): void {
    const terminalIsGone = this.hadTerminal && !hasTerminal();
    if (terminalIsGone || this.reopen?.() !== true) this.onSignal();
  }

  stop(reason: string): void {
    this.resolve(reason);
  }

  /** Longer than Node's timers can wait is waited for in pieces. */
  after(milliseconds: number | undefined): void {
    const wait = milliseconds ?? Number.POSITIVE_INFINITY;
    this.timer = setTimeout(
      () => {
        if (wait <= longestTimer) this.stop('');
        else this.after(wait - longestTimer);
      },
      Math.min(wait, longestTimer),
    );
  }

  /** It was said that sinks are waited for: the next signal does not wait, though it may be the first. */
  waitingWasTold(): void {
    this.waiting = true;
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}

/** Whether the process has a controlling terminal: see tty(4). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
