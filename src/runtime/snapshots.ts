/**
 * Takes the snapshots of `iter:` probes, one at a time and each in steps: what one step emits is read before the next, so that a snapshot of any size goes through a ring buffer of any size.
 */
import type { NativeIterator, NativeLink } from './native-addon.js';

export interface SnapshotSource {
  readonly link: NativeLink;
  /** Objects between two looks at the ring buffer. */
  readonly step: number;
}

export interface SnapshotHandlers {
  /** Hands on what waits in the ring buffer. */
  readonly drain: () => void;
  /** Resolves when there is room for more. */
  readonly ready: () => Promise<void>;
}

const mostObjects = 16_384;
/** Of the ring buffer, what a step may fill; other probes of the pipeline write there as well. */
const share = 4;
const recordHeader = 8;

/** `recordBytes`: 0 for a probe that emits nothing. */
export function stepOf(recordBytes: number, ringBytes: number): number {
  if (recordBytes === 0) return mostObjects;
  return Math.max(1, Math.min(mostObjects, Math.floor(ringBytes / share / (recordBytes + recordHeader))));
}

export class Snapshots {
  private turn: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(private readonly handlers: SnapshotHandlers) {}

  /** Waits for those before it. Rejects with the `NativeError` of what could not be read. */
  take(source: SnapshotSource): Promise<void> {
    const taken = this.turn.then(() => this.walk(source));
    this.turn = taken.catch(() => {});
    return taken;
  }

  /** The one that is being taken ends after its step. */
  stop(): void {
    this.stopping = true;
  }

  private async walk({ link, step }: SnapshotSource): Promise<void> {
    if (this.stopping) return;
    const iterator: NativeIterator = link.openIterator();
    try {
      while (!this.stopping && (await iterator.step(step)) > 0) {
        this.handlers.drain();
        await this.handlers.ready();
      }
    } finally {
      iterator.close();
    }
  }
}
