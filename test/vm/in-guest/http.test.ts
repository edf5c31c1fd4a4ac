/** Requests on other kernels: what captures connections is loaded there, and sees each of them. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonLines, Probepipe, Workspace } from '../../support/probepipe.js';
import { freePort } from '../../support/prometheus-server.js';
import { byPath, makeCertificate, node, sendHttp2, sendRequests, startServer } from '../../support/web-servers.js';

const timeout = 300_000;

describe('http hooks in the guest', () => {
  it.each([
    ['http', false],
    ['https', true],
    ['h2c', false],
  ] as const)('see what Node serves and asks over %s', { timeout }, async (kind, secure) => {
    using work = new Workspace();
    const keys = work.path('localhost');
    if (secure) makeCertificate(keys);
    const port = await freePort();
    const server = await startServer(port, node(port, kind, keys));
    onTestFinished(() => server.stop());
    const yaml = ['server', 'client']
      .map(
        (side) => `  ${side}: { attach: http:${side}, http: { ports: [${port}] }, fields: [method, path, status] }\n`,
      )
      .join('');
    const run = await new Probepipe([
      'run',
      work.file('http.yaml', `probes:\n${yaml}`),
      '--format',
      'jsonl',
    ]).attached();
    const asking = kind === 'h2c' ? sendHttp2(port, 60, false, 20) : sendRequests(port, 60, { secure });
    const answered = (await asking).sort(byPath);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { code, stdout, stderr } = await run.stop();
    expect(stderr).toContain('nothing lost');
    expect(code).toBe(0);
    const seenBy = (side: string) =>
      jsonLines(stdout)
        .filter(({ probe }) => probe === side)
        .map(({ method, path, status }) => ({ method: String(method), path: String(path), status: Number(status) }))
        .sort(byPath);
    expect(seenBy('server')).toEqual(answered);
    expect(seenBy('client')).toEqual(answered);
  });
});
