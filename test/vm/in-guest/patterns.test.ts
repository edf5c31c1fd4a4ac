/** Patterns over kernel functions: one link for all where the kernel has such links (6.12), one by one elsewhere (6.1), exact either way. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { NativeAddon } from '../../../src/runtime/native-addon.js';
import { jsonLines, Probepipe, Workspace } from '../../support/probepipe.js';

const timeout = 300_000;

async function connections(count: number): Promise<void> {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  for (let made = 0; made < count; made++) {
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    await once(socket, 'close');
  }
  server.close();
}

async function countsOf(hook: string, member = ''): Promise<{ counts: Map<unknown, unknown>; said: string }> {
  using work = new Workspace();
  const value = member === '' ? 'count' : `{ ${member}: count, longest: max }`;
  const yaml = [
    'maps:',
    `  calls: { value: ${value} }`,
    'probes:',
    '  call:',
    `    attach: ${hook}`,
    `    where: pid == ${process.pid}`,
    '    update:',
    ...(member === ''
      ? ['      calls[hook.name]: count()']
      : [`      calls[hook.name].${member}: count()`, '      calls[hook.name].longest: max(duration)']),
    '',
  ].join('\n');
  const run = await new Probepipe(['run', work.file('pipeline.yaml', yaml), '--format', 'jsonl']).attached();
  const said = run.stderr;
  await connections(20);
  const { code, stdout, stderr } = await run.stop();
  expect(code).toBe(0);
  expect(stderr).toContain('nothing lost');
  return { counts: new Map(jsonLines(stdout).map((row) => [row.name, row[member === '' ? 'count' : member]])), said };
}

describe('patterns in the guest', () => {
  it('may be attached by one link on 6.12, and not on 6.1', () => {
    const path = fileURLToPath(new URL('../../../build/Release/probepipe.node', import.meta.url));
    const addon: NativeAddon = createRequire(import.meta.url)(path);
    const refusal = addon.probeAttach({ kind: 'kprobe_multi', function: 'tcp_connect' });
    expect(refusal === undefined).toBe(process.env.PROBEPIPE_GUEST_RELEASE?.startsWith('6.12') === true);
  });

  it.each([
    ['kprobe:tcp_v4_connec*', 'kprobe:tcp_v4_connect'],
    ['"kprobe:tcp_{v4_connect,connect}"', 'kprobe:tcp_connect'],
    ['"fentry:tcp_{v4_connect,connect}"', 'fentry:tcp_v4_connect'],
    ['function:tcp_conn*', 'kprobe:tcp_connect'],
  ])('%s counts each match exactly', { timeout }, async (hook, name) => {
    const { counts, said } = await countsOf(hook);
    expect(said).toMatch(/call: .*, [0-9]+ hooks?/);
    expect(counts.get(name)).toBe(20);
  });

  it('tell calls within calls apart', { timeout }, async () => {
    const { counts } = await countsOf('"call:{tcp_v4_connect,tcp_connect}"', 'n');
    expect([...counts.values()]).toEqual([20, 20]);
  });
});
