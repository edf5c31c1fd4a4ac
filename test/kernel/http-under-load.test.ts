/** Attaching and detaching ten times while servers are busy: no request fails, and what is told of was asked and answered so. */
import { mkdirSync } from 'node:fs';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import { goServer, hasProgram, makeCertificate, node, sendRequests, startServer } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const runs = 10;
const tracedMs = 400;

describe.skipIf(!isRoot || !hasProgram('go'))('servers under load (needs root and go)', () => {
  it('are attached to and detached from ten times without a failed request or one that was not', async () => {
    const folder = workspace.path('go');
    mkdirSync(folder, { recursive: true });
    const keys = workspace.path('localhost');
    makeCertificate(keys);
    const go = goServer(folder);
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
    const [plainGo, secureGo, plainNode, secureNode] = ports;
    const servers = await Promise.all([
      startServer(plainGo, go(plainGo)),
      startServer(secureGo, go(secureGo, keys)),
      startServer(plainNode, node(plainNode)),
      startServer(secureNode, node(secureNode, 'https', keys)),
    ]);
    for (const server of servers) onTestFinished(() => server.stop());

    let over = false;
    onTestFinished(() => {
      over = true;
    });
    const loads = ports.map((port) =>
      // Rejects at the first request that fails.
      sendRequests(port, 1_000_000, {
        secure: port === secureGo || port === secureNode,
        together: 4,
        // Two processors for four servers, their client and probepipe.
        pauseMs: 5,
        kinds: ['fast', 'echo', 'missing'],
        over: () => over,
      }),
    );
    const file = workspace.file(
      'load.yaml',
      `probes:\n  request: { attach: http:server, http: { ports: [${ports.join(', ')}] }, fields: [port, method, path, status, error] }\nsinks: [stdout: { format: jsonl }]\n`,
    );
    const seen: Record<string, unknown>[][] = [];
    for (let index = 0; index < runs; index++) {
      const run = new Probepipe(['run', file]);
      onTestFinished(async () => void (await run.stop()));
      await run.attached();
      await new Promise((resolve) => setTimeout(resolve, tracedMs));
      const { code, stdout, stderr } = await run.stop();
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing lost') });
      seen.push(jsonLines(stdout));
    }
    over = true;
    const answered = await Promise.all(loads);
    for (const server of servers) expect(process.kill(server.pid, 0)).toBe(true);

    const asked = new Set(
      ports.flatMap((port, index) =>
        (answered[index] ?? []).map(({ method, path, status }) => `${port} ${method} ${path} ${status} `),
      ),
    );
    for (const lines of seen) {
      const told = lines.map((line) => `${line.port} ${line.method} ${line.path} ${line.status} ${line.error}`);
      expect(told.filter((each) => !asked.has(each))).toEqual([]);
      expect(new Set(told).size).toBe(told.length);
      expect(new Set(lines.map(({ port }) => port))).toEqual(new Set(ports));
    }
    console.log(`${asked.size} requests, of which ${seen.map(({ length }) => length).join(', ')} were told of`);
  }, 120_000);
});
