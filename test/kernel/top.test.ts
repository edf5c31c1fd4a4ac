/** `probepipe top` beside a run, on this machine's kernel. */
import { describe, expect, it } from 'vitest';
import { isRoot, Probepipe, probepipe, Workspace } from '../support/probepipe.js';

const ticks = `
name: top-ticks
probes:
  tick:
    attach: interval:1ms
    fields: [time]
  never:
    attach: interval:1h
    fields: [time]
`;

describe.skipIf(!isRoot)('top (needs root)', () => {
  it('tells the probes of a run, and its programs among those of the kernel, until it ends', async () => {
    using work = new Workspace();
    const run = await new Probepipe(['run', work.file('p.yaml', ticks), '-f', 'jsonl']).attached();
    const args = ['--once', '--interval', '200ms', '-f', 'json'];
    const { probes } = JSON.parse((await probepipe('top', ...args)).stdout);
    const own = probes.filter(({ pid }: { pid: number }) => pid === run.pid);
    expect(own.map(({ pipeline, probe, programs }: Record<string, unknown>) => [pipeline, probe, programs])).toEqual([
      ['top-ticks', 'tick', 1],
      ['top-ticks', 'never', 1],
    ]);
    expect(own[0].runs).toBeGreaterThan(0);
    expect(own[0].nanoseconds).toBeGreaterThan(0);
    expect(own[1]).toMatchObject({ runs: 0, nanoseconds: 0, cpuShare: 0 });
    const { programs } = JSON.parse((await probepipe('top', '--all', ...args)).stdout);
    const held = programs.filter(({ owners }: { owners: { pid: number }[] }) =>
      owners.some(({ pid }) => pid === run.pid),
    );
    expect(held.map(({ probe }: { probe: string }) => probe).sort()).toEqual(['top-ticks/never', 'top-ticks/tick']);
    await run.stop();
    const after = JSON.parse((await probepipe('top', ...args)).stdout);
    expect(after.probes.filter(({ pid }: { pid: number }) => pid === run.pid)).toEqual([]);
  });

  it('ends when its reader leaves', async () => {
    const within = ['sh', '-c', '"$0" "$@" | head -n 1'];
    const { code, stdout } = await new Probepipe(['top', '--all', '--interval', '100ms', '-f', 'json'], { within })
      .finished;
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2);
  });

  it('refuses what it cannot read, and says who may', async () => {
    const wrong = await probepipe('top', '--interval', '5');
    expect(wrong).toMatchObject({
      code: 2,
      stderr: 'probepipe: --interval takes a time from 100ms to 1h, such as 1s or 10s, not "5"\n',
    });
    const within = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
    const { code, stderr } = await new Probepipe(['top', '--once'], { within }).finished;
    expect(code).toBe(4);
    expect(stderr).toContain('top reads the account of all BPF programs, which needs CAP_SYS_ADMIN: run it with sudo');
  });
});
