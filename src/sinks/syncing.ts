/**
 * Has what was written to a file brought to the disk itself again and again, so that a loss of power takes no more than
 * the last interval. It is done beside the writing, which never waits for it.
 */
import { fdatasync } from 'node:fs';
import { errorCode } from './sink-error.js';

export interface SyncOptions {
  readonly intervalMs: number;
  /** With an error code: the disk has not taken what was written. */
  readonly failed: (code: string) => void;
}

export class Syncing {
  readonly #fd: number;
  readonly #options: SyncOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #dirty = false;

  constructor(fd: number, options: SyncOptions) {
    this.#fd = fd;
    this.#options = options;
  }

  /** Something was written. */
  wrote(): void {
    this.#dirty = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sync();
    }, this.#options.intervalMs).unref();
  }

  /** All that was written is on the disk, or it was told that it is not. The descriptor stays open. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sync();
    await this.#running;
  }

  /** One after another: a slow disk must not have the next interval's wait in all threads. */
  #sync(): void {
    this.#running = this.#running.then(() => {
      if (!this.#dirty) return undefined;
      this.#dirty = false;
      return new Promise((resolve) => {
        fdatasync(this.#fd, (error) => {
          if (error !== null) this.#options.failed(errorCode(error));
          resolve();
        });
      });
    });
  }
}
