/**
 * Where encoded events go that are written locally. What is written is whole events: an output tells the account of each
 * one when its last byte is out, and never leaves half a line behind another.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import type { EncodedEvents } from '../events/encoding.js';
import type { Account } from './account.js';
import { FileOutput } from './file-output.js';
import { StreamOutput } from './stream-output.js';

export interface Output {
  /** `events` were offered to the account before. The bytes are copied if they are needed longer than this call. */
  write(events: EncodedEvents): void;
  /** Ends with nothing waiting: what is not out after `deadlineMs` is dropped. Leaves the descriptor given open; idempotent. */
  close(deadlineMs: number): Promise<void>;
}

export interface OutputEvents {
  /** Writes fail, with this error code; said again when they failed anew after a success. */
  failed(code: string): void;
  /** Writes work again. */
  recovered(): void;
  /** Whoever read is gone; nothing will ever be delivered again. */
  gone(): void;
}

export interface OutputOptions {
  readonly account: Account;
  readonly events: OutputEvents;
  /** Bytes that go before everything else (a CSV header). */
  readonly preamble: Uint8Array;
  /** Opened by us with O_APPEND, so that it may be cut back to whole lines. */
  readonly appending: boolean;
}

/** Regular files are written synchronously; pipes, terminals and sockets so that a slow reader cannot hang the process. */
export function openOutput(fd: number, options: OutputOptions): Output {
  const stat = fstatSync(fd);
  if (stat.isFile()) return new FileOutput(fd, stat.size, options);
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return new StreamOutput(fd, false, options);
  const own = unblocked(fd);
  return new StreamOutput(own, own !== fd, options);
}

/**
 * The same pipe or terminal through an open file description of our own: O_NONBLOCK on the inherited one would be
 * seen by every process that shares it (the shell, the next program of the pipe).
 */
function unblocked(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // A terminal of another user (sudo, su) cannot be opened again; then writes may block.
    return fd;
  }
}

/** How many of the events end at or before byte `at`. */
export function eventsBefore(ends: Uint32Array, at: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
