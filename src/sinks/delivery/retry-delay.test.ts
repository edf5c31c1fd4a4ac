import { describe, expect, it } from 'vitest';
import { isRetried, outcomeOf, retryAfterMs } from '../http/request.js';
import { retryDelayMs } from './retry-delay.js';

describe('retries', () => {
  const usual = isRetried(undefined);
  const policy = { initialMs: 100, maxMs: 1000, attempts: 0 };

  it('back off exponentially, jittered over the whole range', () => {
    const longest = [1, 2, 3, 4, 5, 2000].map((failures) => retryDelayMs(policy, failures, undefined, () => 0.9999));
    expect(longest).toEqual([99, 199, 399, 799, 999, 999]);
    expect(retryDelayMs(policy, 5, undefined, () => 0)).toBe(0);
  });

  it('wait for what the server asked, but not for a day', () => {
    expect(retryDelayMs(policy, 1, 5000, () => 0.5)).toBe(5050);
    expect(retryDelayMs(policy, 1, 86_400_000, () => 0)).toBe(3_600_000);
  });

  it('read Retry-After as seconds or as a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs('120', now)).toBe(120_000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(retryAfterMs('soon', now)).toBeUndefined();
  });

  it('take a date of Retry-After by the clock of the server, whatever the clock here says', () => {
    const headers = { 'retry-after': 'Mon, 01 Jan 2001 00:00:07 GMT', date: 'Mon, 01 Jan 2001 00:00:00 GMT' };
    expect(outcomeOf({ status: 503, headers, body: new Uint8Array(), whole: false }, usual)).toMatchObject({
      kind: 'retry',
      afterMs: 7000,
    });
  });

  it('depend on the status', () => {
    const kinds = (statuses: readonly number[]) =>
      new Set(statuses.map((status) => outcomeOf(answer(status), usual).kind));
    expect(kinds([200, 204, 299])).toEqual(new Set(['delivered']));
    expect(kinds([408, 425, 429, 500, 503, 599])).toEqual(new Set(['retry']));
    expect(kinds([301, 400, 401, 404, 422])).toEqual(new Set(['refused']));
    expect(kinds([413])).toEqual(new Set(['too large']));
    expect(outcomeOf(answer(429, ['7', '8']), usual)).toEqual({ kind: 'retry', reason: '429', afterMs: 7000 });
  });
});

function answer(status: number, retryAfter?: string[]) {
  return { status, headers: { 'retry-after': retryAfter }, body: new Uint8Array(), whole: false };
}
