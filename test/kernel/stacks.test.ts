/** Stacks of a program with known functions, exactly counted; on this machine's kernel, and in the guests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';
import { Programs } from '../support/programs.js';

const timeout = 180_000;
const programs = new Programs();
let program = '';

/** Whether it spins after its calls. It lives until its input is closed. */
function start(spins: boolean): ChildProcess {
  return spawn(program, spins ? ['spin'] : [], { stdio: ['pipe', 'ignore', 'inherit'] });
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.stdin?.end();
  await closed;
}

const names = (stack: unknown): string[] =>
  Array.isArray(stack) ? stack.map((frame: unknown) => String(frame).replace(/\+0x[0-9a-f]+$/, '')) : [];

const isLoad = 'where: comm == "stackload"';
const hook = 'tracepoint:syscalls:sys_enter_getppid';
const getppid = process.arch === 'arm64' ? 173 : 110;

describe.skipIf(!isRoot)('stacks (needs root)', () => {
  beforeAll(() => {
    program = programs.compile('clang', 'stacks.c', 'stackload', '-O0', '-fno-omit-frame-pointer', '-pthread');
  });
  afterAll(() => programs.remove());

  it('count exactly as keys, with names of a process that has ended, and with the kernel’s', { timeout }, async () => {
    using work = new Workspace();
    const stats = work.path('stats.json');
    const file = work.file(
      'p.yaml',
      `maps:\n  calls: { value: count, key: { user: ustack, kernel: kstack } }\nprobes:\n  call:\n    attach: tp_btf:sys_enter\n    ${isLoad} and args.id == ${getppid}\n    update:\n      calls[ustack, kstack]: count()\n    fields: [pid, top: ustack(2)]\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats]).attached();
    const load = start(false);
    await expect.poll(() => run.stdout.split('\n').length, { timeout: 120_000 }).toBeGreaterThan(1000);
    await end(load);
    const { code, stdout, stderr } = await run.stop();
    expect([code, stderr]).toEqual([0, expect.stringContaining('nothing lost')]);
    const lines = jsonLines(stdout);
    const rows = lines.filter((line) => line.map === 'calls');
    const through = (caller: string) =>
      rows.filter(({ user }) => names(user).slice(0, 3).join() === `innermost,${caller},main`);
    expect(through('left').map(({ count }) => count)).toEqual([300]);
    expect(through('right').map(({ count }) => count)).toEqual([700]);
    expect(rows).toHaveLength(3);
    for (const { kernel } of rows) expect(names(kernel)).toContain('entry_SYSCALL_64_after_hwframe');
    const deepest = rows.map(({ user }) => names(user)).find((each) => each[1] === 'deeper');
    expect(deepest).toEqual(['innermost', ...Array.from({ length: 126 }, () => 'deeper')]);
    const events = lines.filter((line) => line.probe === 'call');
    expect(events).toHaveLength(1001);
    expect(events.filter(({ top }) => names(top).join() === 'innermost,right')).toHaveLength(700);
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(ledger.imbalances).toEqual([]);
    expect(ledger.probes[0]).toMatchObject({ emitted: 1001, received: 1001, lostStacks: 0 });
  });

  it('are kept from the start of a pair, and as plain values of a map', { timeout }, async () => {
    using work = new Workspace();
    const file = work.file(
      'p.yaml',
      `maps:\n  last: { value: ustack, key: u32 }\nprobes:\n  call:\n    pair:\n      start: ${hook}\n      end: tracepoint:syscalls:sys_exit_getppid\n      key: tid\n      where:\n        start: comm == "stackload"\n    update:\n      last[pid]: start.ustack\n    fields:\n      - user: start.ustack\n      - held: last[pid]\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl']).attached();
    const load = start(false);
    await expect.poll(() => run.stdout.split('\n').length, { timeout: 120_000 }).toBeGreaterThan(1000);
    await end(load);
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const events = lines.filter((line) => line.probe === 'call');
    expect(events.filter(({ user }) => names(user)[1] === 'left')).toHaveLength(300);
    for (const { user, held } of events) expect(held).toEqual(user);
    expect(names(lines.find((line) => line.map === 'last')?.value)[1]).toBe('deeper');
  });

  it('of what runs are caught by profile:', { timeout }, async () => {
    using work = new Workspace();
    const file = work.file(
      'p.yaml',
      `probes:\n  tick:\n    attach: profile:199hz\n    ${isLoad}\n    fields: [user: ustack, kernel: kstack]\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--events', '200']).attached();
    const load = start(true);
    const { code, stdout } = await run.finished;
    await end(load);
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(events).toHaveLength(200);
    const spinning = events.filter(({ user }) => names(user).slice(0, 2).join() === 'spin,main');
    expect(spinning.length).toBeGreaterThan(100);
  });

  it('of page faults are caught by perf:, each once', { timeout }, async () => {
    using work = new Workspace();
    const file = work.file(
      'p.yaml',
      `maps:\n  faults: { value: count, key: ustack }\nprobes:\n  fault:\n    attach: [perf:page-faults:1, profile:1hz]\n    ${isLoad}\n    update:\n      faults[ustack(2)]: count()\n    fields: [pid]\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl']).attached();
    expect(run.stderr).toContain('fault: perf:page-faults:1');
    const load = start(true);
    await expect.poll(() => run.stdout.split('\n').length, { timeout: 120_000 }).toBeGreaterThan(100);
    await end(load);
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const rows = jsonLines(stdout).filter(({ key }) => names(key).join() === 'touch,main');
    const counted = rows.reduce((sum, { count }) => sum + Number(count), 0);
    expect(counted).toBe(100);
  });

  it('whose frames find no room are counted, exactly, and shown as lost', { timeout }, async () => {
    using work = new Workspace();
    const stats = work.path('stats.json');
    const file = work.file(
      'p.yaml',
      `maps:\n  calls: { value: count, key: ustack }\nprobes:\n  flood:\n    attach: tp_btf:sys_enter\n    where: comm == "dd"\n    fields: [pid]\n  call:\n    attach: ${hook}\n    ${isLoad}\n    update:\n      calls[ustack]: count()\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats]).attached();
    process.kill(run.pid, 'SIGSTOP');
    // 800,000 events of 24 bytes, headers included, where 16 MiB hold 700,000.
    execFileSync('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=400000', 'status=none']);
    await end(start(false));
    process.kill(run.pid, 'SIGCONT');
    const { code, stdout, stderr } = await run.stop();
    expect(code).toBe(0);
    expect(stderr).toContain('1001 stacks of "call" had no room in the ring buffer');
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(ledger.imbalances).toEqual([]);
    expect(ledger.probes[1]).toMatchObject({ name: 'call', passed: 1001, lostStacks: 1001 });
    expect(ledger.probes[0]?.ringFull).toBeGreaterThan(0);
    const rows = jsonLines(stdout).filter(({ map }) => map === 'calls');
    expect(rows.map(({ key, count }) => [key, count])).toEqual([
      [null, 700],
      [null, 300],
      [null, 1],
    ]);
  });
});
