import { describe, expect, it } from 'vitest';
import { batchOf } from '../delivery/batch.js';
import { wholeOutcome } from './outcome.js';

const batch = batchOf([{ bytes: new Uint8Array(), count: 5, ends: new Uint32Array(5) }]);

describe('the outcome of a batch of logs, spans and data points', () => {
  it('is delivered where all were', () => {
    expect(
      wholeOutcome(
        [
          { items: [0, 2], outcome: { kind: 'delivered' } },
          { items: [1, 3, 4], outcome: { kind: 'delivered' } },
        ],
        batch,
      ),
    ).toEqual({ kind: 'delivered' });
  });

  it('sends again only what is to be sent again, after the longest wait that was asked for', () => {
    expect(
      wholeOutcome(
        [
          { items: [0], outcome: { kind: 'retry', reason: '503', afterMs: 100 } },
          { items: [1, 3], outcome: { kind: 'retry', reason: '429', afterMs: 3000 } },
          { items: [2, 4], outcome: { kind: 'refused', cause: 'refused (400)' } },
        ],
        batch,
      ),
    ).toEqual({
      kind: 'partial',
      retry: new Set([0, 1, 3]),
      reason: '429',
      afterMs: 3000,
      refused: new Map([
        [2, 'refused (400)'],
        [4, 'refused (400)'],
      ]),
    });
  });

  it('counts what was refused without a word of which', () => {
    const untold = { count: 2, cause: 'refused (partial success)' };
    const some = { kind: 'partial', retry: new Set<number>(), refused: new Map(), reason: '', untold } as const;
    expect(
      wholeOutcome(
        [
          { items: [0, 1, 2], outcome: some },
          { items: [3, 4], outcome: { kind: 'too large', cause: 'refused (413)' } },
        ],
        batch,
      ),
    ).toMatchObject({ kind: 'partial', retry: new Set([3, 4]), reason: 'refused (413)', untold });
  });
});
