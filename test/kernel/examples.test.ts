/** The examples do what their READMEs show. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';

const examples = new URL('../../examples/', import.meta.url);

it('every example has a README that runs it', () => {
  for (const name of readdirSync(examples)) {
    const text = readFileSync(new URL(`${name}/README.md`, examples), 'utf8');
    expect(text).toContain(`probepipe run examples/${name}/pipeline.yaml`);
    expect(text).toContain('nothing lost');
  }
});

describe.skipIf(!isRoot)('examples on this kernel (needs root)', () => {
  it('first-pipeline shows programs as they start, and counts them by parent', async () => {
    const run = await new Probepipe(['run', 'examples/first-pipeline/pipeline.yaml', '--format', 'jsonl']).attached();
    for (let started = 0; started < 3; started++) execFileSync('/bin/true');
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const mine = lines.filter((line) => line.probe === 'exec' && line.ppid === process.pid);
    expect(mine).toHaveLength(3);
    for (const line of mine) expect(line).toMatchObject({ file: '/bin/true', user: 'root' });
    expect(lines).toContainEqual({ map: 'started', parent: process.pid, count: 3 });
  });

  it('slow-calls shows only slow writes, and counts the bytes of all', async () => {
    using work = new Workspace();
    const run = await new Probepipe([
      'run',
      'examples/slow-calls/pipeline.yaml',
      '--set',
      'slow=1h',
      '--format',
      'jsonl',
    ]).attached();
    const file = openSync(work.path('written'), 'w');
    for (let written = 0; written < 10; written++) writeSync(file, 'x'.repeat(1000));
    fsyncSync(file);
    closeSync(file);
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.filter((line) => line.probe === 'slow')).toEqual([]);
    const mine = lines.find(
      (line) => line.map === 'times' && line.comm === readFileSync('/proc/self/comm', 'utf8').trim(),
    );
    expect(Number(mine?.bytes)).toBeGreaterThanOrEqual(10_000);
  });

  it('metrics counts opened files, and tells it to who asks', async () => {
    using work = new Workspace();
    const port = await freePort();
    const yaml = readFileSync(new URL('metrics/pipeline.yaml', examples), 'utf8').replace('9435', String(port));
    const run = await new Probepipe(['run', work.file('pipeline.yaml', yaml)]).attached();
    const comm = readFileSync('/proc/self/comm', 'utf8').trim();
    const failures = async (): Promise<number> => {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(
        page
          .split('\n')
          .find((line) => line.startsWith(`probepipe_files_opens_total{comm="${comm}",result="failed"}`))
          ?.split(' ')
          .at(-1) ?? 0,
      );
    };
    const before = await failures();
    for (let tried = 0; tried < 10; tried++) expect(existsSync(work.path('missing'))).toBe(false);
    for (let tried = 0; tried < 10; tried++) expect(() => openSync(work.path('missing'), 'r')).toThrow('ENOENT');
    expect(await failures()).toBeGreaterThanOrEqual(before + 10);
    expect((await run.stop()).stderr).toContain('nothing lost');
  });
});
