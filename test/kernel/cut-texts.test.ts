/** Texts longer than what keeps them, on this machine's kernel: each cut is counted, wherever the text goes, and none that just fits. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

const fits = '/nope/12';
const longer = '/nope/123';

const yaml = `
maps:
  keys: { key: { path: string(8) }, value: count }
  values: { key: { tid: u32 }, value: string(8) }
  members: { key: { tid: u32 }, value: { path: string(8), n: count } }
probes:
  event:
    attach: tracepoint:syscalls:sys_enter_openat
    where: pid == ${process.pid}
    fields: [path: "str(args.filename, 8)"]
  key:
    attach: tracepoint:syscalls:sys_enter_openat
    where: pid == ${process.pid}
    update:
      keys[str(args.filename, 8)]: count()
  value:
    attach: tracepoint:syscalls:sys_enter_openat
    where: pid == ${process.pid}
    update:
      values[tid]: str(args.filename, 8)
  member:
    attach: tracepoint:syscalls:sys_enter_openat
    where: pid == ${process.pid}
    update:
      members[tid].path: str(args.filename, 8)
  pair:
    pair:
      start: tracepoint:syscalls:sys_enter_openat
      end: tracepoint:syscalls:sys_exit_openat
      key: tid
      where: { start: pid == ${process.pid}, end: pid == ${process.pid} }
    let:
      path: str(args.filename, 8)
    fields: [path: start.path]
`;

function open(path: string): void {
  expect(() => readFileSync(path)).toThrow('ENOENT');
}

describe.skipIf(!isRoot)('cut texts on this kernel (needs root)', () => {
  it('are counted in events, keys, values, members and what a pair keeps', async () => {
    using work = new Workspace();
    const stats = work.path('stats.json');
    const run = await new Probepipe([
      'run',
      work.file('pipeline.yaml', yaml),
      '--format',
      'jsonl',
      '--stats-file',
      stats,
    ]).attached();
    for (let opened = 0; opened < 5; opened++) open(fits);
    for (let opened = 0; opened < 3; opened++) open(longer);
    const { code, stderr } = await run.stop();
    expect(code, stderr).toBe(0);
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    const cut = ledger.probes.map(({ name, truncatedStrings }) => [name, truncatedStrings]);
    expect(Object.fromEntries(cut)).toEqual({ event: 3, key: 3, value: 3, member: 3, pair: 3 });
  });
});
