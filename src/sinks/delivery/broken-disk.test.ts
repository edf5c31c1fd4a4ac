/** A buffer on a disk that gives input/output errors. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BrokenDisk } from '../../../test/support/broken-disk.js';
import { open, serve, taken, takesAll, until } from '../../../test/support/http-sink.js';
import { balanced, NumberedEvents } from '../../../test/support/sinks.js';
import { droppedBy } from '../../events/ledger.js';

const disk = new BrokenDisk();
afterAll(() => disk[Symbol.dispose]());

describe.skipIf(!disk.made)('a disk buffer whose disk is broken', () => {
  it('counts what it could not keep, says so once, and delivers the rest', async () => {
    const server = await serve(takesAll);
    const { port } = server;
    await server.close();
    const buffer = { disk: join(disk.path, 'buffer'), maxBytes: 32 * 1024 * 1024, whenFull: 'drop_newest' } as const;
    const { sink, context } = await open(`http://127.0.0.1:${port}`, { buffer, maxEvents: 5000 });
    const events = new NumberedEvents('/some/path/that/is/longer');
    const cause = 'buffer write failed (EIO)';
    for (let batch = 0; batch < 400 && (balanced(sink).dropped[cause] ?? 0) === 0; batch++) {
      sink.accept(events.batch(1000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(balanced(sink).dropped[cause]).toBeGreaterThan(0);
    expect(context.warnings.filter((text) => text.includes('input/output error'))).toHaveLength(1);

    const back = await serve(takesAll, port);
    await until(() => balanced(sink).waiting === 0);
    const ledger = balanced(sink);
    expect(ledger.offered).toBe(events.next);
    expect(ledger.delivered + droppedBy(ledger)).toBe(events.next);
    expect(Object.keys(ledger.dropped)).toEqual([cause]);
    expect(new Set(taken(back)).size).toBe(ledger.delivered);
  });
});
