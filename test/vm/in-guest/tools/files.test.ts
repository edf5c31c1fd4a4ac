/** pipelines/vfsstat.yaml and filetop.yaml where the kernel has kprobes; filetop beside libbpf-tools' filetop: the same calls and bytes of one file. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { beside, timeout } from './beside.js';

/** On the guest's tmpfs. */
function load(): void {
  const folder = mkdtempSync('/run/guest/files-');
  const path = join(folder, 'compared');
  const file = openSync(path, 'w+');
  for (const at of [0, 4096, 8192]) writeSync(file, Buffer.alloc(4096), 0, 4096, at);
  for (let sync = 0; sync < 7; sync++) fsyncSync(file);
  for (const at of [0, 4096, 8192, 12288]) readSync(file, Buffer.alloc(4096), 0, 4096, at);
  closeSync(file);
  for (const name of ['a', 'b', 'c']) mkdirSync(join(folder, name));
  for (const name of ['a', 'b', 'c']) rmdirSync(join(folder, name));
  unlinkSync(path);
  rmSync(folder, { recursive: true });
}

it('filetop tells what the original tells', { timeout }, async () => {
  // Its one interval is ended by the signal.
  const originals = [{ options: ['-C', '-r', '1000', '1000'], ready: 2 }];
  const { ours, theirs, stderr } = await beside('filetop', [], originals, async () => load());
  expect(stderr).toContain('read: fentry:vfs_read');
  const rows = ours.filter(({ file }) => file === 'compared');
  const sum = (key: string) => rows.reduce((total, row) => total + Number(row[key]), 0);
  const figures = [sum('reads'), sum('writes'), sum('read_bytes') / 1024, sum('write_bytes') / 1024];
  // TID COMM READS WRITES R_Kb W_Kb T FILE
  const lines = (theirs[0] ?? []).filter((line) => line.at(-1) === 'compared');
  expect(lines.map((line) => line.slice(-6, -2).map(Number))).toEqual([figures]);
  expect(figures).toEqual([4, 3, 16, 12]);
});

it('vfsstat counts each call', { timeout }, async () => {
  const { ours } = await beside('vfsstat', [], [], async () => load());
  const sum = (name: string) =>
    ours
      .filter((row) => Object.values(row).some((value) => String(value).endsWith(`:${name}`)))
      .reduce((total, { count }) => total + Number(count), 0);
  expect(sum('vfs_fsync_range')).toBe(7);
  // Others call these, too.
  expect(sum('vfs_read')).toBeGreaterThanOrEqual(4);
  expect(sum('vfs_write')).toBeGreaterThanOrEqual(3);
  expect(sum('vfs_mkdir')).toBeGreaterThanOrEqual(4);
});
