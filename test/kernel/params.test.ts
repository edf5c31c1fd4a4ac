/** What params decide before anything is attached. */
import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { isRoot, Probepipe, Workspace } from '../support/probepipe.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const file = (): string =>
  workspace.file(
    'ruled-out.yaml',
    `params:
  reads: { type: bool, default: false }
  least: { type: u32, default: 0 }
  writes: { type: bool, default: true }
probes:
  read:
    attach: tracepoint:syscalls:sys_enter_read
    where: pid > 0 and param.reads and param.least < 10
    fields: [pid]
  write:
    pair:
      start: [[tracepoint:syscalls:sys_enter_write, tracepoint:syscalls:sys_enter_writev]]
      end: tracepoint:syscalls:sys_exit_write
      key: tid
      where:
        start: if(hook.name == "tracepoint:syscalls:sys_enter_writev", not param.writes, param.writes)
    fields: [pid]
`,
  );

const programsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => descriptorOf(pid, fd).includes('bpf-prog')).length;

function descriptorOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    // The folder itself was open while it was read.
    return '';
  }
}

describe.skipIf(!isRoot)('programs that params rule out (needs root)', () => {
  it.each([
    ['all by default', [], 1, 2],
    ['another probe asked for', ['--set', 'reads=true'], 2, 3],
    ['a number that rules it out', ['--set', 'reads=true', '--set', 'least=10'], 1, 2],
    ['the other start', ['--set', 'writes=false'], 1, 2],
  ])('are not attached: %s', async (_, options, probes, programs) => {
    const run = new Probepipe(['run', file(), '--format', 'jsonl', '-v', ...options]);
    await run.attached();
    const loaded = programsOf(run.pid);
    const { stderr, code } = await run.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(new RegExp(`attached ${probes} probes? in`));
    expect(loaded).toBe(programs);
  });

  it('are told of where none is left', async () => {
    const only = workspace.file(
      'none-left.yaml',
      'params: { on: { type: bool, default: false } }\nprobes: { p: { attach: tracepoint:syscalls:sys_enter_read, where: param.on, fields: [pid] } }\n',
    );
    const { code, stderr } = await new Probepipe(['run', only]).finished;
    expect(code).toBe(3);
    expect(stderr).toContain('error[param-value]: with these params no probe would see anything');
    expect(stderr).toContain('set a param by --set NAME=VALUE');
  });
});
