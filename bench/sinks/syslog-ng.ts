/** What a user of today would send the same lines with: syslog-ng, a daemon in C of Debian's packages, from a file of JSON lines to the same server, in batches of the same size. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { sleep, usageOf } from '../process.js';
import type { SinkLoad } from './load.js';

const line = '{"probe":"call","time":"2026-11-24T02:20:00.123456789Z","pid":12345,"comm":"getppid","ppid":12344}\n';
export function hasSyslogNg(): boolean {
  return spawnSync('/usr/sbin/syslog-ng', ['--version']).status === 0;
}

/** `disk`: through its buffer that survives a crash. */
export async function syslogNgLoad(work: string, url: string, events: number, disk: boolean): Promise<SinkLoad> {
  const folder = `${work}/syslog-ng-${disk ? 'disk' : 'memory'}`;
  mkdirSync(folder);
  const [input, control, config] = [`${folder}/in.jsonl`, `${folder}/control`, `${folder}/config`];
  writeFileSync(input, line.repeat(events));
  const buffer = disk
    ? `disk-buffer(reliable(yes) disk-buf-size(${1024 ** 3}) dir("${folder}"))`
    : `log-fifo-size(${events})`;
  writeFileSync(
    config,
    `@version: 3.38
options { stats-level(1); use-dns(no); dns-cache(no); };
source lines { file("${input}" flags(no-parse) read-old-records(yes) log-fetch-limit(10000) log-iw-size(200000)); };
destination server {
  http(url("${url}") method("POST") headers("Content-Type: application/x-ndjson") body("\${MESSAGE}") delimiter("\\n")
    batch-lines(5000) batch-bytes(${1024 ** 2}) batch-timeout(100) workers(1) ${buffer});
};
log { source(lines); destination(server); flags(flow-control); };
`,
  );
  const start = performance.now();
  const args = ['-F', '-f', config, '-R', `${folder}/persist`, '-c', control, '-p', `${folder}/pid`, '--no-caps'];
  const daemon = spawn('/usr/sbin/syslog-ng', args, { stdio: 'ignore' });
  try {
    let delivered = 0;
    while (delivered < events && performance.now() - start < 120_000) {
      await sleep(20);
      delivered = written(control);
    }
    const seconds = (performance.now() - start) / 1000;
    const { cpu: cpuSeconds, peak: peakMiB } = usageOf({ child: daemon, said: () => '' });
    return { events, delivered, seconds, cpuSeconds, peakMiB };
  } finally {
    const ended = once(daemon, 'exit');
    daemon.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
}

function written(control: string): number {
  const { stdout } = spawnSync('/usr/sbin/syslog-ng-ctl', ['stats', '-c', control], { encoding: 'utf8' });
  const row = stdout
    .split('\n')
    .map((each) => each.split(';'))
    .find((cells) => cells[0]?.startsWith('dst.http') && cells.at(-2) === 'written');
  return Number(row?.at(-1) ?? 0);
}
