/**
 * pipelines/ext4dist.yaml and filetop.yaml where there are no kprobes, which the originals of libbpf-tools need: every
 * call of the test's own is there, with its bytes.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const run = (name: string, ...args: string[]) =>
  new Probepipe(['run', `pipelines/${name}.yaml`, ...args, '--format', 'jsonl']).attached();

/** One open, 3 writes, a sync and 4 reads, of which the last finds nothing. */
function load(): void {
  const folder = mkdtempSync(join(tmpdir(), 'probepipe-files-'));
  const file = openSync(join(folder, 'file'), 'w+');
  for (const at of [0, 1000, 2000]) writeSync(file, Buffer.alloc(1000), 0, 1000, at);
  fsyncSync(file);
  for (const at of [0, 1000, 2000, 3000]) readSync(file, Buffer.alloc(1000), 0, 1000, at);
  closeSync(file);
  rmSync(folder, { recursive: true });
}

describe.skipIf(!isRoot)('files (needs root)', () => {
  it('ext4dist counts each call', async () => {
    const tool = await run('ext4dist', '--pid', String(process.pid), '--set', `type=${fileSystem()}`);
    load();
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    const counts = new Map(
      jsonLines(stdout).map((row) => [String(Object.values(row)[1]).split(':').at(-1), row.count]),
    );
    expect([counts.get('pwrite64'), counts.get('pread64'), counts.get('fsync')]).toEqual([3, 4, 1]);
  });

  it('filetop adds up what was asked for', async () => {
    const tool = await run('filetop', '--pid', String(process.pid));
    load();
    const { code, stdout, stderr } = await tool.stop();
    expect(code, stderr).toBe(0);
    const ours = jsonLines(stdout).filter(({ file }) => file === 'file');
    const sum = (key: string) => ours.reduce((total, row) => total + Number(row[key]), 0);
    expect(['reads', 'writes', 'read_bytes', 'write_bytes'].map(sum)).toEqual([4, 3, 4000, 3000]);
  });
});

/** Of the folder for temporary files. */
function fileSystem(): string {
  return execFileSync('findmnt', ['-n', '-o', 'FSTYPE', '--target', tmpdir()], { encoding: 'utf8' }).trim();
}
