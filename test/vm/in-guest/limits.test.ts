/** `limits: { cpu }` on other kernels: what programs look at for it is loaded there, and kprobes are detached and attached again. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Probepipe, Workspace } from '../../support/probepipe.js';

const pipeline = `
name: heavy
limits: { cpu: 0.0001%, for: 500ms }
maps:
  reads:
    type: hash
    key: { comm: comm }
    value: count
probes:
  read:
    attach: kprobe:vfs_read
    update:
      reads[comm]: count()
  call:
    attach: syscall:write
    where: duration > 0
    fields: [pid]
    rate_limit: 1
`;

describe('limits', () => {
  it('samples, detaches, attaches again', { timeout: 180_000 }, async () => {
    using work = new Workspace();
    const file = work.path('ledger.json');
    const args = ['run', work.file('p.yaml', pipeline), '-f', 'jsonl', '--stats-file', file];
    const run = await new Probepipe(args).attached();
    const load = spawn('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1'], { stdio: 'ignore' });
    try {
      await run.says(
        /heavy takes [\d.]+% of a CPU, more than its limit of 0\.0001%: takes one hit in 1024 from now on/,
      );
      await run.says(/though sampled: detached for 1 s/);
      await run.says(/attached again, takes one hit in 1024/);
    } finally {
      load.kill();
    }
    const { code } = await run.stop();
    expect(code).toBe(0);
    const ledger = JSON.parse(readFileSync(file, 'utf8'));
    expect(ledger.imbalances).toEqual([]);
    for (const { sampledOut } of ledger.probes) expect(sampledOut).toBeGreaterThan(0);
    expect(ledger.limited.detachments).toBeGreaterThan(0);
  });
});
