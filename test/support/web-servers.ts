/** Real servers of several languages that give the same answers (test/kernel/fixtures/http), and a client that knows what it was answered. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const fixtures = fileURLToPath(new URL('../kernel/fixtures/http/', import.meta.url));

/** Where one is missing (scripts/setup --test installs all of them), its tests are skipped by name. */
export function hasProgram(name: string): boolean {
  return ['/usr/sbin', '/usr/bin', ...(process.env.PATH ?? '').split(':')].some((folder) =>
    existsSync(`${folder}/${name}`),
  );
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface WebServer {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Resolves once it takes connections. */
export async function startServer(port: number, command: readonly string[], folder = fixtures): Promise<WebServer> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PYTHONPATH: fixtures, PYTHONDONTWRITEBYTECODE: '1' },
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  for (let tries = 0; !(await takesConnections(port)); tries++) {
    if (child.exitCode !== null || tries > 1_200) throw new Error(`${program} does not listen: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, pid: child.pid ?? 0, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(timer);
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export const python = (port: number): string[] => ['python3', 'app.py', String(port)];
export const node = (port: number, kind = 'http', keys = ''): string[] => [
  process.execPath,
  'server.mjs',
  String(port),
  kind,
  keys,
];
export const gunicorn = (port: number, kind: 'sync' | 'gthread'): string[] =>
  [
    'gunicorn',
    '--bind',
    `127.0.0.1:${port}`,
    '--worker-class',
    kind,
    '--workers',
    '2',
    ...(kind === 'gthread' ? ['--threads', '4'] : []),
    '--no-control-socket',
    'app:application',
  ].filter((each) => each !== '--no-control-socket');
export const uvicorn = (port: number): string[] => [
  'uvicorn',
  '--port',
  String(port),
  '--log-level',
  'error',
  'app:asgi',
];
export const uwsgi = (port: number): string[] => [
  'uwsgi',
  '--plugin',
  'python3',
  '--http-socket',
  `127.0.0.1:${port}`,
  '--module',
  'app',
  '--processes',
  '2',
  '--master',
  '--disable-logging',
  '--die-on-term',
];

/** Builds it once for a folder. */
export function goServer(folder: string, flags: readonly string[] = []): (port: number, keys?: string) => string[] {
  const program = `${folder}/server${flags.length > 0 ? '-stripped' : ''}`;
  if (!existsSync(program)) {
    execFileSync('go', ['build', ...flags, '-o', program, `${fixtures}server.go`], {
      env: { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off', GOCACHE: `${folder}/go-cache`, HOME: folder },
    });
  }
  return (port, keys) => [program, String(port), ...(keys === undefined ? [] : [`${keys}.crt`, `${keys}.key`])];
}

/** nginx with files of its own, or before another server. */
export function nginx(folder: string, port: number, upstream?: string, keys?: string): string[] {
  mkdirSync(`${folder}/files/fast`, { recursive: true });
  const location =
    upstream === undefined
      ? `root ${folder}/files;`
      : 'proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";';
  writeFileSync(
    `${folder}/nginx.conf`,
    `daemon off; user root; worker_processes 2; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  sendfile on; keepalive_requests 100000;
  upstream behind { server ${upstream?.replace(/^http:\/\//, '') ?? '127.0.0.1:9'}; keepalive 8; }
  server { listen 127.0.0.1:${port}${keys === undefined ? '' : ` ssl; ssl_certificate ${keys}.crt; ssl_certificate_key ${keys}.key`}; location / { ${location} } }
}
`,
  );
  return ['nginx', '-p', folder, '-c', `${folder}/nginx.conf`];
}

/** A key and a certificate of 127.0.0.1: `PATH.key`, `PATH.crt`. */
export function makeCertificate(path: string): void {
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-keyout',
      `${path}.key`,
      '-out',
      `${path}.crt`,
    ],
    { stdio: 'ignore' },
  );
}

const kinds = ['fast', 'fast', 'fast', 'echo', 'missing', 'fast', 'fail', 'big', 'fast', 'slow'] as const;

export interface LoadOptions {
  readonly secure?: boolean;
  readonly keepAlive?: boolean;
  readonly together?: number;
  readonly kinds?: readonly string[];
  /** Between two requests of each of those `together`. */
  readonly pauseMs?: number;
  /** Ends it before all are sent. */
  readonly over?: () => boolean;
}

/** So many requests, each with a path of its own, and what was answered to each. */
export async function sendRequests(port: number, count: number, options: LoadOptions = {}): Promise<Exchange[]> {
  const { secure = false, keepAlive = true, together = 8 } = options;
  const Pool = secure ? SecureAgent : Agent;
  const agent = new Pool({ keepAlive, maxSockets: together });
  const answered: Exchange[] = [];
  let next = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const index = next++;
      const kind = (options.kinds ?? kinds)[index % (options.kinds ?? kinds).length] ?? 'fast';
      const method = kind === 'echo' ? 'POST' : index % 7 === 3 && kind === 'fast' ? 'HEAD' : 'GET';
      const path = `/${kind}/${index}`;
      const sending = (secure ? secureRequest : request)(
        {
          host: '127.0.0.1',
          port,
          path,
          method,
          agent,
          rejectUnauthorized: false,
          headers: { 'x-number': String(index) },
        },
        (response) => {
          response.resume();
          response.once('end', () => {
            answered.push({ method, path, status: response.statusCode ?? 0 });
            resolve();
          });
        },
      );
      sending.once('error', reject);
      // A body that begins like a request of its own.
      sending.end(
        kind === 'echo' ? `GET /fake/${index} HTTP/1.1\r\nHost: x\r\n\r\n${'y'.repeat(index % 5000)}` : undefined,
      );
    });
  const worker = async (): Promise<void> => {
    while (next < count && options.over?.() !== true) {
      await one();
      if (options.pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  agent.destroy();
  return answered;
}

/** The same over HTTP/2, all of them on one connection. */
export async function sendHttp2(port: number, count: number, secure: boolean, together = 8): Promise<Exchange[]> {
  const session = connectHttp2(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const answered: Exchange[] = [];
  let next = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const index = next++;
      const kind = kinds[index % kinds.length] ?? 'fast';
      const method = kind === 'echo' ? 'POST' : 'GET';
      const path = `/${kind}/${index}`;
      const stream = session.request({ ':method': method, ':path': path, 'x-number': String(index) });
      let status = 0;
      stream.once('response', (headers) => {
        status = headers[':status'] ?? 0;
      });
      stream.resume();
      stream.once('error', reject);
      stream.once('end', () => {
        answered.push({ method, path, status });
        resolve();
      });
      stream.end(kind === 'echo' ? 'y'.repeat(index % 5000) : undefined);
    });
  const worker = async (): Promise<void> => {
    while (next < count) await one();
  };
  await Promise.all(Array.from({ length: together }, worker));
  await new Promise<void>((resolve) => session.close(resolve));
  return answered;
}

export const byPath = (a: Exchange, b: Exchange): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
