/** Maps of programs in this machine's kernel, scraped by a real Prometheus: what its query API gives is what the kernel counted. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort, PrometheusServer, prometheusPrograms, promtoolComplaints } from '../support/prometheus-server.js';

/** Makes as many getppid calls as it is told. */
const loadSource = `
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	for (long call = atol(argv[1]); call > 0; call--)
		syscall(SYS_getppid);
	return 0;
}
`;

const calls = 20_000;

const pipeline = (port: number, options = ''): string => `name: load
description: Calls of a test
maps:
  calls: { key: { comm: comm }, value: count }
  numbers: { key: { comm: comm }, value: { all: sum, least: min, each: stats } }
  took: { key: { comm: comm }, value: hist }
  windows: { key: { comm: comm }, value: count, every: 100ms, reset: true }
  calm: { type: percpu_hash, key: { comm: comm, half: u32 }, value: lhist }
probes:
  call:
    attach: syscall:getppid
    where: comm == "promload"
    update:
      calls[comm]: count()
      numbers[comm].all: sum(3)
      numbers[comm].least: min(7)
      numbers[comm].each: stats(duration)
      took[comm]: hist(duration)
      windows[comm]: count()
      calm[comm, cpu & 1]: lhist(5, 0, 10, 2)
sinks:
  - prometheus:
      listen: 127.0.0.1:${port}
      metrics: { calm: { labels: [comm] } }
${options}  - stdout: { format: jsonl, from: [calls, numbers, took] }
`;

const countedCalls = `maps:
  calls: { key: { comm: comm }, value: count }
probes:
  call:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: comm == "promload"
    update:
      calls[comm]: count()
`;

describe.skipIf(!isRoot || prometheusPrograms() === undefined)('a scraped pipeline (needs root and Prometheus)', () => {
  const tools = new Workspace();
  const load = tools.path('promload');
  beforeAll(() => {
    execFileSync('cc', ['-O1', '-o', load, tools.file('load.c', loadSource)]);
    return () => tools[Symbol.dispose]();
  });
  const makeCalls = (count: number): Promise<unknown> => promisify(execFile)(load, [String(count)]);

  /** Ends with the test, also when that runs out of time. */
  async function started(file: string): Promise<Probepipe> {
    const run = new Probepipe(['run', file]);
    onTestFinished(async () => void (await run.stop()));
    return run.attached();
  }

  it('gives Prometheus what the kernel counted, exactly', { timeout: 60_000 }, async () => {
    using work = new Workspace();
    const port = await freePort();
    const run = await started(work.file('p.yaml', pipeline(port)));
    const server = await PrometheusServer.start(`    static_configs:\n      - targets: ['127.0.0.1:${port}']\n`);
    try {
      await makeCalls(calls);
      await makeCalls(calls);
      const one = async (expression: string, value: number): Promise<void> => {
        const [series, ...others] = await server.until(expression, ([first]) => (first?.value ?? 0) >= value);
        expect([expression, series?.value, series?.labels.comm, others.length]).toEqual([
          expression,
          value,
          'promload',
          0,
        ]);
      };
      const all = 2 * calls;
      await one('probepipe_load_calls_total', all);
      await one('probepipe_load_numbers_all_total', 3 * all);
      await one('probepipe_load_numbers_least', 7);
      await one('probepipe_load_numbers_each_seconds_count', all);
      await one('probepipe_load_took_seconds_count', all);
      await one('probepipe_load_took_seconds_bucket{le="+Inf"}', all);
      await one('probepipe_load_windows_total', all);
      // Entries of two processors' keys are one series, and the bucket of 4 to 6 holds them.
      await one('probepipe_load_calm_bucket{le="5.0"}', all);
      await one('probepipe_load_calm_count', all);
      expect((await server.query('probepipe_load_calm_bucket{le="3.0"}')).map(({ value }) => value)).toEqual([0]);
      // The open and close calls are counted in one place more: the ledger.
      const outcomes = await server.query('probepipe_probe_outcomes_total{probe="call",outcome="passed"}');
      expect(outcomes[0]?.value).toBe(all);

      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(promtoolComplaints(page)).toBe('');
      const buckets = new Map(
        (await server.query('probepipe_load_took_seconds_bucket')).map(({ labels, value }) => [labels.le, value]),
      );
      const up = await server.query('up');
      expect(up.map(({ value }) => value)).toEqual([1]);
      const { code, stdout, stderr } = await run.stop();
      expect([code, stderr]).toEqual([0, expect.stringContaining('nothing lost')]);
      const rows = jsonLines(stdout);
      expect(rows.find(({ map }) => map === 'calls')).toMatchObject({ comm: 'promload', count: all });
      expect(rows.find(({ map }) => map === 'took')).toEqual({
        map: 'took',
        comm: 'promload',
        buckets: expect.anything(),
        count: all,
      });
      // Each bound of the kernel's is a bound of Prometheus', with as many at or below it.
      const took: { buckets: { lt: number; count: number }[] } = JSON.parse(
        stdout.split('\n').find((line) => line.startsWith('{"map":"took"')) ?? '',
      );
      let below = 0;
      for (const { lt, count } of took.buckets) {
        below += count;
        const [, value] = [...buckets].find(([le]) => Math.abs(Number(le) - lt / 1e9) < 1e-12) ?? [];
        if (lt >= 1024 && lt <= 2 ** 35) expect([lt, value]).toEqual([lt, below]);
      }
    } finally {
      await server.stop();
      await run.stop();
    }
  });

  it('lets only those in who have the certificate and the password', { timeout: 60_000 }, async () => {
    using work = new Workspace();
    const port = await freePort();
    const [cert, key] = [work.path('cert.pem'), work.path('key.pem')];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'].concat([
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ]),
      { stdio: 'ignore' },
    );
    work.file('password', 'a secret: of the scrape\n');
    const yaml = `name: guarded
${countedCalls}sinks:
  - prometheus:
      listen: 127.0.0.1:${port}
      auth: { username: scraper, password: "\${file:${work.path('password')}}" }
      tls: { cert: ${cert}, key: ${key}, client_ca: ${cert} }
`;
    const run = await started(work.file('p.yaml', yaml));
    const tls = `    scheme: https\n    tls_config: { ca_file: ${cert}, cert_file: ${cert}, key_file: ${key}, server_name: localhost }\n`;
    const target = `    static_configs:\n      - targets: ['127.0.0.1:${port}']\n`;
    const auth = (password: string): string => `    basic_auth: { username: scraper, password: '${password}' }\n`;
    const servers: PrometheusServer[] = [];
    try {
      await makeCalls(100);
      const welcome = await PrometheusServer.start(`${tls}${auth('a secret: of the scrape')}${target}`);
      servers.push(welcome);
      await welcome.until('probepipe_guarded_calls_total{comm="promload"}', ([first]) => first?.value === 100);
      const stranger = await PrometheusServer.start(`${tls}${auth('a guess')}${target}`);
      servers.push(stranger);
      expect(await stranger.until('up', ([first]) => first !== undefined)).toMatchObject([{ value: 0 }]);
      expect(await stranger.get('/api/v1/targets')).toContain('401');
      expect(await stranger.query('probepipe_guarded_calls_total')).toEqual([]);
    } finally {
      for (const server of servers) await server.stop();
      const { stderr } = await run.stop();
      expect(stderr).not.toContain('a secret');
    }
  });

  it('gives Prometheus exemplars, and a quantile that lies where they do', { timeout: 60_000 }, async () => {
    using work = new Workspace();
    const port = await freePort();
    const yaml = `name: traced
maps:
  took: { key: { comm: comm }, value: hist }
probes:
  call:
    attach: syscall:getppid
    where: comm == "promload"
    update:
      took[comm]: hist(duration)
    fields: [comm, pid, duration]
sinks:
  - prometheus:
      listen: 127.0.0.1:${port}
      created: true
      metrics: { took: { buckets: { min: 32ns, max: 1s }, exemplars: { probe: call, value: duration } } }
`;
    const run = await started(work.file('p.yaml', yaml));
    const server = await PrometheusServer.start(`    static_configs:\n      - targets: ['127.0.0.1:${port}']\n`);
    try {
      await makeCalls(100);
      await server.until('probepipe_traced_took_seconds_count', ([first]) => first?.value === 100);
      // Its series is known now.
      await makeCalls(100);
      await server.until('probepipe_traced_took_seconds_count', ([first]) => first?.value === 200);
      interface Exemplars {
        readonly data: {
          readonly seriesLabels: Readonly<Record<string, string>>;
          readonly exemplars: { readonly labels: Readonly<Record<string, string>>; readonly value: string }[];
        }[];
      }
      const found: Exemplars = JSON.parse(
        await server.get('/api/v1/query_exemplars?query=probepipe_traced_took_seconds_bucket&start=0&end=9999999999'),
      );
      const all = found.data.flatMap(({ seriesLabels, exemplars }) =>
        exemplars.map(({ labels, value }) => ({
          le: Number(seriesLabels.le),
          comm: seriesLabels.comm,
          ...labels,
          value: Number(value),
        })),
      );
      expect(all.length).toBeGreaterThan(0);
      for (const { le, comm, value } of all) {
        expect(comm).toBe('promload');
        expect(value).toBeLessThan(le);
        expect(value).toBeGreaterThanOrEqual(le / 2);
      }
      const [median] = await server.query('histogram_quantile(0.5, probepipe_traced_took_seconds_bucket)');
      expect(median?.value).toBeGreaterThan(0);
      expect(median?.value).toBeLessThan(0.001);
      expect(await server.query('probepipe_traced_took_seconds_created')).toHaveLength(1);
    } finally {
      await server.stop();
      await run.stop();
    }
  });

  it('keeps counters from going down when the kernel gives entries up', { timeout: 60_000 }, async () => {
    using work = new Workspace();
    const port = await freePort();
    const yaml = `name: gone
${countedCalls}  end:
    attach: tp_btf:sched_process_exit
    where: comm == "promload"
    update:
      calls[comm]: delete()
sinks:
  - prometheus: { listen: "127.0.0.1:${port}" }
`;
    const run = await started(work.file('p.yaml', yaml));
    const value = async (): Promise<number> => {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^probepipe_gone_calls_total\{comm="promload"\} ([0-9]+)$/m.exec(page)?.[1] ?? 0);
    };
    try {
      let before = 0;
      for (let round = 0; round < 4; round++) {
        const calling = makeCalls(400_000);
        let running = true;
        calling.then(() => {
          running = false;
        });
        while (running) {
          const now = await value();
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
      }
      expect(before).toBeGreaterThan(0);
    } finally {
      await run.stop();
    }
  });
});
