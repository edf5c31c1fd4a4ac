/** The server that is scraped, asked over real sockets: by those who ask rightly, and by those who do not. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Endpoint, type EndpointOptions } from './endpoint.js';
import type { Family } from './exposition.js';
import type { Contributor } from './page.js';

const family: Family = {
  name: 'x',
  kind: 'counter',
  help: 'x',
  unit: '',
  samples: [{ suffix: '_total', labels: '', value: '1' }],
};

class Counted implements Contributor {
  readonly pipeline = 'test';
  reads = 0;
  deliveries = 0;
  /** What a reading waits for. */
  ready = Promise.resolve();
  families: readonly Family[] | undefined = [family];

  async read(): Promise<readonly Family[] | undefined> {
    this.reads++;
    await this.ready;
    return this.families;
  }

  delivered(): void {
    this.deliveries++;
  }
}

let open: Endpoint | undefined;
afterEach(async () => {
  await open?.close(0);
  open = undefined;
});

async function endpoint(
  options: Partial<EndpointOptions> = {},
): Promise<{ url: string; contributor: Counted; port: number }> {
  open = await Endpoint.open({ address: { host: '127.0.0.1', port: 0 }, timeoutMs: 10_000, ...options }, () => []);
  const contributor = new Counted();
  expect(open.page('/metrics').add(contributor)).toBe(true);
  return { url: `http://127.0.0.1:${open.port}/metrics`, contributor, port: open.port };
}

/** Sends bytes as they are, and gives what comes until the other side ends. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

const page = '# HELP x_total x\n# TYPE x_total counter\nx_total 1\n';

describe('an endpoint', () => {
  it('gives its page, in the format and encoding that is asked for', async () => {
    const { url, contributor } = await endpoint();
    const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    expect([plain.status, plain.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(await plain.text()).toBe(page);
    const opened = await fetch(`${url}?a=b`, { headers: { accept: 'application/openmetrics-text' } });
    expect([opened.headers.get('content-type'), opened.headers.get('content-encoding')]).toEqual([
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'gzip',
    ]);
    expect(await opened.text()).toBe('# HELP x x\n# TYPE x counter\nx_total 1\n# EOF\n');
    const head = await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(page.length),
      '',
    ]);
    expect([contributor.reads, contributor.deliveries]).toEqual([3, 2]);
  });

  it('refuses what is no reading of its page', async () => {
    const { url, contributor, port } = await endpoint();
    const status = async (path: string, init: RequestInit = {}) => (await fetch(new URL(path, url), init)).status;
    expect(await status('/')).toBe(404);
    expect(await status('/metrics/../etc/passwd')).toBe(404);
    expect(await status('/metrics', { method: 'POST', body: 'x'.repeat(100_000) })).toBe(405);
    expect(await status('/metrics', { method: 'DELETE' })).toBe(405);
    expect(await raw(port, 'GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nGET /')).toMatch(
      /^HTTP\/1.1 200/,
    );
    expect(await raw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(port, `GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    );
    expect(contributor.reads).toBe(1);
  });

  it('lets all who ask at the same time have one reading', async () => {
    const { url, contributor } = await endpoint();
    let go: () => void = () => {};
    contributor.ready = new Promise((resolve) => {
      go = resolve;
    });
    const asked = Array.from({ length: 20 }, () => fetch(url).then((response) => response.text()));
    while (contributor.reads === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    go();
    expect(new Set(await Promise.all(asked))).toEqual(new Set([page]));
    expect(contributor.reads).toBe(1);
    expect(contributor.deliveries).toBe(20);
  });

  it('says that it could not be read in time, and gives the same reading to the next', async () => {
    const { url, contributor } = await endpoint();
    let go: () => void = () => {};
    contributor.ready = new Promise((resolve) => {
      go = resolve;
    });
    const late = await fetch(url, { headers: { 'x-prometheus-scrape-timeout-seconds': '0.05' } });
    expect([late.status, await late.text()]).toEqual([503, 'the maps could not be read within 0.05 s\n']);
    const next = fetch(url);
    setTimeout(() => go(), 100);
    expect((await next).status).toBe(200);
    expect(contributor.reads).toBe(1);
  });

  it('says that nothing counts before the run', async () => {
    const { url, contributor } = await endpoint();
    contributor.families = undefined;
    expect((await fetch(url)).status).toBe(503);
  });

  it('wants the password where there is one, and tells nothing without', async () => {
    const { url, contributor } = await endpoint({ auth: { username: 'prom', password: 'pass:wörd' } });
    const status = async (authorization?: string) =>
      (await fetch(url, authorization === undefined ? {} : { headers: { authorization } })).status;
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(await status()).toBe(401);
    expect(await status(basic('prom:pass'))).toBe(401);
    expect(await status(basic('prom:pass:wörd '))).toBe(401);
    expect(await status('Bearer x')).toBe(401);
    expect((await fetch(new URL('/x', url))).status).toBe(401);
    expect(contributor.reads).toBe(0);
    expect(await status(basic('prom:pass:wörd'))).toBe(200);
  });

  it('cuts off who does not take the answer, and holds nothing of it', async () => {
    const { port, contributor } = await endpoint({ timeoutMs: 100 });
    const samples = Array.from({ length: 200_000 }, (_, n) => ({
      suffix: '_total',
      labels: `n="${n}${'x'.repeat(100)}"`,
      value: '1',
    }));
    contributor.families = [{ ...family, samples }];
    const gone = new Promise<number>((resolve) => {
      let taken = 0;
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        socket.once('data', () => {
          socket.pause();
          // Reads on only once it must have been cut off.
          setTimeout(() => {
            socket.on('data', (bytes) => {
              taken += bytes.length;
            });
            socket.resume();
          }, 1000);
        });
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(taken));
    });
    expect(await gone).toBeLessThan(20_000_000);
    expect(contributor.deliveries).toBe(0);
  });

  it('has a limit of connections', async () => {
    const { port } = await endpoint();
    const sockets = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'));
    const closed = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<boolean>((resolve) => {
            socket.on('error', () => {});
            socket.on('close', () => resolve(true));
            setTimeout(() => resolve(false), 500);
          }),
      ),
    );
    for (const socket of sockets) socket.destroy();
    expect(closed.filter((each) => each)).toHaveLength(100 - 64);
  });

  it('speaks TLS, and to clients with a certificate only where it is told so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-tls-'));
    const file = (name: string): string => join(folder, name);
    try {
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '1',
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=DNS:localhost',
          '-keyout',
          file('key.pem'),
          '-out',
          file('cert.pem'),
        ],
        { stdio: 'ignore' },
      );
      const [cert, key] = [readFileSync(file('cert.pem'), 'utf8'), readFileSync(file('key.pem'), 'utf8')];
      const { port } = await endpoint({ tls: { cert, key, clientCa: cert } });
      const ask = (client: { cert?: string; key?: string }): Promise<string> =>
        new Promise((resolve) => {
          const options = {
            host: '127.0.0.1',
            servername: 'localhost',
            port,
            path: '/metrics',
            ca: cert,
            agent: false as const,
            ...client,
          };
          const request = httpsRequest(options, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (part: string) => {
              text += part;
            });
            response.on('end', () => resolve(text));
          });
          request.on('error', (error) => resolve(`refused: ${error.message}`));
          request.end();
        });
      expect(await ask({ cert, key })).toBe(page);
      expect(await ask({})).toMatch(/^refused: /);
      expect(await raw(port, 'GET /metrics HTTP/1.1\r\n\r\n')).not.toContain('x_total');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
