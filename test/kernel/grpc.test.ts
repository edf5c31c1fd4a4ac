/** Calls of gRPC's own server and client for Node, as http:server and http:client tell of them: each once, with the status of HTTP/2 and that of gRPC. */
import grpc from '@grpc/grpc-js';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import { startServer } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const bytes = (value: Buffer): Buffer => value;
const path = (name: string): string => `/shop.Orders/${name}`;

/** The status that the client got. */
function unary(client: grpc.Client, name: string, request: Buffer): Promise<number> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(path(name), bytes, bytes, request, (error) => resolve(error?.code ?? grpc.status.OK));
  });
}

/** How many messages came, and the status. */
function stream(client: grpc.Client, name: string, request: Buffer): Promise<{ messages: number; status: number }> {
  return new Promise((resolve) => {
    let messages = 0;
    client
      .makeServerStreamRequest(path(name), bytes, bytes, request)
      .on('data', () => messages++)
      .on('error', () => {})
      .on('status', ({ code }) => resolve({ messages, status: code }));
  });
}

describe.skipIf(!isRoot)('gRPC (needs root)', () => {
  it('is told of call by call: unary ones, streams and errors', async () => {
    const port = await freePort();
    const server = await startServer(port, [process.execPath, 'grpc-server.mjs', String(port)]);
    onTestFinished(() => server.stop());
    const probe = (side: string): string =>
      `  ${side}: { attach: http:${side}, http: { ports: [${port}] }, fields: [method, path, status, grpc_status, version, error] }\n`;
    const file = workspace.file(
      'grpc.yaml',
      `probes:\n${probe('server')}${probe('client')}sinks: [stdout: { format: jsonl }]\n`,
    );
    const run = new Probepipe(['run', file]);
    onTestFinished(async () => void (await run.stop()));
    await run.attached();

    const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    onTestFinished(() => client.close());
    const expected: string[] = [];
    const codes = [grpc.status.NOT_FOUND, grpc.status.INTERNAL, grpc.status.UNAVAILABLE];
    const asked = Array.from({ length: 120 }, async (_, index) => {
      const request = Buffer.alloc(index * 7, 1);
      if (index % 4 === 2) {
        const { messages, status } = await stream(client, 'Several', request);
        expect({ messages, status }).toEqual({ messages: 5, status: grpc.status.OK });
        expected.push('POST /shop.Orders/Several 200 0 2 ');
      } else if (index % 4 === 3) {
        const code = codes[index % codes.length] ?? grpc.status.INTERNAL;
        expect(await unary(client, 'Fail', Buffer.from([code]))).toBe(code);
        expected.push(`POST /shop.Orders/Fail 200 ${code} 2 `);
      } else {
        expect(await unary(client, 'One', request)).toBe(grpc.status.OK);
        expected.push('POST /shop.Orders/One 200 0 2 ');
      }
    });
    await Promise.all(asked);
    // The service has no such call: gRPC's own answer, which has no more than headers.
    expect(await unary(client, 'Absent', Buffer.from('x'))).toBe(grpc.status.UNIMPLEMENTED);
    expected.push(`POST /shop.Orders/Absent 200 ${grpc.status.UNIMPLEMENTED} 2 `);

    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout, stderr } = await run.stop();
    expect(stderr).toContain('nothing lost');
    for (const side of ['server', 'client']) {
      const seen = jsonLines(stdout)
        .filter((line) => line.probe === side)
        .map((line) =>
          ['method', 'path', 'status', 'grpc_status', 'version', 'error'].map((key) => line[key]).join(' '),
        );
      expect(seen.sort(), side).toEqual([...expected].sort());
    }
  });
});
