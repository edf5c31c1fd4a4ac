import { describe, expect, it } from 'vitest';
import type { NativeErrorInfo } from './native-addon.js';
import { attachFailure } from './native-failure.js';

const full = (attempted: string): NativeErrorInfo => ({ errno: 'E2BIG', errnoNumber: 7, attempted, log: '' });

describe('a place that takes no more programs', () => {
  it.each([
    ['attach to the tracepoint "sched:sched_switch"', 64],
    ['attach "fentry/vfs_read"', 38],
    ['attach "fexit/vfs_read"', 38],
    ['attach "lsm/file_open"', 38],
  ])('%s: %i', (attempted, most) => {
    const { message, hints } = attachFailure('it', full(attempted), undefined);
    expect(message).toBe(`cannot attach it: the kernel runs no more than ${most} programs on it (E2BIG)`);
    expect(hints).toHaveLength(1);
  });

  it('is not guessed where something else is too large', () => {
    const { message, hints } = attachFailure('it', full('attach "iter/task"'), undefined);
    expect(message).toBe('cannot attach it: it is larger than the kernel allows (E2BIG)');
    expect(hints).toEqual([]);
  });
});
