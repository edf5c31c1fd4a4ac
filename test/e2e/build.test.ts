/** `build` as a user types it, and what it wrote run where there is no clang. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeBuilt, encodeBuilt } from '../../src/compile/built-file.js';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';

const noClang = { env: { PROBEPIPE_CLANG: '/nonexistent/clang', XDG_CACHE_HOME: '/nonexistent' } };
const pipeline = `name: calls
params:
  wanted: { type: comm, default: none }
maps:
  calls: { key: { comm: comm }, value: count }
probes:
  call:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: comm == param.wanted
    update:
      calls[comm]: count()
`;

async function built(work: Workspace, ...args: readonly string[]): Promise<string> {
  const output = work.path('calls.probepipe');
  const { code, stderr } = await new Probepipe(['build', work.file('calls.yaml', pipeline), '-o', output, ...args])
    .finished;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^wrote .*calls\.probepipe, [0-9]+ KiB\n$/)]);
  return output;
}

const load = ['--', 'bash', '-c', 'for i in 1 2 3 4 5; do echo $PPID; done; exec -a x perl -e "getppid for 1..3"'];

describe.skipIf(!isRoot)('build (needs root)', () => {
  it.each([
    ['as it was built', [], []],
    ['with a value set when it was built', ['--set', 'wanted=perl'], [{ map: 'calls', comm: 'perl', count: 3 }]],
  ])('runs without clang, %s', async (_, args, rows) => {
    using work = new Workspace();
    const output = await built(work, ...args);
    const run = await new Probepipe(['run', output, '--format', 'jsonl', ...load], noClang).finished;
    expect([run.code, jsonLines(run.stdout.replace(/^\d+\n/gm, ''))]).toEqual([0, rows]);
  });

  it('runs without clang with other values, also beyond the kernel that it was built for', async () => {
    using work = new Workspace();
    const output = await built(work, '--set', 'wanted=other');
    const content = decodeBuilt(readFileSync(output));
    if (content === undefined) throw new Error('it is whole');
    const elsewhere = content.variants.map((variant) => ({ ...variant, kernels: ['another kernel'] }));
    writeFileSync(output, encodeBuilt({ ...content, variants: elsewhere }));
    const args = ['run', output, '--format', 'jsonl', '--set', 'wanted=perl'];
    const run = await new Probepipe([...args, ...load], noClang).finished;
    expect([run.code, jsonLines(run.stdout.replace(/^\d+\n/gm, ''))]).toEqual([
      0,
      [{ map: 'calls', comm: 'perl', count: 3 }],
    ]);
  });

  it.each([
    [
      'cut off',
      (bytes: Buffer) => bytes.subarray(0, -1),
      'error[built-damaged]: "FILE" is a built pipeline that is cut off or changed\n  = help: copy it again, or build it again\n',
      3,
    ],
    [
      'of another version',
      (bytes: Buffer) => changed(bytes, { version: '0.0.1' }),
      'was built by probepipe 0.0.1, and this is probepipe',
    ],
    [
      'of another processor',
      (bytes: Buffer) => changed(bytes, { arch: 'riscv64' }),
      'was built for riscv64, and this host is',
    ],
    [
      'without programs for this kernel',
      (bytes: Buffer) => changed(bytes, { programKey: 'others' }),
      'error[built-misfit]: "FILE" has no programs for this kernel: its types make others of this pipeline than those of the kernel that it was built for',
    ],
  ])('refuses one that is %s', async (_, change, message, code = 4) => {
    using work = new Workspace();
    const output = await built(work);
    writeFileSync(output, change(readFileSync(output)));
    const run = await new Probepipe(['run', output], noClang).finished;
    expect([run.code, run.stdout, run.stderr.replaceAll(output, 'FILE')]).toEqual([
      code,
      '',
      expect.stringContaining(message),
    ]);
  });

  it('is checked and explained as the pipeline that it was built from', async () => {
    using work = new Workspace();
    const output = await built(work);
    const explained = await new Probepipe(['explain', output]).finished;
    expect(explained).toEqual(await new Probepipe(['explain', work.path('calls.yaml')]).finished);
    expect(explained.stdout).toContain('map calls: hash');
  });
});

function changed(
  bytes: Buffer,
  { programKey, ...header }: { readonly version?: string; readonly arch?: string; readonly programKey?: string },
): Uint8Array {
  const content = decodeBuilt(bytes);
  if (content === undefined) throw new Error('it is whole');
  const variants = content.variants.map((variant) =>
    programKey === undefined ? variant : { ...variant, programKey, kernels: ['another'] },
  );
  return encodeBuilt({ ...content, ...header, variants });
}
