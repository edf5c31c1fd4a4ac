/** pipelines/runqlat.yaml and runqslower.yaml beside libbpf-tools': the same waits of one process, as many and as long. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('runqlat') || !hasOriginal('runqslower');

/** Waits for a line, then sleeps and works in turns, and waits again. */
const load = 'read x; for i in 1 2 3 4 5 6 7 8; do /bin/true; sleep 0.01; done; echo done; read x';

class Shell {
  private readonly child = spawn('/bin/sh', ['-c', load], { stdio: ['pipe', 'pipe', 'ignore'] });

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async works(): Promise<void> {
    const said = once(this.child.stdout, 'data');
    this.child.stdin.write('go\n');
    await said;
    // It sleeps again when its last switch is over: what it waits for is not told by a pipe.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  async end(): Promise<void> {
    const closed = once(this.child, 'close');
    this.child.stdin.end();
    await closed;
  }
}

type Bucket = Readonly<{ ge: number; count: number }>;

const total = (buckets: readonly Bucket[]) => buckets.reduce((sum, { count }) => sum + count, 0);

/** The place of the bucket that holds the median, as a power of two. */
function median(buckets: readonly Bucket[]): number {
  let seen = 0;
  for (const { ge, count } of buckets) {
    seen += count;
    if (seen * 2 >= total(buckets)) return ge === 0 ? 0 : Math.log2(ge);
  }
  return 0;
}

describe.skipIf(missing)('runqlat and runqslower (need root and libbpf-tools)', () => {
  it('runqlat counts the waits that the original counts', async () => {
    const shell = new Shell();
    const args = ['run', 'pipelines/runqlat.yaml', '--set', `pid=${shell.pid}`, '--format', 'jsonl'];
    const run = await new Probepipe(args).attached();
    const original = await new OriginalTool('runqlat', ['-p', `${shell.pid}`]).attached(/Tracing/);
    await shell.works();
    const theirs = (await original.stop())
      .map((line) => /^\s*(\d+) -> \d+\s*: (\d+)/.exec(line))
      .flatMap((match) => (match ? [{ ge: Number(match[1]), count: Number(match[2]) }] : []));
    const { code, stdout } = await run.stop();
    await shell.end();
    expect(code).toBe(0);
    const [row] = jsonLines(stdout).filter(({ map }) => map === 'usecs');
    const ours = (row?.buckets ?? []) as readonly Bucket[];
    expect(total(ours)).toBe(total(theirs));
    expect(total(ours)).toBeGreaterThanOrEqual(8);
    expect(Math.abs(median(ours) - median(theirs))).toBeLessThanOrEqual(1);
  });

  it('runqslower shows the waits that the original shows', async () => {
    const shell = new Shell();
    const params = ['--set', `pid=${shell.pid}`, '--set', 'min=0s'];
    const run = await new Probepipe(['run', 'pipelines/runqslower.yaml', ...params, '--format', 'jsonl']).attached();
    const original = await new OriginalTool('runqslower', ['-P', '-p', `${shell.pid}`, '1']).attached(/TID/);
    await shell.works();
    // TIME COMM TID LAT(us) PREV-COMM PREV-TID, where names may have spaces.
    const theirs = (await original.stop())
      .map(words)
      .filter(([, , tid]) => tid === `${shell.pid}`)
      .map((line) => ({ comm: line[1], tid: Number(line[2]), us: Number(line[3]), before: Number(line.at(-1)) }));
    const { code, stdout } = await run.stop();
    await shell.end();
    expect(code).toBe(0);
    const ours = jsonLines(stdout).map(({ comm, tid, latency, prev_tid }) => {
      return { comm, tid, us: Number(latency) / 1000, before: prev_tid };
    });
    // The original's least is "more than 1 us", ours here is everything: theirs are among ours in order, and what they lack is short.
    const short: number[] = [];
    let next = 0;
    for (const one of ours) {
      const other = theirs[next];
      if (
        other !== undefined &&
        one.comm === other.comm &&
        one.tid === other.tid &&
        one.before === other.before &&
        Math.abs(one.us - other.us) < 1000
      )
        next++;
      else short.push(one.us);
    }
    expect(next).toBe(theirs.length);
    expect(Math.max(0, ...short)).toBeLessThan(100);
    expect(ours.length).toBeGreaterThanOrEqual(8);
  });
});
