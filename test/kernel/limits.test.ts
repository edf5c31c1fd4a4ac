/** `limits: { cpu }` on this machine's kernel, with more system calls than a tiny limit has time for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, Probepipe, Workspace } from '../support/probepipe.js';

const pipeline = (cpu: string): string => `
name: heavy
limits: { cpu: ${cpu}, for: 500ms }
maps:
  calls:
    type: hash
    key: { comm: comm }
    value: count
probes:
  call:
    attach: raw_tracepoint:sys_enter
    update:
      calls[comm]: count()
`;

/** Makes system calls until it is told to stop. */
function busy(): { stop(): void } {
  const child = spawn('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1'], { stdio: 'ignore' });
  return { stop: () => child.kill() };
}

describe.skipIf(!isRoot)('limits (needs root)', () => {
  it('samples, detaches, says so, attaches again, and accounts for all of it', async () => {
    using work = new Workspace();
    const file = work.path('ledger.json');
    const run = await new Probepipe(['run', work.file('p.yaml', pipeline('0.0001%')), '--stats-file', file]).attached();
    const load = busy();
    try {
      await run.says(
        /heavy takes [\d.]+% of a CPU, more than its limit of 0\.0001%: takes one hit in 1024 from now on/,
      );
      await run.says(/more than its limit of 0\.0001%, though sampled: detached for 1 s/);
      await run.says(/attached again, takes one hit in 1024/);
      await run.says(/though sampled: detached for 2 s/);
    } finally {
      load.stop();
    }
    const { code, stderr } = await run.stop();
    expect(code).toBe(0);
    const ledger = JSON.parse(readFileSync(file, 'utf8'));
    const [call] = ledger.probes;
    expect(ledger.imbalances).toEqual([]);
    expect(call.sampledOut).toBeGreaterThan(0);
    expect(call.passed).toBeGreaterThan(0);
    expect(call.hits).toBe(call.sampledOut + call.passed);
    expect(ledger.limited.detachments).toBe(2);
    expect(ledger.limited.sampledMs).toBeGreaterThan(0);
    expect(ledger.limited.detachedMs).toBeGreaterThan(0);
    expect(ledger.limited.sampledMs + ledger.limited.detachedMs).toBeLessThan(ledger.durationMs);
    expect(stderr).toMatch(/the limit: sampled for [\d.]+ s, was detached 2 times for [\d.]+ s, of [\d.]+ s/);
  });

  it('keeps a probe to a limit of its own, and leaves the others exact', async () => {
    using work = new Workspace();
    const file = work.path('ledger.json');
    const both = `${pipeline('0.0001%')
      .replace(/^limits: .*$/m, '')
      .replace('attach:', 'limits: { cpu: 0.0001%, for: 500ms }\n    attach:')}
  read:
    attach: syscall:read
    where: comm == "counted" and args.count == 1
    update:
      calls[comm]: count()
`;
    const run = await new Probepipe(['run', work.file('p.yaml', both), '-f', 'jsonl', '--stats-file', file]).attached();
    const count = 1_000_000;
    copyFileSync('/usr/bin/dd', work.path('counted'));
    const reads = ['if=/dev/zero', 'of=/dev/null', 'bs=1', `count=${count}`];
    const load = spawn(work.path('counted'), reads, { stdio: 'ignore' });
    const ended = once(load, 'exit');
    const others = busy();
    try {
      await run.says(/heavy: the probe "call" takes [\d.]+% of a CPU, .*: takes one hit in 1024 from now on/);
      await run.says(/heavy: the probe "call" takes .*, though sampled: detached for 1 s/);
      await run.says(/heavy: the probe "call" attached again, takes one hit in 1024/);
      others.stop();
      await ended;
    } finally {
      load.kill();
      others.stop();
    }
    const { stderr } = await run.stop();
    const ledger = JSON.parse(readFileSync(file, 'utf8'));
    const [call, read] = ledger.probes;
    expect(ledger.imbalances).toEqual([]);
    expect(ledger.limited).toBeNull();
    expect(call.limited.detachments).toBeGreaterThan(0);
    expect(call.hits).toBe(call.sampledOut + call.passed);
    expect(read).toMatchObject({ sampledOut: 0, missed: 0 });
    expect(read.limited).toBeUndefined();
    expect(read.passed).toBe(count);
    expect(stderr).toMatch(/the limit of "call": sampled for [\d.]+ s, was detached/);
  });

  it('takes all hits again once they cost less', async () => {
    using work = new Workspace();
    const run = await new Probepipe(['run', work.file('p.yaml', pipeline('2%'))]).attached();
    const load = busy();
    try {
      await run.says(/more than its limit of 2%: takes one hit in \d+ from now on/);
    } finally {
      load.stop();
    }
    await run.says(/heavy costs less than its limit again: takes all hits/);
    const { code, stderr } = await run.stop();
    expect(code).toBe(0);
    expect(stderr).toContain('sampled out');
  });

  it('leaves those alone that stay below it', async () => {
    using work = new Workspace();
    const file = work.path('ledger.json');
    const args = ['run', work.file('p.yaml', pipeline('90%')), '--stats-file', file, '-d', '2s'];
    const { code, stderr } = await new Probepipe(args).finished;
    expect(code).toBe(0);
    expect(stderr).not.toContain('limit');
    expect(JSON.parse(readFileSync(file, 'utf8')).limited).toEqual({ detachments: 0, sampledMs: 0, detachedMs: 0 });
  });
});
