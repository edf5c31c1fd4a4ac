/** The pipelines that see requests by what a language's HTTP library does, with real servers: each request once, as its client knows it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import {
  byPath,
  type Exchange,
  goServer,
  gunicorn,
  hasProgram,
  type LoadOptions,
  makeCertificate,
  node,
  python,
  sendHttp2,
  sendRequests,
  startServer,
  uvicorn,
  uwsgi,
  type WebServer,
} from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

type Line = Record<string, unknown>;

interface Traced {
  readonly lines: readonly Line[];
  readonly server: WebServer;
  readonly ledger: Ledger;
}

/** Starts a server, then a shipped pipeline, then what asks the server. */
async function trace(
  pipeline: string,
  sets: readonly string[],
  command: (port: number) => readonly string[],
  ask: (port: number, server: WebServer) => Promise<void>,
): Promise<Traced> {
  const port = await freePort();
  const server = await startServer(port, command(port));
  onTestFinished(() => server.stop());
  const stats = workspace.path(`stats-${port}.json`);
  const set = sets.flatMap((each) => ['--set', each]);
  const file = `pipelines/${pipeline}.yaml`;
  const run = new Probepipe(['run', file, ...set, '--format', 'jsonl', '--stats-file', stats]);
  onTestFinished(async () => void (await run.stop()));
  await run.attached();
  await ask(port, server);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { code, stdout, stderr } = await run.stop();
  expect(stderr).toContain('nothing lost');
  expect(code).toBe(0);
  const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
  expect(ledger.imbalances).toEqual([]);
  return { lines: jsonLines(stdout), server, ledger };
}

/** Of requests to this test's paths: other servers of this machine are seen as well. */
function exchanges(lines: readonly Line[]): Exchange[] {
  const ours = lines.filter(({ path }) => /^\/(fast|slow|big|missing|fail|echo)\/[0-9]+$/.test(String(path)));
  return ours
    .map(({ method, path, status }) => ({ method: String(method), path: String(path), status: Number(status) }))
    .sort(byPath);
}

function expectSlow(lines: readonly Line[]): void {
  const slow = lines.filter(({ path }) => String(path).startsWith('/slow/'));
  expect(slow.length).toBeGreaterThan(0);
  for (const { duration } of slow) expect(Number(duration)).toBeGreaterThan(49_000_000);
}

/** What is answered; or `undefined` where the connection ends without an answer. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    request.once('error', () => resolve(undefined));
  });
}

const withGo = describe.skipIf(!isRoot || !hasProgram('go'));
withGo('http-go (needs root and go)', { timeout: 120_000 }, () => {
  const programs = (flags: readonly string[]): { command: ReturnType<typeof goServer>; sets: string[] } => {
    const folder = workspace.path('go');
    mkdirSync(folder, { recursive: true });
    const command = goServer(folder, flags);
    return { command, sets: [`program=${command(0)[0]}`] };
  };

  for (const [name, flags] of [
    ['with debug information', []],
    ['without symbols and debug information', ['-ldflags=-s -w']],
  ] as const) {
    it(`sees every request of a program ${name}`, async () => {
      const { command, sets } = programs(flags);
      let answered: Exchange[] = [];
      const { lines } = await trace('http-go', sets, command, async (port) => {
        answered = await sendRequests(port, 1000);
      });
      expect(exchanges(lines)).toEqual(answered.sort(byPath));
      expect(lines).toHaveLength(1000);
      expectSlow(lines);
      for (const { path, bytes, duration, time_to_header: header } of lines) {
        if (String(path).startsWith('/big/')) expect(bytes).toBe(300_000);
        expect(Number(header)).toBeLessThanOrEqual(Number(duration));
      }
    });

    it(`tells of handlers of a program ${name} that panic, take the connection, or choose no status`, async () => {
      const { command, sets } = programs(flags);
      const { lines, server } = await trace('http-go', sets, command, async (port) => {
        for (let round = 0; round < 20; round++) {
          expect(await statusOf(port, `/silent/${round}?q=${round}`)).toBe(200);
          expect(await statusOf(port, `/panic/${round}`)).toBe(undefined);
          expect(await statusOf(port, `/hijack/${round}`)).toBe(418);
        }
      });
      const seen = lines.map(({ probe, path, query, status, taken }) => ({ probe, path, query, status, taken }));
      for (let round = 0; round < 20; round++) {
        const silent = { probe: 'request', path: `/silent/${round}`, query: `q=${round}`, status: 200 };
        expect(seen).toContainEqual({ ...silent, taken: undefined });
        expect(seen).toContainEqual({ probe: 'unfinished', path: `/panic/${round}`, query: '', taken: false });
        expect(seen).toContainEqual({ probe: 'unfinished', path: `/hijack/${round}`, query: '', taken: true });
      }
      expect(lines).toHaveLength(60);
      expect(() => process.kill(server.pid, 0)).not.toThrow();
    });
  }

  it('is attached and detached again and again under load, and the program goes on', async () => {
    const { command, sets } = programs(['-ldflags=-s -w']);
    const port = await freePort();
    const server = await startServer(port, command(port));
    onTestFinished(() => server.stop());
    let attaching = true;
    const load = (async () => {
      let answered = 0;
      while (attaching) answered += (await sendRequests(port, 200, { kinds: ['fast', 'big'] })).length;
      return answered;
    })();
    for (let round = 0; round < 5; round++) {
      const set = sets.flatMap((each) => ['--set', each]);
      const run = await new Probepipe(['run', 'pipelines/http-go.yaml', ...set, '--format', 'jsonl']).attached();
      const { code, stdout } = await run.stop();
      expect(code).toBe(0);
      const statuses = new Set(jsonLines(stdout).map(({ status }) => status));
      expect([...statuses].filter((status) => status !== 200)).toEqual([]);
    }
    attaching = false;
    expect(await load).toBeGreaterThan(0);
    expect(await statusOf(port, '/fast/1')).toBe(200);
  });

  it('leaves requests over HTTP/2 alone, and sees those over TLS', async () => {
    const { command, sets } = programs([]);
    const keys = workspace.path('keys');
    makeCertificate(keys);
    let answered: Exchange[] = [];
    const { lines, ledger } = await trace(
      'http-go',
      sets,
      (port) => command(port, keys),
      async (port) => {
        await sendHttp2(port, 100, true);
        answered = await sendRequests(port, 100, { secure: true });
      },
    );
    expect(exchanges(lines)).toEqual(answered.sort(byPath));
    expect(ledger.lost).toBe(0);
  });
});

describe.skipIf(!isRoot)('http-node (needs root)', { timeout: 120_000 }, () => {
  const sets = [`node=${process.execPath}`, `libuv=${process.execPath}`];

  for (const keepAlive of [true, false])
    it(`sees every request of Node${keepAlive ? '' : ' on a connection of its own'}`, async () => {
      let answered: Exchange[] = [];
      const { lines, server } = await trace('http-node', sets, node, async (port) => {
        answered = await sendRequests(port, 1000, { keepAlive });
      });
      const ours = lines.filter(({ pid }) => pid === server.pid);
      expect(exchanges(ours)).toEqual(answered.sort(byPath));
      expect(ours).toHaveLength(1000);
      expectSlow(ours);
    });

  it('sees every request of a Node without symbols', async () => {
    const stripped = workspace.path('node');
    execFileSync('strip', ['-o', stripped, process.execPath]);
    const command = (port: number): string[] => [stripped, ...node(port).slice(1)];
    let answered: Exchange[] = [];
    const { lines } = await trace('http-node', [`node=${stripped}`, `libuv=${stripped}`], command, async (port) => {
      answered = await sendRequests(port, 300);
    });
    expect(exchanges(lines)).toEqual(answered.sort(byPath));
    expect(lines).toHaveLength(300);
  });

  it('sees the first of pipelined requests, and tells of no status where a client went away', async () => {
    const { lines, server } = await trace('http-node', sets, node, async (port) => {
      await new Promise<void>((resolve) => {
        const paths = ['/fast/1', '/fast/2', '/fast/3'];
        const text = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');
        let answers = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(text));
        socket.setEncoding('utf8').on('data', (data: string) => {
          answers += data;
          if (answers.split('HTTP/1.1 200').length === 4) socket.destroy();
        });
        socket.once('close', () => resolve());
      });
      const gone = connect(port, '127.0.0.1', () => {
        gone.write('GET /slow/4 HTTP/1.1\r\nHost: x\r\n\r\n', () => setTimeout(() => gone.destroy(), 10));
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await statusOf(port, '/fast/5')).toBe(200);
    });
    const ours = lines.filter(({ pid }) => pid === server.pid);
    expect(ours.map(({ probe, path, status }) => ({ probe, path, status }))).toEqual([
      { probe: 'response', path: '/fast/1', status: 200 },
      { probe: 'unanswered', path: '/slow/4', status: undefined },
      { probe: 'response', path: '/fast/5', status: 200 },
    ]);
  });

  it('invents nothing of TLS', async () => {
    const keys = workspace.path('keys-of-node');
    makeCertificate(keys);
    const { lines, server } = await trace(
      'http-node',
      sets,
      (port) => node(port, 'https', keys),
      async (port) => void (await sendRequests(port, 100, { secure: true, keepAlive: false })),
    );
    expect(lines.filter(({ pid }) => pid === server.pid)).toEqual([]);
  });
});

describe.skipIf(!isRoot)('http-wsgi (needs root)', { timeout: 120_000 }, () => {
  const one: LoadOptions = { keepAlive: false, together: 1 };
  for (const { name, command, program = 'python3', options = {} } of [
    { name: 'wsgiref', command: python },
    { name: 'gunicorn sync', command: (port: number) => gunicorn(port, 'sync'), program: 'gunicorn' },
    { name: 'gunicorn gthread', command: (port: number) => gunicorn(port, 'gthread'), program: 'gunicorn' },
    { name: 'uvicorn', command: uvicorn, program: 'uvicorn' },
    // It hangs up on some of several clients at once, traced or not.
    { name: 'uwsgi', command: uwsgi, program: 'uwsgi', options: one },
  ])
    it.skipIf(!hasProgram(program))(`sees every request of ${name} (needs ${program})`, async () => {
      let answered: Exchange[] = [];
      const { lines } = await trace('http-wsgi', [], command, async (port) => {
        answered = await sendRequests(port, 300, options);
      });
      expect(exchanges(lines)).toEqual(answered.sort(byPath));
      expectSlow(lines);
    });

  it('sees threads of another name where that is asked for', async () => {
    const ask = async (port: number): Promise<void> => void (await sendRequests(port, 10));
    const { lines } = await trace('http-wsgi', ['comm=somebody'], python, ask);
    expect(exchanges(lines)).toEqual([]);
  });
});
