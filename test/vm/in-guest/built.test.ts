/** What was built on this machine's own kernel, on another one and without clang. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { jsonLines, Probepipe } from '../../support/probepipe.js';
import { builtPipeline } from '../guest-programs.js';

const timeout = 180_000;
const noClang = { env: { PROBEPIPE_CLANG: '/nonexistent/clang', XDG_CACHE_HOME: '/nonexistent' } };

describe('built pipelines on another kernel', () => {
  it('tcp-connect takes what this kernel has, and counts exactly', { timeout }, async () => {
    const run = await new Probepipe(['run', builtPipeline('tcp-connect'), '--format', 'jsonl'], noClang).attached();
    expect(run.stderr).toContain('connect: fentry:tcp_connect');
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (let made = 0; made < 20; made++) {
      const socket = connect(port, '127.0.0.1');
      socket.resume();
      await once(socket, 'close');
    }
    server.close();
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toContainEqual(expect.objectContaining({ map: 'connects', dport: port, count: 20 }));
  });

  it.each(['opens', 'runqlat'] as const)('%s', { timeout }, async (name) => {
    const run = await new Probepipe(['run', builtPipeline(name), '--format', 'jsonl'], noClang).attached();
    // Opens files, and sleeps and wakes up.
    execFileSync('cat', ['/etc/hostname']);
    const { code, stdout, stderr } = await run.stop();
    expect([code, stderr.includes('nothing lost')]).toEqual([0, true]);
    expect(jsonLines(stdout).length).toBeGreaterThan(0);
  });

  it('one whose hooks are others here is refused', { timeout }, async () => {
    // Newer kernels have a tracepoint for it.
    const { code, stderr } = await new Probepipe(['run', builtPipeline('capable')], noClang).finished;
    expect([code, stderr]).toEqual([4, expect.stringContaining('has no programs for this kernel')]);
  });
});
