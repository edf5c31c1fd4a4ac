/** A disk whose errors nobody sees but who has it take what was written. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BrokenDisk } from '../../test/support/broken-disk.js';
import { balanced, KeptContext, manifest, NumberedEvents } from '../../test/support/sinks.js';
import { everything } from '../events/selection.js';
import { FileSink } from './file.js';

const disk = new BrokenDisk();
afterAll(() => disk[Symbol.dispose]());

async function written(name: string, syncMs: number | undefined) {
  const context = new KeptContext();
  const path = join(disk.path, name);
  const options = { name: 'file', path, append: true, format: 'jsonl', syncMs } as const;
  const sink = new FileSink(manifest, everything, options, context);
  await sink.open();
  const events = new NumberedEvents('/some/path/that/is/long');
  for (let batch = 0; batch < 60; batch++) sink.accept(events.batch(1000));
  if (syncMs !== undefined)
    for (let waits = 0; waits < 500 && context.warnings.length === 0; waits++)
      await new Promise((resolve) => setTimeout(resolve, 10));
  const before = context.warnings.length;
  await sink.close(1000);
  return { before, warnings: context.warnings.map((text) => text.replace(path, 'PATH')), ledger: balanced(sink) };
}

describe.skipIf(!disk.made)('a file on a broken disk', () => {
  it('says that the disk does not take it, where it is synced, while the run goes on', async () => {
    const { before, warnings, ledger } = await written('synced', 5);
    expect(before).toBe(1);
    expect(warnings).toEqual([
      '"PATH" cannot be brought to the disk: input/output error; what was written last may be lost',
    ]);
    expect(ledger.delivered).toBe(60_000);
  });

  it('is told of nothing where it is not', async () => {
    expect((await written('plain', undefined)).warnings).toEqual([]);
  });

  it('is synced at the end, however long the interval is', async () => {
    const context = new KeptContext();
    const options = {
      name: 'file',
      path: join(disk.path, 'end'),
      append: true,
      format: 'jsonl',
      syncMs: 3_600_000,
    } as const;
    const sink = new FileSink(manifest, everything, options, context);
    await sink.open();
    const events = new NumberedEvents('/some/path/that/is/long');
    for (let batch = 0; batch < 60; batch++) sink.accept(events.batch(1000));
    expect(context.warnings).toEqual([]);
    await sink.close(1000);
    expect(context.warnings).toHaveLength(1);
  });
});
