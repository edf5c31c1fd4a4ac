/** What sockets tell besides bytes that system calls move: that the other side of a local one is gone, and that io_uring moved some that no one sees. */

import { execFile, execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';

const workspace = new Workspace();

afterAll(() => workspace[Symbol.dispose]());

const probe = (side: string, filter: string): string =>
  `  ${side}: { attach: http:${side}, http: { ${filter} }, fields: [path, status, error, response_bytes] }\n`;

const captureOf = (stats: string): { open: number; blind: Record<string, number> } =>
  JSON.parse(readFileSync(stats, 'utf8')).capture;

describe.skipIf(!isRoot)('http over sockets (needs root)', () => {
  it.each([
    ['the server', true],
    ['the client', false],
  ])('ends connections of local sockets that %s closes', async (_, serverCloses) => {
    const path = workspace.path(`closing-${serverCloses}.sock`);
    const body = serverCloses ? '' : 'Content-Length: 4\r\n';
    const server = createSocketServer((socket) => {
      socket.on('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n${body}\r\nbody`);
        if (serverCloses) socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    const stats = workspace.path(`closing-${serverCloses}.json`);
    const only = `processes: [${process.pid}]`;
    const file = workspace.file('closing.yaml', `probes:\n${probe('server', only)}${probe('client', only)}`);
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats]).attached();
    for (let index = 0; index < 10; index++)
      await new Promise((resolve) =>
        get({ socketPath: path, path: `/${index}`, agent: false }, (response) =>
          response.resume().once('close', resolve),
        ),
      );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout, stderr } = await run.stop();
    expect(stderr).toContain('nothing lost');
    const wanted = Array.from({ length: 10 }, (_, index) => ({
      path: `/${index}`,
      status: 200,
      error: '',
      response_bytes: 4,
    }));
    for (const side of ['server', 'client']) {
      const seen = jsonLines(stdout).filter((line) => line.probe === side);
      expect(seen.map(({ path, status, error, response_bytes }) => ({ path, status, error, response_bytes }))).toEqual(
        wanted,
      );
    }
    expect(captureOf(stats).open).toBe(0);
  });

  it('counts what io_uring moves, whose bytes it does not see', async () => {
    const program = workspace.path('io-uring');
    execFileSync('cc', ['-O1', '-o', program, new URL('fixtures/http/io-uring.c', import.meta.url).pathname]);
    const port = await freePort();
    const server = createServer((_request, response) => response.end('answer'));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const stats = workspace.path('io-uring.json');
    const scraped = await freePort();
    const client = probe('client', `ports: [${port}]`).replace(
      ' fields:',
      ' update: { "seen[status]": count() }, fields:',
    );
    const file = workspace.file(
      'io-uring.yaml',
      `name: rings\nmaps:\n  seen: { key: { status: u32 }, value: count }\nprobes:\n${client}sinks:\n  - stdout: { from: [client] }\n  - prometheus: { listen: "127.0.0.1:${scraped}" }\n`,
    );
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats]).attached();
    await promisify(execFile)(program, [String(port), '25']);
    // While it goes on.
    const page = await (await fetch(`http://127.0.0.1:${scraped}/metrics`)).text();
    expect(page).toContain('probepipe_capture_unseen_total{pipeline="rings",cause="io_uring"} 25');
    expect(page).toContain('probepipe_capture_ring_full_total{pipeline="rings"} 0');
    const { stdout, stderr } = await run.stop();
    expect(jsonLines(stdout)).toEqual([]);
    expect(captureOf(stats).blind.io_uring).toBe(25);
    expect(stderr).toContain('io_uring: 25');
  });

  it('counts packets that begin connections of QUIC', async () => {
    const port = await freePort();
    const receiver = createSocket('udp4');
    await new Promise<void>((resolve) => receiver.bind(port, '127.0.0.1', resolve));
    onTestFinished(() => void receiver.close());
    const stats = workspace.path('quic.json');
    const file = workspace.file('quic.yaml', `probes:\n${probe('server', `ports: [${port}]`)}`);
    const run = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats]).attached();
    const sender = createSocket('udp4');
    onTestFinished(() => void sender.close());
    const packet = (start: readonly number[], size: number): Buffer => Buffer.concat([Buffer.from(start)], size);
    const initial = [0xc3, 0, 0, 0, 1, 8];
    const sent = [
      packet(initial, 1200),
      packet([0xd1, 0x6b, 0x33, 0x43, 0xcf], 1350),
      // A handshake packet, one that is too short, a short header, and no QUIC at all.
      packet([0xe3, 0, 0, 0, 1, 8], 1200),
      packet(initial, 1199),
      packet([0x43, 0, 0, 0, 1], 1200),
      packet([0x80, 1, 2, 3, 4], 1300),
    ];
    for (const each of sent) {
      // One at a time: what is sent stands in the socket's buffer until this process receives it, which is where it is counted.
      const received = once(receiver, 'message');
      await new Promise<void>((resolve, reject) =>
        sender.send(each, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
      );
      await received;
    }
    await run.stop();
    expect(captureOf(stats).blind.quic).toBe(2);
  });
});
