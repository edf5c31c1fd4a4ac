/** Requests from a client through nginx to a server, all of this host: each connection's two sides are one trace. */
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import { hasProgram, nginx, node, sendRequests, startServer } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const count = 200;

describe.skipIf(!isRoot || !hasProgram('nginx'))('spans of a host (needs root and nginx)', () => {
  it('are joined by their connections', async () => {
    const [behind, front] = [await freePort(), await freePort()] as const;
    for (const [port, command] of [
      [behind, node(behind)],
      [front, nginx(workspace.path('proxy'), front, `http://127.0.0.1:${behind}`)],
    ] as const) {
      const server = await startServer(port, command);
      onTestFinished(() => server.stop());
    }
    const probe = (side: string): string =>
      `  ${side}: { attach: http:${side}, http: { ports: [${front}, ${behind}] }, fields: [port, path, trace_id, span_id, parent_span_id] }\n`;
    const file = workspace.file(
      'spans.yaml',
      `probes:\n${probe('server')}${probe('client')}sinks: [stdout: { format: jsonl }]\n`,
    );
    const run = new Probepipe(['run', file]);
    onTestFinished(async () => void (await run.stop()));
    await run.attached();
    await sendRequests(front, count);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout, stderr } = await run.stop();
    expect(stderr).toContain('nothing lost');
    const lines = jsonLines(stdout);
    for (const port of [front, behind]) {
      const of = (side: string) => lines.filter((line) => line.probe === side && line.port === port);
      const clients = new Map(of('client').map((line) => [line.path, line]));
      expect(clients.size).toBe(count);
      expect(of('server')).toHaveLength(count);
      for (const server of of('server')) {
        const client = clients.get(server.path);
        expect(server).toMatchObject({ trace_id: client?.trace_id, parent_span_id: client?.span_id });
        expect(client?.parent_span_id).toBe('');
      }
    }
    expect(new Set(lines.map(({ span_id }) => span_id)).size).toBe(4 * count);
    expect(new Set(lines.map(({ trace_id }) => trace_id)).size).toBe(2 * count);
  });
});
