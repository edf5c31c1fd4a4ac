/** A buffer on a disk that gives input/output errors: a loop device with nothing behind most of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { open, serve, taken, takesAll, until } from '../../../test/support/http-sink.js';
import { balanced, NumberedEvents } from '../../../test/support/sinks.js';
import { droppedBy } from '../../events/ledger.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-broken-'));
const disk = join(folder, 'disk');

/** Below it lies memory that is cut to 2 MiB once it is mounted, and sealed so that no write makes it longer again (memfd_create(2), F_SEAL_GROW); prints the loop device. */
const breaking = `
import fcntl, os, subprocess, sys
memory = os.memfd_create('disk', os.MFD_ALLOW_SEALING)
os.ftruncate(memory, 64 << 20)
path = f'/proc/{os.getpid()}/fd/{memory}'
run = lambda *command: subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
run('mke2fs', '-q', '-F', '-t', 'ext2', '-b', '4096', '-N', '64', path)
loop = run('losetup', '--find', '--show', path)
print(loop, flush=True)
run('mount', loop, sys.argv[1])
os.ftruncate(memory, 2 << 20)
F_ADD_SEALS, F_SEAL_GROW = 1033, 4
fcntl.fcntl(memory, F_ADD_SEALS, F_SEAL_GROW)
`;

let loop = '';

/** Whether this host lets the test make such a disk. */
const made = (() => {
  mkdirSync(disk);
  const { status, stdout } = spawnSync('python3', ['-c', breaking, disk], { encoding: 'utf8' });
  loop = stdout.trim();
  if (status !== 0)
    console.warn('skipped: a disk with input/output errors needs mount, mke2fs and loop devices (root)');
  return status === 0;
})();

afterAll(() => {
  spawnSync('umount', ['-l', disk]);
  if (loop !== '') spawnSync('losetup', ['--detach', loop]);
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!made)('a disk buffer whose disk is broken', () => {
  it('counts what it could not keep, says so once, and delivers the rest', async () => {
    const server = await serve(takesAll);
    const { port } = server;
    await server.close();
    const buffer = { disk: join(disk, 'buffer'), maxBytes: 32 * 1024 * 1024, whenFull: 'drop_newest' } as const;
    const { sink, context } = await open(`http://127.0.0.1:${port}`, { buffer, maxEvents: 5000 });
    const events = new NumberedEvents('/some/path/that/is/longer');
    const cause = 'buffer write failed (EIO)';
    for (let batch = 0; batch < 400 && (balanced(sink).dropped[cause] ?? 0) === 0; batch++) {
      sink.accept(events.batch(1000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(balanced(sink).dropped[cause]).toBeGreaterThan(0);
    expect(context.warnings.filter((text) => text.includes('input/output error'))).toHaveLength(1);

    const back = await serve(takesAll, port);
    await until(() => balanced(sink).waiting === 0);
    const ledger = balanced(sink);
    expect(ledger.offered).toBe(events.next);
    expect(ledger.delivered + droppedBy(ledger)).toBe(events.next);
    expect(Object.keys(ledger.dropped)).toEqual([cause]);
    expect(new Set(taken(back)).size).toBe(ledger.delivered);
  });
});
