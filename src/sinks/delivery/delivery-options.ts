/** The options that all network sinks have in common, as schema/delivery.ts describes them. */
import type { Options } from '../option-values.js';
import { whenFull } from './event-buffer.js';
import type { DeliveryOptions } from './network-sink.js';

const mib = 1024 * 1024;

export function deliveryOptions(name: string, given: Options): DeliveryOptions {
  const batch = given.inner('batch');
  const retry = given.inner('retry');
  const buffer = given.inner('buffer');
  const disk = buffer.text('disk');
  return {
    name,
    concurrency: given.count('concurrency') ?? 1,
    maxEvents: batch.count('max_events') ?? 5000,
    maxBytes: batch.bytes('max_bytes') ?? mib,
    maxWaitMs: batch.milliseconds('max_wait') ?? 1000,
    retry: {
      initialMs: retry.milliseconds('initial') ?? 500,
      maxMs: retry.milliseconds('max') ?? 30_000,
      attempts: retry.count('attempts') ?? 0,
    },
    buffer: {
      disk,
      shownDisk: buffer.shown('disk'),
      maxBytes: buffer.bytes('max') ?? (disk === undefined ? 32 * mib : 1024 * mib),
      whenFull: buffer.choice('when_full', whenFull) ?? 'drop_newest',
    },
    deadLetter: given.text('dead_letter'),
    shownDeadLetter: given.shown('dead_letter'),
  };
}
