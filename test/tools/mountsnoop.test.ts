/** pipelines/mountsnoop.yaml beside libbpf-tools' mountsnoop: the same calls, with their arguments and errors. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('mountsnoop');

/** In a mount namespace of its own: a file system comes and goes, another is refused. */
const load =
  'mount -i -t tmpfs -o size=64k probepipe-source /mnt && umount -i /mnt; mount -i -t nosuch none /mnt; umount -i /nonexistent/mnt; true';

describe.skipIf(missing)('mountsnoop (needs root and libbpf-tools)', () => {
  it('shows the calls that the original shows', async () => {
    const run = await new Probepipe(['run', 'pipelines/mountsnoop.yaml', '--format', 'jsonl']).attached();
    const original = await new OriginalTool('mountsnoop').attached(/CALL/);
    spawnSync('unshare', ['--mount', 'sh', '-c', load]);
    const lines = (await original.stop()).slice(1);
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const events = jsonLines(stdout).filter(({ comm }) => comm === 'mount' || comm === 'umount');
    const namespace = events.find(({ source }) => source === 'probepipe-source')?.mnt_ns;
    const ours = events.filter(({ mnt_ns }) => mnt_ns === namespace);
    // COMM PID TID MNT_NS mount("source", "target", "type", FLAGS, "data") = 0
    const theirs = lines
      .map((line) => /^(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\w+)\((.*)\) = (.*)$/.exec(line))
      .filter((match) => match?.[4] === `${namespace}` && /^u?mount$/.test(match?.[1] ?? ''));
    expect(
      ours.map(({ comm, pid, tid, error, probe, source, target, type }) => ({
        comm,
        pid,
        tid,
        call: probe,
        result: error ?? '0',
        texts: probe === 'mount' ? [source, target, type] : [target],
      })),
    ).toEqual(
      theirs.map((match) => ({
        comm: match?.[1],
        pid: Number(match?.[2]),
        tid: Number(match?.[3]),
        call: match?.[5],
        result: match?.[7]?.replace(/^-/, ''),
        texts: [...(match?.[6] ?? '').matchAll(/"([^"]*)"/g)].map(([, text]) => text).slice(0, 3),
      })),
    );
    expect(ours.map(({ probe, error }) => [probe, error])).toContainEqual(['umount', 'ENOENT']);
  });
});
