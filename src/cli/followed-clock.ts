/** How far the wall clock is ahead of the kernel's monotonic one. A stepped clock is followed within a second, without a timer that would wake a run that waits for events. */
import type { NativeAddon } from '../runtime/native-addon.js';

const periodMs = 1_000;

export class FollowedClock {
  private read = Number.NEGATIVE_INFINITY;
  private nanoseconds = 0n;

  constructor(private readonly addon: Pick<NativeAddon, 'clockOffset'>) {}

  get offset(): bigint {
    const now = performance.now();
    if (now - this.read >= periodMs) {
      this.nanoseconds = this.addon.clockOffset();
      this.read = now;
    }
    return this.nanoseconds;
  }
}
