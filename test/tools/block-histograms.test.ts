/** Pipelines of block I/O beside libbpf-tools' originals, on a disk of the test's own, past the page cache: the same requests. */
import { expect, it } from 'vitest';
import { LoopDevice } from '../support/loop-device.js';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

type Row = Readonly<Record<string, unknown>>;

type Slots = readonly (readonly [ge: number, count: number])[];

/** Of histograms put together. */
function slotsOf(rows: readonly Row[]): Slots {
  const slots = new Map<number, number>();
  for (const { buckets } of rows)
    if (Array.isArray(buckets)) for (const { ge, count } of buckets) slots.set(ge, (slots.get(ge) ?? 0) + count);
  return [...slots].sort(([a], [b]) => a - b);
}

/** Lines such as `64 -> 127 : 20 |****|`, those of nothing left out. */
const theirSlots = (lines: readonly string[]): Slots =>
  lines
    .map(words)
    .flatMap(([ge, arrow, , , count]): [number, number][] =>
      arrow === '->' && Number(count) > 0 ? [[Number(ge), Number(count)]] : [],
    );

const total = (slots: Slots): number => slots.reduce((sum, [, count]) => sum + count, 0);

function median(slots: Slots): number {
  let seen = 0;
  for (const [ge, count] of slots) {
    seen += count;
    if (seen * 2 >= total(slots)) return ge;
  }
  return 0;
}

async function rowsOf(name: string, sets: readonly string[], load: () => Promise<void>): Promise<Row[]> {
  const args = sets.flatMap((set) => ['--set', set]);
  const run = await new Probepipe(['run', `pipelines/${name}.yaml`, '--format', 'jsonl', ...args]).attached();
  await load();
  const { code, stdout, stderr } = await run.stop();
  expect([code, stderr.includes('nothing lost')], stderr).toEqual([0, true]);
  return jsonLines(stdout);
}

function theirs(name: string, options: readonly string[], ready: RegExp) {
  return new OriginalTool(name, options).attached(ready);
}

it.skipIf(!isRoot || !hasOriginal('bitesize'))('bitesize draws the histogram of the original', async () => {
  using disk = new LoopDevice(1 << 24);
  let lines: readonly string[] = [];
  const rows = await rowsOf('bitesize', ['name=dd'], async () => {
    const original = await theirs('bitesize', ['-c', 'dd'], /Tracing/);
    disk.write(0, 20, 65536);
    disk.read(0, 10, 4096);
    disk.write(0, 5, 262_144);
    lines = await original.stop();
  });
  // dd may have been read from its own disk besides.
  expect(total(theirSlots(lines))).toBeGreaterThanOrEqual(35);
  expect(slotsOf(rows)).toEqual(theirSlots(lines));
});

it.skipIf(!isRoot || !hasOriginal('biolatency'))(
  'biolatency counts the requests of the original, to within a bucket',
  async () => {
    using disk = new LoopDevice(1 << 24);
    let lines: readonly string[] = [];
    const rows = await rowsOf('biolatency', [`disk=${disk.name}`], async () => {
      const original = await theirs('biolatency', ['-d', disk.name], /Tracing/);
      disk.write(0, 30, 65536);
      disk.read(0, 20, 4096);
      lines = await original.stop();
    });
    const [ours, original] = [slotsOf(rows), theirSlots(lines)];
    expect([total(ours), total(original)]).toEqual([50, 50]);
    // Each takes its own times, a little apart.
    expect(Math.abs(Math.log2(median(ours) / median(original)))).toBeLessThanOrEqual(1);
  },
);
