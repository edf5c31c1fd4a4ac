/** Requests of real servers, as http:server and http:client tell of them: each request once, with the status that its client got. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import {
  byPath,
  type Exchange,
  goServer,
  gunicorn,
  hasProgram,
  type LoadOptions,
  makeCertificate,
  nginx,
  node,
  python,
  sendHttp2,
  sendRequests,
  startServer,
  uvicorn,
  uwsgi,
} from '../support/web-servers.js';

const workspace = new Workspace();

const pipeline = (port: number, side: string): string => `name: requests
probes:
  request:
    attach: http:${side}
    http: { ports: [${port}] }
    fields: [method, path, status, duration, error, request_bytes, response_bytes, comm, pid, tls, peer, number: 'header("x-number")']
sinks:
  - stdout: { format: jsonl }
`;

interface Seen extends Exchange {
  readonly duration: number;
  readonly error: string;
  readonly comm: string;
  readonly tls: boolean;
  readonly peer: string;
  readonly pid: number;
  readonly number: string;
  readonly request_bytes: number;
  readonly response_bytes: number;
}

function seenOf(line: Record<string, unknown>): Seen {
  const text = (key: string): string => String(line[key]);
  const number = (key: string): number => Number(line[key]);
  return {
    method: text('method'),
    path: text('path'),
    status: number('status'),
    duration: number('duration'),
    error: text('error'),
    comm: text('comm'),
    tls: line.tls === true,
    peer: text('peer'),
    pid: number('pid'),
    number: text('number'),
    request_bytes: number('request_bytes'),
    response_bytes: number('response_bytes'),
  };
}

interface Traced {
  readonly seen: readonly Seen[];
  readonly answered: readonly Exchange[];
  readonly said: string;
}

/** Starts a server, then probepipe, then the load. */
async function trace(
  command: (port: number) => readonly string[],
  count: number,
  options: LoadOptions = {},
  side = 'server',
  folder?: string,
): Promise<Traced> {
  const port = await freePort();
  const server = await startServer(port, command(port), folder);
  onTestFinished(() => server.stop());
  const file = workspace.file(`${side}-${port}.yaml`, pipeline(port, side));
  const run = new Probepipe(['run', file]);
  // Also where the load fails: a run that is left would trace on.
  onTestFinished(async () => void (await run.stop()));
  await run.attached();
  const answered = await sendRequests(port, count, options);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { code, stdout, stderr } = await run.stop();
  expect(stderr).toContain('nothing lost');
  expect(code).toBe(0);
  return { seen: jsonLines(stdout).map(seenOf), answered, said: stderr };
}

const compared = ({ method, path, status }: Exchange): Exchange => ({ method, path, status });

function expectSame({ seen, answered }: Traced): void {
  expect(seen.map(compared).sort(byPath)).toEqual([...answered].sort(byPath));
  expect(seen.filter((each) => each.error !== '')).toEqual([]);
  expect(new Set(seen.map(({ peer }) => peer))).toEqual(new Set(['127.0.0.1']));
  expect(seen.every(({ path, number }) => path.endsWith(`/${number}`))).toBe(true);
  for (const { path, method, request_bytes: sent, response_bytes: got } of seen) {
    const [, kind, index] = path.split('/');
    const echoed = `GET /fake/${index} HTTP/1.1\r\nHost: x\r\n\r\n`.length + (Number(index) % 5000);
    expect({ path, sent }).toEqual({ path, sent: kind === 'echo' ? echoed : 0 });
    const body = kind === 'big' ? 300_000 : kind === 'echo' ? echoed : 7;
    if (kind !== 'missing' || got !== body) expect({ path, got }).toEqual({ path, got: method === 'HEAD' ? 0 : body });
  }
  const slow = seen.filter(({ path }) => path.startsWith('/slow'));
  expect(slow.length).toBeGreaterThan(0);
  for (const { duration } of slow) expect(duration).toBeGreaterThan(49_000_000);
}

afterAll(() => workspace[Symbol.dispose]());

describe.skipIf(!isRoot)('http:server (needs root)', () => {
  for (const { name, command, count, options, program = 'python3' } of [
    { name: 'Node', command: node, count: 1000 },
    { name: 'wsgiref', command: python, count: 400 },
    { name: 'gunicorn sync', command: (port: number) => gunicorn(port, 'sync'), count: 400, program: 'gunicorn' },
    { name: 'gunicorn gthread', command: (port: number) => gunicorn(port, 'gthread'), count: 400, program: 'gunicorn' },
    { name: 'uvicorn', command: uvicorn, count: 400, program: 'uvicorn' },
    // It hangs up on some of several clients at once, traced or not.
    { name: 'uwsgi', command: uwsgi, count: 200, program: 'uwsgi', options: { keepAlive: false, together: 1 } },
  ])
    it.skipIf(!hasProgram(program))(`sees every request of ${name} (needs ${program})`, async () => {
      expectSame(await trace(command, count, options));
    });

  it.skipIf(!hasProgram('go'))('sees every request of Go', async () => {
    const folder = workspace.path('go');
    mkdirSync(folder, { recursive: true });
    expectSame(await trace(goServer(folder), 1000));
  });

  it.skipIf(!hasProgram('nginx'))('sees what nginx sends of files', async () => {
    const folder = workspace.path('nginx');
    mkdirSync(`${folder}/files/fast`, { recursive: true });
    for (let index = 0; index < 200; index++) writeFileSync(`${folder}/files/fast/${index}`, 'z'.repeat(index * 1000));
    const { seen, answered } = await trace((port) => nginx(folder, port), 300, { kinds: ['fast'] });
    expect(seen.map(compared).sort(byPath)).toEqual([...answered].sort(byPath));
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([200, 404]));
    for (const { path, method, status, response_bytes: got } of seen) {
      const size = method === 'HEAD' ? 0 : Number(path.split('/')[2]) * 1000;
      if (status === 200) expect({ path, got }).toEqual({ path, got: size });
    }
  });

  it.skipIf(!hasProgram('nginx'))('sees both sides of nginx before another server', async () => {
    const folder = workspace.path('proxy');
    const behind = await freePort();
    const server = await startServer(behind, node(behind));
    onTestFinished(() => server.stop());
    const front = await freePort();
    const proxy = await startServer(front, nginx(folder, front, `http://127.0.0.1:${behind}`));
    onTestFinished(() => proxy.stop());
    const file = workspace.file(
      'both.yaml',
      `name: both
probes:
  served: { attach: http:server, http: { ports: [${front}, ${behind}] }, fields: [port, method, path, status] }
  asked: { attach: http:client, http: { ports: [${behind}], comms: [nginx] }, fields: [port, method, path, status] }
sinks:
  - stdout: { format: jsonl }
`,
    );
    const run = await new Probepipe(['run', file]).attached();
    const answered = await sendRequests(front, 400);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout, stderr } = await run.stop();
    expect(stderr).toContain('nothing lost');
    const of = (probe: string, port: number): Exchange[] =>
      jsonLines(stdout)
        .filter((line) => line.probe === probe && line.port === port)
        .map((line) => compared(seenOf(line)))
        .sort(byPath);
    const expected = [...answered].sort(byPath);
    expect(of('served', front)).toEqual(expected);
    expect(of('asked', behind)).toEqual(expected);
    expect(of('served', behind)).toEqual(expected);
  });

  it('sees requests over a local socket, which have no ends', async () => {
    const path = workspace.path('local.sock');
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/no' ? 404 : 200).end('yes'),
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    const yaml = ['server', 'client'].map(
      (side) =>
        `  ${side}: { attach: http:${side}, http: { processes: [${process.pid}] }, fields: [path, status, peer, port] }\n`,
    );
    const run = await new Probepipe([
      'run',
      workspace.file('local.yaml', `probes:\n${yaml.join('')}`),
      '--format',
      'jsonl',
    ]).attached();
    const agent = new Agent({ keepAlive: true });
    for (let index = 0; index < 20; index++)
      await new Promise((resolve) =>
        get({ socketPath: path, path: index % 2 === 0 ? '/' : '/no', agent }, (response) =>
          response.resume().once('end', resolve),
        ),
      );
    agent.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout } = await run.stop();
    for (const side of ['server', 'client']) {
      const lines = jsonLines(stdout).filter(({ probe }) => probe === side);
      expect(lines.map(({ path: asked, status }) => `${asked} ${status}`)).toEqual(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? '/ 200' : '/no 404')),
      );
      expect(lines.every(({ peer, port }) => peer === '::' && port === 0)).toBe(true);
    }
  });

  it('sees requests of connections that are used once', async () => {
    expectSame(await trace(node, 300, { keepAlive: false }));
  });
});

describe.skipIf(!isRoot)('http: over TLS (needs root)', () => {
  const keys = workspace.path('localhost');
  const certified = (command: (port: number) => readonly string[]) => {
    if (!existsSync(`${keys}.crt`)) makeCertificate(keys);
    return command;
  };

  it('sees what Node serves', async () => {
    const traced = await trace(
      certified((port) => node(port, 'https', keys)),
      400,
      { secure: true },
    );
    expectSame(traced);
    expect(traced.seen.every(({ tls }) => tls)).toBe(true);
  });

  it.skipIf(!hasProgram('go'))('sees what Go serves', async () => {
    const folder = workspace.path('go');
    mkdirSync(folder, { recursive: true });
    const server = goServer(folder);
    expectSame(
      await trace(
        certified((port) => server(port, keys)),
        400,
        { secure: true },
      ),
    );
  });

  it.skipIf(!hasProgram('go'))('sees what a stripped Go program serves', async () => {
    const folder = workspace.path('go');
    mkdirSync(folder, { recursive: true });
    const server = goServer(folder, ['-ldflags=-s -w']);
    expectSame(
      await trace(
        certified((port) => server(port, keys)),
        200,
        { secure: true },
      ),
    );
  });

  it.skipIf(!hasProgram('nginx'))('sees what nginx serves', async () => {
    const folder = workspace.path('nginx-tls');
    mkdirSync(`${folder}/files/fast`, { recursive: true });
    for (let index = 0; index < 200; index++) writeFileSync(`${folder}/files/fast/${index}`, 'z'.repeat(index * 1000));
    const { seen, answered } = await trace(
      certified((port) => nginx(folder, port, undefined, keys)),
      300,
      { secure: true, kinds: ['fast'] },
    );
    expect(seen.map(compared).sort(byPath)).toEqual([...answered].sort(byPath));
  });

  it('sees what a program asks that starts later', async () => {
    const port = await freePort();
    const server = await startServer(port, certified((chosen) => node(chosen, 'https', keys))(port));
    onTestFinished(() => server.stop());
    const file = workspace.file('later.yaml', pipeline(port, 'client'));
    const run = await new Probepipe(['run', file]).attached();
    for (const [program, ...args] of [
      ['curl', '-sk', '--http1.1', `https://127.0.0.1:${port}/fast/1`],
      [
        'python3',
        '-c',
        `import ssl, http.client; c = http.client.HTTPSConnection('127.0.0.1', ${port}, context=ssl._create_unverified_context()); c.request('GET', '/missing/2'); c.getresponse().read()`,
      ],
    ] as const)
      execFileSync(program, args, { stdio: 'ignore' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout } = await run.stop();
    expect(jsonLines(stdout).map((line) => [line.comm, ...Object.values(compared(seenOf(line)))])).toEqual([
      ['curl', 'GET', '/fast/1', 200],
      ['python3', 'GET', '/missing/2', 404],
    ]);
  });
});

describe.skipIf(!isRoot)('another mount namespace (needs root)', () => {
  it('has libraries of its own, which are found', async () => {
    const keys = workspace.path('localhost');
    if (!existsSync(`${keys}.crt`)) makeCertificate(keys);
    const port = await freePort();
    const server = await startServer(port, node(port, 'https', keys));
    onTestFinished(() => server.stop());
    const run = new Probepipe(['run', workspace.file('mounts.yaml', pipeline(port, 'client'))]);
    onTestFinished(async () => void (await run.stop()));
    await run.attached();
    const folder = workspace.path('elsewhere');
    mkdirSync(folder);
    // Its files are seen by nobody outside; the first request is over before they are probed.
    const script = `mount -t tmpfs none ${folder} && cp $(ldconfig -p | sed -n 's/.*=> //p' | grep -E '/lib(ssl|crypto)\\.so\\.3$') ${folder} && export LD_LIBRARY_PATH=${folder} && exec python3 -c "
import http.client, ssl, time
context = ssl._create_unverified_context()
time.sleep(1)
connection = http.client.HTTPSConnection('127.0.0.1', ${port}, context=context)
connection.request('GET', '/missing/7')
connection.getresponse().read()
assert '${folder}/libssl' in open('/proc/self/maps').read()"`;
    execFileSync('unshare', ['--mount', 'sh', '-c', script], { stdio: 'ignore' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout } = await run.stop();
    expect(jsonLines(stdout).map((line) => compared(seenOf(line)))).toEqual([
      { method: 'GET', path: '/missing/7', status: 404 },
    ]);
  });
});

describe.skipIf(!isRoot)('HTTP/2 (needs root)', () => {
  it.each([
    ['Node, in plain text', 'h2c', false],
    ['Node, over TLS', 'http2', true],
    ['Go, over TLS', 'go', true],
  ] as const)('is seen of %s', async (_, kind, secure) => {
    const folder = workspace.path('go');
    mkdirSync(folder, { recursive: true });
    const keys = workspace.path('localhost');
    if (!existsSync(`${keys}.crt`)) makeCertificate(keys);
    const port = await freePort();
    const server = await startServer(port, kind === 'go' ? goServer(folder)(port, keys) : node(port, kind, keys));
    onTestFinished(() => server.stop());
    const yaml = ['server', 'client'].map(
      (side) =>
        `  ${side}: { attach: http:${side}, http: { ports: [${port}] }, fields: [method, path, status, version, error, number: 'header("x-number")'] }\n`,
    );
    const file = workspace.file(`two-${port}.yaml`, `probes:\n${yaml.join('')}sinks: [stdout: { format: jsonl }]\n`);
    const run = await new Probepipe(['run', file]).attached();
    // So many at a time that one call of the server has the frames of most.
    const answered = (await sendHttp2(port, 300, secure, 20)).sort(byPath);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout, stderr } = await run.stop();
    expect(stderr).toContain('nothing lost');
    for (const side of ['server', 'client']) {
      const lines = jsonLines(stdout).filter(({ probe }) => probe === side);
      expect(lines.map((line) => compared(seenOf(line))).sort(byPath)).toEqual(answered);
      expect(new Set(lines.map(({ version, error }) => `${version}${error}`))).toEqual(new Set(['2']));
      expect(lines.every(({ path, number }) => String(path).endsWith(`/${number}`))).toBe(true);
    }
  });
});

describe.skipIf(!isRoot)('http:client (needs root)', () => {
  it('sees what Node asks', async () => {
    expectSame(await trace(node, 500, {}, 'client'));
  });
});
