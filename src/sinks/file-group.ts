/** `file` with `{probe}` in its path: a file for each probe and each map, under the books of one sink. */
import type { Manifest } from '../compile/manifest.js';
import type { EventBatch } from '../events/event-batch.js';
import type { MapSnapshot } from '../events/map-snapshot.js';
import { Selection } from '../events/selection.js';
import { type FileOptions, FileSink } from './file.js';
import type { Sink, SinkContext, SinkLedger } from './sink.js';

export const probeInPath = '{probe}';

export class FileGroup implements Sink {
  readonly name: string;
  readonly #files: readonly FileSink[];

  /** Names of probes and maps are words, so that a path stays in its folder. */
  constructor(manifest: Manifest, selection: Selection, options: FileOptions, context: SinkContext) {
    this.name = options.name;
    const names = [
      ...manifest.probes.flatMap(({ name, event }) => (event === undefined ? [] : [name])),
      ...manifest.maps.flatMap(({ name, shown }) => (shown ? [name] : [])),
    ];
    this.#files = names
      .filter((name) => selection.takes(name))
      .map((name) => {
        const path = options.path.replaceAll(probeInPath, name);
        const shownPath = options.shownPath?.replaceAll(probeInPath, name);
        return new FileSink(
          manifest,
          new Selection({ from: [name], ...selection.onlyFields }),
          { ...options, path, shownPath },
          context,
        );
      });
  }

  async open(): Promise<void> {
    // One after another: the first that cannot be opened is told.
    for (const file of this.#files) await file.open();
  }

  accept(batch: EventBatch): void {
    for (const file of this.#files) file.accept(batch);
  }

  acceptSnapshot(snapshot: MapSnapshot): void {
    for (const file of this.#files) file.acceptSnapshot(snapshot);
  }

  reopen(): void {
    for (const file of this.#files) file.reopen();
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close(deadlineMs)));
  }

  ledger(): SinkLedger {
    const sum = { offered: 0, delivered: 0, waiting: 0, retries: 0 };
    const dropped: Record<string, number> = {};
    for (const file of this.#files) {
      const ledger = file.ledger();
      sum.offered += ledger.offered;
      sum.delivered += ledger.delivered;
      sum.waiting += ledger.waiting;
      for (const [cause, count] of Object.entries(ledger.dropped)) dropped[cause] = (dropped[cause] ?? 0) + count;
    }
    return { name: this.name, ...sum, dropped };
  }
}
