/** `self`: the reading process told from all others, also where its process ids are those of a namespace. */
import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Workspace } from '../support/probepipe.js';

const command = fileURLToPath(new URL('../../bin/probepipe', import.meta.url));
const pipeline = `
maps:
  writes: { key: { pid: u32, comm: comm, own: bool }, value: count }
probes:
  write:
    attach: tracepoint:syscalls:sys_enter_write
    update:
      writes[pid, comm, self]: count()
  other:
    attach: tracepoint:syscalls:sys_enter_write
    where: not self
    update:
      writes[pid, comm, false]: count()
`;

describe.skipIf(!isRoot)('self (needs root)', () => {
  it.each([
    ['in the first pid namespace', []],
    ['in a pid namespace of its own', ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']],
  ])('%s', async (_, before: readonly string[]) => {
    using work = new Workspace();
    const [first = '', ...args] = [
      ...before,
      process.execPath,
      command,
      'run',
      work.file('pipeline.yaml', pipeline),
      '--format',
      'jsonl',
      '--duration',
      '1s',
    ];
    const child = spawn(first, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const attached = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        if (stderr.includes('attached')) resolve();
      });
    });
    const code = new Promise((resolve) => child.on('close', resolve));
    await attached;
    execFileSync('bash', [
      '-c',
      'echo -n ppwriter > /proc/self/comm; for i in 1 2 3 4 5 6 7; do echo $i; done > /dev/null',
    ]);
    expect([await code, stderr.includes('does not add up')]).toEqual([0, false]);
    const rows = jsonLines(stdout);
    const own = rows.filter((row) => row.own === true);
    // It says that it has attached, which is a write of its own.
    expect(own).toHaveLength(1);
    if (before.length === 0) expect(own[0]?.pid).toBe(child.pid);
    expect(rows.filter(({ pid }) => pid === own[0]?.pid)).toHaveLength(1);
    // Both probes saw the others' writes.
    expect(rows.filter(({ comm }) => comm === 'ppwriter').map(({ own, count }) => [own, count])).toEqual([[false, 14]]);
  });
});
