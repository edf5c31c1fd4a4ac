/** pipelines/bashreadline.yaml beside libbpf-tools' bashreadline: the lines that a shell reads. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';

const missing = !isRoot || !hasOriginal('bashreadline');

describe.skipIf(missing)('bashreadline (needs root and libbpf-tools)', () => {
  it('shows the lines that the original shows', async () => {
    const run = await new Probepipe(['run', 'pipelines/bashreadline.yaml', '--format', 'jsonl']).attached();
    const original = await new OriginalTool('bashreadline').attached(/COMMAND/);
    const lines = ['true one', 'echo "two  words" >/dev/null', ': ünïcode'];
    const { pid } = spawnSync('/bin/bash', ['--norc', '-i'], { input: `${lines.join('\n')}\n` });
    // TIME PID COMMAND: what is typed ends the line.
    const theirs = (await original.stop())
      .map((line) => /^\S+\s+(\d+)\s+(.*)$/.exec(line))
      .filter((match) => match?.[1] === `${pid}`)
      .map((match) => match?.[2]);
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const ours = jsonLines(stdout).filter((event) => event.pid === pid);
    expect(ours.map(({ line }) => line)).toEqual(lines);
    expect(theirs).toEqual(lines);
  });
});
