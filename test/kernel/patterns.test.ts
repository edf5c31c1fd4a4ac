/** Patterns on this machine's kernel: what they match fires, is counted exactly, and is told apart. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';

async function rows(yaml: string, load: () => unknown): Promise<{ lines: Record<string, unknown>[]; said: string }> {
  using work = new Workspace();
  const run = await new Probepipe(['run', work.file('pipeline.yaml', yaml), '--format', 'jsonl']).attached();
  const said = run.stderr;
  load();
  const { code, stdout } = await run.stop();
  expect(code).toBe(0);
  return { lines: jsonLines(stdout), said };
}

/** Processes of one name, each making the same system calls. */
const trues = (count: number): void => {
  for (let made = 0; made < count; made++) execFileSync('/bin/true');
};

describe.skipIf(!isRoot)('patterns on this kernel (needs root)', () => {
  it('are told apart by name, over tracepoints, in one map', async () => {
    const { lines, said } = await rows(
      [
        'maps:',
        '  calls: { value: count }',
        'probes:',
        '  lives:',
        '    attach: tracepoint:sched:sched_process_ex{ec,it}',
        '    where: comm == "true"',
        '    update:',
        '      calls[hook.name]: count()',
        '  typed:',
        '    attach: tp_btf:sched_process_ex*',
        '    where: comm == "true"',
        '    update:',
        '      calls[hook.name]: count()',
        '',
      ].join('\n'),
      () => trues(7),
    );
    expect(said).toMatch(/lives: tracepoint:sched:sched_process_ex\{ec,it\}, 2 hooks/);
    const counts = new Map(lines.map(({ name, count }) => [name, count]));
    expect(counts).toEqual(
      new Map([
        ['tracepoint:sched:sched_process_exec', 7],
        ['tracepoint:sched:sched_process_exit', 7],
        ['tp_btf:sched_process_exec', 7],
        ['tp_btf:sched_process_exit', 7],
      ]),
    );
  });

  it('take arguments from different places', async () => {
    const { lines } = await rows(
      'probes:\n  open:\n    attach: syscall:open{at,at2}*\n    where: comm == "true"\n    fields:\n      - hook: hook.name\n      - path: str(args.filename)\n',
      () => trues(3),
    );
    const opened = lines.filter(({ path }) => path === '/etc/ld.so.cache');
    expect(opened).toHaveLength(3);
    for (const { hook } of opened) expect(hook).toBe('syscall:openat');
  });

  it('count functions of a library exactly, calls within calls included', async () => {
    const { lines, said } = await rows(
      [
        'maps:',
        '  calls: { value: { entered: count, returned: count } }',
        'probes:',
        '  entries:',
        '    attach: uprobe:libc:{getpid,get*id}',
        '    where: comm == "id"',
        '    update:',
        '      calls[hook.name].entered: count()',
        '  returns:',
        '    attach: ucall:libc:get*id',
        '    where: comm == "id" and duration >= 0ns',
        '    update:',
        '      calls[hook.name].returned: count()',
        '',
      ].join('\n'),
      () => {
        for (let made = 0; made < 5; made++) execFileSync('/usr/bin/id', ['-u']);
      },
    );
    expect(said).toMatch(/entries: uprobe:libc:\{getpid,get\*id\}, [0-9]+ hooks/);
    const entered = lines.find(({ name }) => name === 'uprobe:libc:geteuid');
    const returned = lines.find(({ name }) => name === 'ucall:libc:geteuid');
    expect(entered?.entered).toBe(5);
    expect(returned?.returned).toBe(5);
  });
});
