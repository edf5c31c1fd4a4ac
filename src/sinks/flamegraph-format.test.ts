import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as t from '../../test/support/records.js';
import { KeptContext } from '../../test/support/sinks.js';
import { type MapManifest, stackRecord } from '../compile/manifest.js';
import { EventReader } from '../events/event-batch.js';
import { MapReader, type MapSnapshot } from '../events/map-snapshot.js';
import { everything } from '../events/selection.js';
import { StackTable } from '../events/stack-table.js';
import { FileSink } from './file.js';
import { StdoutSink } from './stdout.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-flamegraph-format-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const probe = t.testProbe('s', 1, [{ name: 'stack', type: { kind: 'kstack' }, size: 8 }]);
const map: MapManifest = {
  name: 'm',
  map: 'm',
  kind: 'hash',
  perCpu: false,
  shown: true,
  maxEntries: 10,
  keySize: 8,
  valueSize: 8,
  key: [{ name: 'stack', type: { kind: 'kstack' }, offset: 0, size: 8 }],
  value: [{ name: '', aggregation: 'count', offset: 0 }],
  reset: false,
  order: 'desc',
};
const names = ['inner', 'outer'];
const stacks = new StackTable({
  kernel: (address) => ({
    name: names[Number(address & 1n)] ?? '',
    offset: 1,
    module: '[kernel]',
    address,
    inlined: [],
  }),
  user: (_, address) => ({ name: '[unknown]', offset: 0, module: '[unknown]', address, inlined: [] }),
  notice: () => {},
});
// The outer address is where a call returns to: the byte before it is looked up.
const addresses = [t.int(0x1000n, 8), t.int(0x2002n, 8)];
const told = Buffer.concat([t.int(stackRecord, 4), t.int(0, 4), t.int(5n, 8), t.int(2, 8), ...addresses]);

function snapshot(of: MapManifest, count: bigint): MapSnapshot {
  const moment = { cpus: 1, clockOffset: 0n, time: 0n };
  return new MapReader(of, stacks).snapshot({ count: 1, keys: t.int(5n, 8), values: t.int(count, 8) }, moment);
}

/** Depth, name and count of each function. */
function functionsOf(page: string): string[] {
  const [, json = ''] = /<script id="stacks" type="application\/json">(.*)<\/script>/.exec(page) ?? [];
  const { names: all, nodes, unit } = JSON.parse(json);
  const found: string[] = [unit];
  for (let at = 0; at < nodes.length; at += 4) found.push(`${nodes[at]} ${all[nodes[at + 1]]} ${nodes[at + 3]}`);
  return found;
}

describe('the format flamegraph', () => {
  it('writes one page when the run ends, in the place of what stood there', async () => {
    const path = join(folder, 'page.html');
    writeFileSync(path, 'an older page');
    const manifest = t.testManifest([probe]);
    const options = { name: 'file', path, format: 'flamegraph', append: true } as const;
    const sink = new FileSink(manifest, everything, options, new KeptContext());
    await sink.open();
    const event = t.testRecord(probe, { stack: t.int(5n, 8) });
    const ring = t.testRing([told, event, event]);
    sink.accept(new EventReader(manifest, stacks).batch(ring.memory, ring.start, ring.end, 0n));
    expect(readFileSync(path, 'utf8')).toBe('');
    expect(sink.ledger()).toMatchObject({ offered: 2, delivered: 0, waiting: 2 });
    await sink.close(1000);
    expect(functionsOf(readFileSync(path, 'utf8'))).toEqual(['events', '0 all 2', '1 outer 2', '2 inner 2']);
    expect(sink.ledger()).toMatchObject({ offered: 2, delivered: 2, waiting: 0, dropped: {} });
  });

  it('takes of a map what it had last, and of one with reset all that it had', async () => {
    for (const [reset, count] of [
      [false, 7],
      [true, 11],
    ] as const) {
      const path = join(folder, `${reset}.html`);
      const shown = { ...map, reset };
      const options = { name: 'file', path, format: 'flamegraph', append: false } as const;
      const sink = new FileSink(t.testManifest([], [shown]), everything, options, new KeptContext());
      await sink.open();
      sink.acceptSnapshot(snapshot(shown, 4n));
      sink.acceptSnapshot(snapshot(shown, 7n));
      await sink.close(1000);
      expect(functionsOf(readFileSync(path, 'utf8'))).toContain(`0 all ${count}`);
      expect(sink.ledger()).toMatchObject({ offered: 2, delivered: 2, waiting: 0 });
    }
  });

  it('counts as dropped what it could not write', async () => {
    const manifest = t.testManifest([], [map]);
    const options = { name: 'file', path: '/dev/full', format: 'flamegraph', append: false } as const;
    const context = new KeptContext();
    const sink = new FileSink(manifest, everything, options, context);
    await sink.open();
    sink.acceptSnapshot(snapshot(map, 4n));
    await sink.close(100);
    expect(sink.ledger()).toMatchObject({ offered: 1, delivered: 0, waiting: 0 });
    expect(Object.values(sink.ledger().dropped)).toEqual([1]);
  });

  it('is no format for a terminal, nor for a pipeline without stacks', async () => {
    const terminal = { columns: 80, rows: 24 };
    const open = (given: ReturnType<typeof t.testManifest>, shown: typeof terminal | undefined) =>
      new StdoutSink(
        given,
        everything,
        { name: 'stdout', format: 'flamegraph', fd: 1, terminal: shown, unicode: false },
        new KeptContext(),
      ).open();
    await expect(open(t.testManifest([probe]), terminal)).rejects.toThrow('and this is a terminal');
    const plain = t.testProbe('plain', 1, [{ name: 'pid', type: t.u32, size: 4 }]);
    await expect(open(t.testManifest([plain]), undefined)).rejects.toThrow(
      'the format "flamegraph" shows stacks, and here is none',
    );
  });
});
