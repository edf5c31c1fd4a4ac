/** The happy path against a server that is not Node's: nginx, which writes the bodies it got to a log. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanced, KeptContext, NumberedEvents, numbersIn } from '../../../test/support/sinks.js';
import { everything } from '../../events/selection.js';
import { HttpSink } from './http.js';

/** Debian's nginx-light, which scripts/setup --test installs. */
function nginxPath(): string | undefined {
  const path = '/usr/sbin/nginx';
  if (existsSync(path)) return path;
  console.warn('skipped: the http sink against nginx needs nginx-light (apt-get install nginx-light)');
  return undefined;
}

const nginx = nginxPath();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.skipIf(nginx === undefined)('an http sink and nginx', () => {
  let folder = '';
  let port = 0;
  let server: ChildProcess | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'probepipe-nginx-'));
    port = await freePort();
    mkdirSync(join(folder, 'bodies'), { mode: 0o777 });
    const config = join(folder, 'nginx.conf');
    writeFileSync(
      config,
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
      events { worker_connections 64; }
      http {
        log_format kept '$request_method $uri $status $http_content_encoding $http_authorization $request_body_file';
        access_log ${folder}/access.log kept;
        client_body_temp_path ${folder}/bodies; client_body_in_file_only on; client_max_body_size 8m;
        proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
        server { listen 127.0.0.1:${port};
          location /events { proxy_pass http://127.0.0.1:${port}/done; }
          location /done { access_log off; return 204; } }
      }`,
    );
    server = spawn(nginx ?? '', ['-p', folder, '-c', config], { stdio: 'ignore' });
    for (let up = false; !up; ) {
      up = await fetch(`http://127.0.0.1:${port}/done`).then(
        () => true,
        () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 20)),
      );
    }
  });

  afterEach(async () => {
    const gone = new Promise((resolve) => server?.once('exit', resolve));
    server?.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([true, false])('delivers every event once, gzip: %s', async (gzip) => {
    const context = new KeptContext();
    const sink = new HttpSink(
      { name: 'p', description: '' },
      everything,
      {
        name: 'http',
        url: `http://user:secret@127.0.0.1:${port}/events`,
        method: 'POST',
        urlIsSecret: false,
        encoding: 'ndjson',
        concurrency: 1,
        headers: {},
        compression: gzip ? 'gzip' : 'none',
        timeoutMs: 5000,
        maxEvents: 1000,
        maxBytes: 1024 * 1024,
        maxWaitMs: 50,
        buffer: { maxBytes: 8 * 1024 * 1024, whenFull: 'drop_newest' },
        retry: { initialMs: 10, maxMs: 100, attempts: 0 },
      },
      context,
    );
    await sink.open();
    const events = new NumberedEvents();
    for (let batch = 0; batch < 10; batch++) sink.accept(events.batch(1050));
    await sink.close(20_000);
    expect(balanced(sink)).toMatchObject({ offered: 10_500, delivered: 10_500, waiting: 0, retries: 0 });
    // nginx logs a request after its answer is out; the last of eleven may come late.
    const logged = () => readFileSync(join(folder, 'access.log'), 'utf8').split('\n').slice(0, -1);
    while (logged().length < 11) await new Promise((resolve) => setTimeout(resolve, 5));
    const requests = logged();
    const credentials = `Basic ${Buffer.from('user:secret').toString('base64')}`;
    const numbers = requests.flatMap((line) => {
      expect(line).toContain(`POST /events 204 ${gzip ? 'gzip' : '-'} ${credentials} `);
      const body = readFileSync(line.slice(line.lastIndexOf(' ') + 1));
      return numbersIn((gzip ? gunzipSync(body) : body).toString());
    });
    expect(numbers).toEqual(Array.from({ length: 10_500 }, (_, n) => n));
    expect(context.warnings).toEqual([]);
  });
});
