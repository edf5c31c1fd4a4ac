/** `propagate` on other kernels: each request gets one traceparent, and nothing else is changed. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { expect, it } from 'vitest';
import { Probepipe, Workspace } from '../../support/probepipe.js';

const count = 300;

it('gives requests a traceparent in the guest', { timeout: 300_000 }, async () => {
  if (!readFileSync('/proc/self/mountinfo', 'utf8').includes(' - cgroup2 '))
    execFileSync('mount', ['-t', 'cgroup2', 'none', '/sys/fs/cgroup']);
  using work = new Workspace();
  const parents: string[] = [];
  const server = createServer((incoming, response) => {
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    incoming.on('end', () => {
      parents.push(String(incoming.headers.traceparent));
      response.end(`${incoming.url} ${length}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const file = work.file(
    'propagate.yaml',
    'probes:\n  asked: { attach: http:client, http: { propagate: true, tls: false }, fields: [path, status, span_id] }\n',
  );
  const run = await new Probepipe(['run', file, '--format', 'jsonl']).attached();
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  for (let index = 0; index < count; index++) {
    const body = 'GET /fake HTTP/1.1\r\n\r\n'.repeat(index % 20);
    const answer = await new Promise<string>((resolve, reject) => {
      const sending = request(
        {
          port,
          host: '127.0.0.1',
          path: `/${index}`,
          method: 'POST',
          agent,
          headers: { 'content-length': body.length },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.once('end', () => resolve(text));
        },
      );
      sending.once('error', reject);
      sending.end(body);
    });
    expect(answer).toBe(`/${index} ${body.length}`);
  }
  agent.destroy();
  server.close();
  const { code, stderr } = await run.stop();
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(`given a traceparent: ${count}`) });
  expect(new Set(parents.filter((each) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(each))).size).toBe(count);
});
