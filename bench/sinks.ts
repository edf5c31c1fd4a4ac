/** Events a second that one process gets through a sink, from records in memory to a server that has them: nginx on loopback, without compression, since that is on threads of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { folder } from './places.js';
import { median, sleep } from './process.js';
import type { Row } from './row.js';
import type { SinkLoad } from './sinks/load.js';
import { hasSyslogNg, syslogNgLoad } from './sinks/syslog-ng.js';

const port = 9487;
const rounds = 3;

interface Case {
  readonly what: string;
  readonly kind: 'file' | 'http' | 'otlp';
  readonly events: number;
  /** Events a second. */
  readonly asked: number;
  readonly disk?: boolean;
}

const cases: readonly Case[] = [
  { what: 'file: JSON Lines, 4 fields, in memory', kind: 'file', events: 3_000_000, asked: 800_000 },
  { what: 'http: ndjson to nginx', kind: 'http', events: 1_500_000, asked: 300_000 },
  { what: 'http: the same through a buffer on disk', kind: 'http', events: 600_000, asked: 150_000, disk: true },
  { what: 'otlp: log records in protobuf to nginx', kind: 'otlp', events: 600_000, asked: 100_000 },
];

export async function sinks(): Promise<Row[]> {
  const work = mkdtempSync(`${tmpdir()}/probepipe-bench-`);
  const server = await startServer(work);
  try {
    const rows: Row[] = [];
    for (const each of cases) rows.push(await measure(each, work));
    return rows;
  } finally {
    server.kill();
    rmSync(work, { recursive: true, force: true });
  }
}

async function measure({ what, kind, events, asked, disk }: Case, work: string): Promise<Row> {
  const loads: SinkLoad[] = [];
  const theirs: SinkLoad[] = [];
  for (let round = 0; round < rounds; round++) {
    const file = `/dev/shm/probepipe-bench-${process.pid}.jsonl`;
    const target = kind === 'file' ? file : `http://127.0.0.1:${port}/`;
    const buffer = disk === true ? [`${work}/buffer-${round}`] : [];
    const text = execFileSync(
      process.execPath,
      [`${folder}/bench/sinks/load.js`, kind, target, String(events), ...buffer],
      { encoding: 'utf8' },
    );
    rmSync(file, { force: true });
    const load: SinkLoad = JSON.parse(text);
    loads.push(whole(what, load));
    if (kind === 'http' && hasSyslogNg()) {
      const url = `http://127.0.0.1:${port}/`;
      theirs.push(whole('syslog-ng', await syslogNgLoad(work, url, events / 2, disk === true)));
    }
  }
  const rateOf = (some: readonly SinkLoad[]): number => median(some.map((load) => load.events / load.seconds));
  const costOf = (some: readonly SinkLoad[]): string =>
    median(some.map((load) => (load.cpuSeconds / load.events) * 1e9)).toFixed(0);
  const rate = rateOf(loads);
  const reference =
    theirs.length === 0 ? { name: 'asked for', value: asked } : { name: 'syslog-ng', value: rateOf(theirs) };
  const peak = Math.max(...loads.map((load) => load.peakMiB));
  return {
    group: 'sinks',
    what,
    unit: 'events/s',
    ours: rate,
    reference,
    ratio: rate / reference.value,
    must: { text: `at least ${asked.toLocaleString('en')} events/s`, met: rate >= asked },
    note: `${costOf(loads)} ns of CPU an event${theirs.length === 0 ? '' : `, syslog-ng ${costOf(theirs)}`}, ${peak.toFixed(0)} MiB at most, none lost`,
  };
}

function whole(what: string, load: SinkLoad): SinkLoad {
  if (load.delivered === load.events) return load;
  throw new Error(`${what}: ${load.events - load.delivered} events were lost`);
}

async function startServer(work: string): Promise<ChildProcess> {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${work}/${name};`,
  );
  writeFileSync(
    `${work}/nginx.conf`,
    `daemon off; master_process off; pid ${work}/pid; error_log ${work}/error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_buffer_size 8m; client_max_body_size 16m; ${paths.join(' ')}
  server {
    listen 127.0.0.1:${port};
    # Only what is handed on is read.
    location / { proxy_pass http://127.0.0.1:${port}/done; }
    location /done { return 200; }
  }
}
`,
  );
  const server = spawn('/usr/sbin/nginx', ['-p', work, '-c', `${work}/nginx.conf`], { stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries++) {
    const up = await fetch(`http://127.0.0.1:${port}/done`).then(
      () => true,
      () => false,
    );
    if (up) return server;
    await sleep(50);
  }
  server.kill();
  throw new Error('nginx did not start');
}
