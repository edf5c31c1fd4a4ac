import { describe, expect, it } from 'vitest';
import { lookUpIn } from './connection-map.js';

describe('the map of connections', () => {
  const value = new Uint8Array(BigUint64Array.of(7n, 1_000n, 50n, 60n, 2_000n, 3_000n, 0n, 0n).buffer);
  const key = Uint8Array.of(1);
  const lookUp = lookUpIn({ lookup: (asked) => (asked === key ? value : undefined) });

  it('tells how far both directions have got', () =>
    expect(lookUp(key, 7)).toEqual({ received: { moved: 50, time: 2_000 }, sent: { moved: 60, time: 3_000 } }));

  it('has nothing of a connection whose address another one has by now', () => expect(lookUp(key, 6)).toBeUndefined());

  it('has nothing of one that is gone', () => expect(lookUp(Uint8Array.of(2), 7)).toBeUndefined());
});
