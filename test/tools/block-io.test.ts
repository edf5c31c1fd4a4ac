/**
 * pipelines/biosnoop.yaml, biostacks.yaml and biopattern.yaml on a disk of the test's own. libbpf-tools' biopattern needs tracepoints alone and runs
 * beside; the other two originals need fentry, so here every request of the load is compared with what was asked for.
 */
import { describe, expect, it } from 'vitest';
import { LoopDevice } from '../support/loop-device.js';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const run = (name: string, ...args: string[]) =>
  new Probepipe(['run', `pipelines/${name}.yaml`, ...args, '--format', 'jsonl']).attached();

describe.skipIf(!isRoot)('block I/O (needs root)', () => {
  it('biosnoop shows each request with who asked for it', async () => {
    using disk = new LoopDevice(1 << 20);
    const tool = await run('biosnoop', '--set', `disk=${disk.name}`);
    const reader = disk.read(2, 5, 8192);
    const writer = disk.write(100, 3, 4096);
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    const ours = jsonLines(stdout).filter(({ pid }) => pid === reader || pid === writer);
    expect(ours.map(({ pid, comm, disk: on, op, sector, bytes }) => [pid, comm, on, op, sector, bytes])).toEqual([
      ...[2, 3, 4, 5, 6].map((block) => [reader, 'dd', disk.name, 'REQ_OP_READ', block * 16, 8192]),
      ...[100, 101, 102].map((block) => [writer, 'dd', disk.name, 'REQ_OP_WRITE', block * 8, 4096]),
    ]);
    for (const { duration } of ours) expect(Number(duration)).toBeGreaterThan(0);
  });

  it('biostacks counts each request under the path that asked for it', async () => {
    using disk = new LoopDevice(1 << 20);
    const tool = await run('biostacks', '--set', `disk=${disk.name}`);
    disk.write(0, 12, 4096);
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    const rows = jsonLines(stdout).filter(
      ({ comm, stack }) => comm === 'dd' && /blkdev_write_iter/.test(String(stack)),
    );
    expect(rows.reduce((sum, { count }) => sum + Number(count), 0)).toBe(12);
    expect(rows.map(({ disk: on }) => on)).toEqual(rows.map(() => disk.name));
  });

  it.skipIf(!hasOriginal('biopattern'))('biopattern tells what the original tells', async () => {
    using disk = new LoopDevice(1 << 20);
    const tool = await run('biopattern');
    // Its one interval is ended by the signal.
    const original = await new OriginalTool('biopattern', ['-d', disk.name, '1000']).linked();
    disk.read(10, 20, 4096);
    for (const block of [200, 50, 90, 7]) disk.read(block, 1, 4096);
    // DISK %RND %SEQ COUNT KBYTES
    const theirs = (await original.stop()).map(words).filter(([name]) => name === disk.name);
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    const rows = jsonLines(stdout).filter(({ name }) => name === disk.name);
    const sum = (key: string) => rows.reduce((total, row) => total + Number(row[key]), 0);
    const count = sum('count');
    const percent = (part: number) => Math.floor((part * 100) / count);
    expect(theirs).toEqual([
      [disk.name, percent(sum('random')), percent(sum('sequential')), count, sum('bytes') / 1024].map(String),
    ]);
    // Nothing to compare the first one with.
    expect([sum('sequential'), sum('random'), sum('bytes')]).toEqual([19, 4, 23 * 4096]);
  });
});
