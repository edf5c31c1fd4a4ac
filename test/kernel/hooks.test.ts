/** Hooks on this machine's kernel, each truly firing. Kprobes and fentry, which it may lack, are tried in the guests (test/vm/in-guest). */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

interface Outcome {
  readonly lines: Record<string, unknown>[];
  readonly ledger: Ledger;
}

async function outcome(yaml: string, load: () => unknown, ...args: string[]): Promise<Outcome> {
  using work = new Workspace();
  const stats = work.path('stats.json');
  const file = work.file('pipeline.yaml', yaml);
  const run = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats, ...args]).attached();
  await load();
  const { code, stdout, stderr } = await run.stop();
  expect([code, stderr.includes('does not add up')]).toEqual([0, false]);
  return { lines: jsonLines(stdout), ledger: JSON.parse(readFileSync(stats, 'utf8')) };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** A process of its own, so that its events can be told apart. */
const shell = (text: string): string => execFileSync('/bin/sh', ['-c', text], { encoding: 'utf8' });

describe.skipIf(!isRoot)('hooks on this kernel (needs root)', () => {
  it('tracepoint: reads its record, dynamic strings included', async () => {
    const { lines } = await outcome(
      'probes:\n  exec:\n    attach: tracepoint:sched:sched_process_exec\n    fields: [pid, ppid, file: str(args.filename), same: args.pid as u32 == pid, user: user(uid)]\n',
      () => shell('/bin/true'),
    );
    expect(lines).toContainEqual(expect.objectContaining({ file: '/bin/true', same: true, user: 'root' }));
    expect(lines).toContainEqual(expect.objectContaining({ file: '/bin/sh', ppid: process.pid }));
  });

  it.each(['tp_btf', 'raw_tracepoint'])('%s: reads typed arguments', async (kind) => {
    const { lines } = await outcome(
      `probes:\n  exec:\n    attach: ${kind}:sched_process_exec\n    fields: [pid, tgid: args.p.tgid, file: str(args.bprm.filename), name: args.p.comm]\n`,
      () => shell('/bin/true'),
    );
    const event = lines.find((line) => line.file === '/bin/true');
    expect(event?.tgid).toBe(event?.pid);
    expect(event?.name).toBe('true');
  });

  it('syscall: has arguments, return value and duration together, and leaves out what the kernel lacks', async () => {
    const { lines } = await outcome(
      'probes:\n  sleep:\n    attach: syscall:{clock_nanosleep,no_such_call}\n    where: duration >= 50ms\n    fields: [comm, retval, duration, seconds: (args.rqtp as user struct __kernel_timespec).tv_sec]\n',
      () => shell('sleep 0.06'),
    );
    const mine = lines.filter((line) => line.comm === 'sleep');
    expect(mine).toHaveLength(1);
    expect(mine[0]).toMatchObject({ retval: 0, seconds: 0 });
    expect(mine[0]?.duration).toBeGreaterThan(50_000_000);
  });

  it('ucall: keeps arguments by signature until the return', async () => {
    const { lines, ledger } = await outcome(
      'probes:\n  env:\n    attach: ucall:libc:getenv\n    signature: "(name: char *) -> char *"\n    where: comm == "bash"\n    fields:\n      - name: str(args.name, 32)\n      - found: retval != 0\n      - duration\n',
      () => execFileSync('/bin/bash', ['-c', ':'], { env: { TERM: 'probepipe' } }),
    );
    expect(lines.length).toBeGreaterThan(0);
    expect(ledger.probes[0]?.faultedReads).toBe(0);
    for (const line of lines) expect(typeof line.name).toBe('string');
  });

  it('ucall: tells the calls of a function that calls itself apart', async () => {
    using work = new Workspace();
    const binary = work.path('recursive');
    const text =
      '__attribute__((noinline)) int down(int n) { int r = n == 0 ? 0 : down(n - 1) + 1; __asm__ volatile("" : "+r"(r)); return r; }\nint main(void) { int sum = 0; for (int i = 0; i < 10; i++) sum += down(5); return sum != 50; }\n';
    execFileSync('cc', ['-O1', '-o', binary, work.file('recursive.c', text)]);
    const { lines, ledger } = await outcome(
      `probes:\n  down:\n    attach: ucall:${binary}:down\n    signature: "(n: int) -> int"\n    fields: [n: args.n, retval, duration]\n`,
      () => execFileSync(binary),
    );
    expect(lines).toHaveLength(60);
    expect(lines.every(({ n, retval }) => n === retval)).toBe(true);
    expect(lines.filter(({ n }) => n === 3)).toHaveLength(10);
    // The deepest call of a descent is the shortest.
    expect(Number(lines[0]?.duration)).toBeLessThan(Number(lines[5]?.duration));
    expect(ledger.probes[0]).toMatchObject({ started: 60, restarted: 0, unmatched: 0, inProgress: 0 });
  });

  it('pair: joins by several parts, and keeps texts from the start', async () => {
    const { lines, ledger } = await outcome(
      `probes:
  life:
    pair:
      start: tracepoint:sched:sched_process_exec
      end: tracepoint:sched:sched_process_exit
      key: [pid, args.pid as u32]
      where: { end: pid == tid }
    let: { file: "str(args.filename, 1000)" }
    fields: [file: start.file, name: start.comm, duration]
`,
      () => shell('/bin/true; /bin/true'),
    );
    const mine = lines.filter(({ file }) => file === '/bin/true');
    expect(mine).toHaveLength(2);
    expect(mine.every(({ name }) => name === 'true')).toBe(true);
    expect(ledger.probes[0]).toMatchObject({ scratchBusy: 0, restarted: 0 });
  });

  it('all probes of a run begin and end at the same moments', async () => {
    const probe = (name: string) =>
      `  ${name}:\n    attach: syscall:getppid\n    where: comm == "perl" and duration < 1h\n    update:\n      calls[probe]: count()\n`;
    const busy = spawn('perl', ['-e', '1 while getppid();'], { stdio: 'ignore' });
    try {
      const { ledger } = await outcome(
        `maps:\n  calls: { value: count }\nprobes:\n${probe('first')}${probe('second')}${probe('third')}`,
        () => sleep(300),
      );
      const started = ledger.probes.map((each) => each.started ?? 0);
      // Each reads the switch at its own moment, so one call may lie between.
      expect(Math.min(...started)).toBeGreaterThan(1000);
      expect(Math.max(...started) - Math.min(...started)).toBeLessThanOrEqual(1);
      expect(ledger.probes.map((each) => each.restarted)).toEqual([0, 0, 0]);
    } finally {
      busy.kill();
    }
  });

  it('uprobe: without a signature numbers the arguments', async () => {
    const { lines } = await outcome(
      'probes:\n  exit:\n    attach: uprobe:libc:exit\n    fields: [comm, status: args.0 as i32]\n',
      () => shell('/bin/true'),
    );
    expect(lines).toContainEqual({ probe: 'exit', comm: 'true', status: 0 });
  });

  it('uretprobe: has the return value', async () => {
    const { lines } = await outcome(
      'probes:\n  id:\n    attach: uretprobe:libc:getuid\n    signature: "() -> unsigned int"\n    where: comm == "id"\n    fields: [retval]\n',
      () => shell('id > /dev/null'),
    );
    expect(lines.map((line) => line.retval)).toContain(0);
  });

  it('interval: runs in time', async () => {
    const { lines } = await outcome('probes:\n  tick:\n    attach: interval:50ms\n    fields: [now]\n', () =>
      sleep(600),
    );
    const times = lines.map((line) => Number(line.now));
    expect(times.length).toBeGreaterThanOrEqual(8);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const middle = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
    expect(Math.round(middle / 10_000_000)).toBe(5);
  });

  it('pair: joins two hooks, keeps values of the start, and accounts for every start', async () => {
    const { lines, ledger } = await outcome(
      [
        'probes:',
        '  life:',
        '    pair:',
        '      start: tp_btf:sched_process_exec',
        '      end: tp_btf:sched_process_exit',
        '      key: pid',
        '      where: { end: args.p.pid == args.p.tgid }',
        '    fields: [pid, file: start.comm, duration]',
        '',
      ].join('\n'),
      () => shell('sleep 0.05; true'),
    );
    const slept = lines.find((line) => line.file === 'sleep');
    expect(slept?.duration).toBeGreaterThan(50_000_000);
    const [life] = ledger.probes;
    expect(life?.emitted).toBe(lines.length);
    expect((life?.started ?? 0) - (life?.restarted ?? 0) - lines.length).toBeGreaterThanOrEqual(0);
  });

  it('pair: gives up starts older than the ttl, and counts them', async () => {
    const { ledger } = await outcome(
      [
        'probes:',
        '  life:',
        '    pair:',
        '      start: tp_btf:sched_process_exec',
        '      end: tp_btf:sched_process_exit',
        '      key: pid',
        '      ttl: 100ms',
        '    where: comm == "sleep"',
        '    fields: [pid, duration]',
        '',
      ].join('\n'),
      () => shell('sleep 0.4'),
    );
    const [life] = ledger.probes;
    expect((life?.expired ?? 0) + (life?.givenUp ?? 0)).toBeGreaterThan(0);
    const ended = (life?.filtered ?? 0) + (life?.passed ?? 0) + (life?.expired ?? 0) + (life?.ringFull ?? 0);
    expect(life?.started).toBe(ended + (life?.restarted ?? 0) + (life?.givenUp ?? 0) + (life?.inProgress ?? 0));
    expect(ledger.probes[0]?.emitted).toBe(0);
  });

  it('attach: a list of hooks attaches to all of them, and hook.name tells which', async () => {
    const { lines } = await outcome(
      'probes:\n  life:\n    attach:\n      - [tp_btf:sched_process_exec, tp_btf:sched_process_exit]\n    where: comm == "true"\n    fields: [what: hook.name]\n',
      () => shell('/bin/true'),
    );
    expect(new Set(lines.map((line) => line.what))).toEqual(
      new Set(['tp_btf:sched_process_exec', 'tp_btf:sched_process_exit']),
    );
  });

  it('--events ends after exactly so many', async () => {
    using work = new Workspace();
    const file = work.file('pipeline.yaml', 'probes:\n  tick:\n    attach: interval:5ms\n    fields: [now]\n');
    const { code, stdout } = await new Probepipe(['run', file, '--events', '7', '--format', 'jsonl']).finished;
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toHaveLength(7);
  });

  it('--duration ends in time', async () => {
    using work = new Workspace();
    const file = work.file('pipeline.yaml', 'probes:\n  tick:\n    attach: interval:50ms\n    fields: [now]\n');
    const { code, stdout } = await new Probepipe(['run', file, '--duration', '300ms', '--format', 'jsonl']).finished;
    expect(code).toBe(0);
    expect(jsonLines(stdout).length).toBeGreaterThan(0);
  });
});
