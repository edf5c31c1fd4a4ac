/** pipelines/capable.yaml beside libbpf-tools' capable, which needs kprobes: the same questions of one process. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../../../support/original-tool.js';
import { jsonLines, Probepipe } from '../../../support/probepipe.js';

it.skipIf(!hasOriginal('capable'))('capable shows what the original shows', { timeout: 180_000 }, async () => {
  const run = await new Probepipe(['run', 'pipelines/capable.yaml', '--format', 'jsonl']).attached();
  const original = await new OriginalTool('capable').attached(/CAP/);
  const { pid } = spawnSync('chown', ['1:1', '/run/guest'], { stdio: 'inherit' });
  const lines = await original.stop();
  const { code, stdout } = await run.stop();
  expect(code).toBe(0);
  const ours = jsonLines(stdout).filter((event) => event.pid === pid);
  // TIME UID PID COMM CAP NAME AUDIT VERDICT
  const theirs = lines.map(words).filter((line) => line[2] === `${pid}`);
  expect(ours.length).toBeGreaterThan(0);
  expect(ours.map(({ uid, comm, cap, allowed }) => [uid, comm, cap, allowed])).toEqual(
    theirs.map(([, uid, , comm, , name, , verdict]) => [Number(uid), comm, name, verdict === 'allow']),
  );
});
