import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleOf } from './cached-pipeline.js';
import { nodeHost } from './host-node.js';
import { checkSource } from './pipeline.js';

const host = nodeHost();
const missing = !existsSync('/sys/kernel/btf/vmlinux') || host.findProgram('clang') === undefined;

/** Whether a second start takes the bundle of the first, and what both tell. */
async function twice(attach: string, field = 'pid'): Promise<{ kept: boolean; told: readonly string[][] }> {
  const cache = mkdtempSync(join(tmpdir(), 'probepipe-cached-'));
  const source = { name: 'p.yaml', text: `probes:\n  p:\n    attach: ${attach}\n    fields: [${field}]\n` };
  try {
    const env = { ...host.env, XDG_CACHE_HOME: cache };
    const first = await bundleOf(source, { ...host, env }, { sets: [] });
    // Without a clang only what was kept can be had.
    const second = await bundleOf(source, { ...host, env, findProgram: () => undefined }, { sets: [] });
    const told = [first, second].map(({ diagnostics }) => diagnostics.map(({ code }) => code));
    return { kept: second.output !== undefined && told[1]?.length === 0, told };
  } finally {
    rmSync(cache, { recursive: true });
  }
}

describe.skipIf(missing)('bundleOf (needs kernel types and clang)', () => {
  it('keeps a pipeline', async () => {
    expect(await twice('tp_btf:sched_switch')).toEqual({ kept: true, told: [[], []] });
  });

  it('keeps one with an alternative for other kernels, of which only lint tells', async () => {
    const attach = '[tp_btf:no_such_event, tp_btf:sched_switch]';
    expect(await twice(attach)).toEqual({ kept: true, told: [[], []] });
    const text = `probes:\n  p:\n    attach: ${attach}\n    fields: [pid]\n`;
    const { diagnostics } = checkSource({ name: 'p.yaml', text }, host, { sets: [] });
    expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['note hook-not-found']);
  });

  it('tells again what it remarked of the text', async () => {
    const { told } = await twice('tp_btf:sched_process_exec', 'file: args.bprm.filename');
    expect(told[0]).toEqual(['text-address']);
    expect(told[1]).toContain('text-address');
  });
});
