/** Ten thousand connections that stay open: every request is told of, in little memory. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import { node, startServer } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const connections = 10_000;
const mostMebibytes = 200;

/** Peak and present, in MiB: proc(5). Rings are mapped twice in a row, so that what goes around the end is read in one piece; their pages count once here. */
function residentOf(pid: number): { peak: number; now: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  const rings = readFileSync(`/proc/${pid}/smaps`, 'utf8').matchAll(/ anon_inode:bpf-map\n(?:.*\n)*?Rss:\s+(\d+) kB/g);
  const twice = [...rings].reduce((sum, [, size]) => sum + Number(size), 0) / 2;
  return { peak: (kibibytes('VmHWM') - twice) / 1024, now: (kibibytes('VmRSS') - twice) / 1024 };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.off('error', reject)));
    socket.once('error', reject);
  });
}

/** One request, until all of its answer is there. */
function ask(socket: Socket, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.once('error', reject);
    socket.on('data', function more(bytes: Buffer) {
      answer += bytes.toString('latin1');
      if (!answer.endsWith('answer\n')) return;
      socket.off('data', more).off('error', reject);
      resolve();
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: many\r\n\r\n`);
  });
}

async function inTurns(count: number, together: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: together }, worker));
}

describe.skipIf(!isRoot)('ten thousand open connections (needs root)', () => {
  it('are followed on both sides in less than 200 MiB', async () => {
    const port = await freePort();
    const server = await startServer(port, node(port));
    onTestFinished(() => server.stop());
    const yaml = ['server', 'client'].map(
      (side) =>
        `  ${side}: { attach: http:${side}, http: { ports: [${port}] }, fields: [path, status, user_agent, service] }\n`,
    );
    const file = workspace.file(
      'many.yaml',
      `probes:\n${yaml.join('')}sinks: [file: { path: ${workspace.path('out.jsonl')} }]\n`,
    );
    const run = new Probepipe(['run', file]);
    onTestFinished(async () => void (await run.stop()));
    await run.attached();
    const atStart = residentOf(run.pid);

    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await inTurns(connections, 100, async (index) => {
      const socket = await open(port);
      sockets[index] = socket;
      await ask(socket, `/fast/${index}`);
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const idle = residentOf(run.pid);
    // Each is still known for what it is, though it was quiet.
    await inTurns(connections, 100, async (index) => {
      const socket = sockets[index];
      if (socket !== undefined) await ask(socket, `/missing/${index}`);
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { peak, now } = residentOf(run.pid);
    console.log(
      `resident: ${[atStart.now, idle.now, now].map(Math.round).join(', ')} MiB; peak ${Math.round(peak)} MiB`,
    );
    expect(peak).toBeLessThan(mostMebibytes);

    const { stderr } = await run.stop();
    expect(stderr).toContain('nothing lost');
    const seen = jsonLines(readFileSync(workspace.path('out.jsonl'), 'utf8'));
    for (const side of ['server', 'client']) {
      const lines = seen.filter(({ probe }) => probe === side);
      expect(lines).toHaveLength(2 * connections);
      expect(new Set(lines.map(({ path, status }) => `${path} ${status}`)).size).toBe(2 * connections);
      expect(lines.every(({ path, status }) => (status === 200) === String(path).startsWith('/fast/'))).toBe(true);
    }
  }, 120_000);
});
