/** What a running pipeline tells whoever started it. */
import type { MapManifest } from '../compile/manifest.js';
import type { MapEntries } from './native-addon.js';

export interface SessionHandlers {
  /** Records in `[start, end)`; they are gone when this returns. */
  readonly onBatch: (memory: ArrayBuffer, start: number, end: number) => void;
  /** Captured bytes of connections, where the pipeline has a probe of a protocol; as with `onBatch`. */
  readonly onCaptured?: (memory: ArrayBuffer, start: number, end: number) => void;
  /** Nothing more is captured: whatever is under way is to be told of. */
  readonly onCaptureEnd?: () => void;
  readonly onSnapshot: (map: MapManifest, entries: MapEntries, final: boolean) => void;
  /** Resolves when there is room for more: a snapshot waits for whoever takes its events. */
  readonly ready: () => Promise<void>;
  /** Where events must not be lost for want of room: a promise for when there is some. Until then the ring buffer is not read. */
  readonly room: () => Promise<unknown> | undefined;
  /** The snapshots are taken, and no probe can emit anything more. Called once at most. */
  readonly onDone: () => void;
  /** Something failed while running; said once for each text. */
  readonly onProblem: (message: string) => void;
  /** What was done to keep the pipeline to its limits. */
  readonly onLimit?: (message: string) => void;
}
