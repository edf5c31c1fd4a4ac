/** Maps by remote write: what real servers hold of them, and what they answer to queries. */
import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';
import { PrometheusServer, prometheusPrograms, victoriaProgram } from '../support/prometheus-server.js';

const calls = 3000;
const loadSource = `
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	for (int index = 0; index < atoi(argv[1]); index++)
		syscall(SYS_getppid);
	return 0;
}
`;

const pipeline = (url: string, more = ''): string => `name: written
maps:
  calls: { key: { comm: comm, what: string(20) }, value: count, every: 200ms }
  took: { key: { comm: comm }, value: hist, every: 200ms }
  windows: { key: { comm: comm }, value: count, every: 200ms, reset: true }
  last: { key: { comm: comm }, value: u32, every: 200ms }
probes:
  call:
    attach: syscall:getppid
    where: comm == "writeload"
    update:
      calls[comm, "a \\"b\\" \\\\ c"]: count()
      took[comm]: hist(duration)
      windows[comm]: count()
      last[comm]: 42
    fields: [pid]
sinks:
  - http:
      url: ${url}
      encoding: prometheus_remote_write
      labels: { instance: here, team: storage }
${more}      from: [calls, took, windows, last]
`;

const servers = [
  { name: 'Prometheus', path: '/api/v1/write', there: prometheusPrograms, start: () => PrometheusServer.start('') },
  {
    name: 'VictoriaMetrics',
    path: '/api/v1/write',
    there: victoriaProgram,
    start: () => PrometheusServer.startVictoria(),
  },
];

describe.skipIf(!isRoot)('remote write (needs root)', () => {
  const tools = new Workspace();
  const load = tools.path('writeload');
  beforeAll(() => {
    execFileSync('cc', ['-O1', '-o', load, tools.file('load.c', loadSource)]);
    return () => tools[Symbol.dispose]();
  });
  const makeCalls = (count: number): Promise<unknown> => promisify(execFile)(load, [String(count)]);

  for (const { name, path, there, start } of servers)
    it.skipIf(there() === undefined)(
      `gives ${name} what the kernel counted, exactly`,
      { timeout: 60_000 },
      async () => {
        using work = new Workspace();
        const server = await start();
        const stats = work.path('stats.json');
        const file = work.file('p.yaml', pipeline(`http://127.0.0.1:${server.port}${path}`));
        const run = new Probepipe(['run', file, '--stats-file', stats]);
        onTestFinished(async () => void (await run.stop()));
        await run.attached();
        await makeCalls(calls);
        await new Promise((resolve) => setTimeout(resolve, 500));
        await makeCalls(calls);
        const one = async (expression: string, value: number): Promise<Readonly<Record<string, string>>> => {
          const [series, ...others] = await server.until(expression, ([first]) => (first?.value ?? 0) >= value);
          expect([expression, series?.value, others.length]).toEqual([expression, value, 0]);
          return series?.labels ?? {};
        };
        const labels = await one('probepipe_written_calls_total', 2 * calls);
        expect(labels).toEqual({
          __name__: 'probepipe_written_calls_total',
          comm: 'writeload',
          what: 'a "b" \\ c',
          job: 'probepipe',
          instance: 'here',
          team: 'storage',
        });
        await one('probepipe_written_took_seconds_count', 2 * calls);
        await one('probepipe_written_took_seconds_bucket{le="+Inf"}', 2 * calls);
        await one('probepipe_written_windows_total', 2 * calls);
        await one('probepipe_written_last', 42);
        const { code, stderr } = await run.stop();
        expect([code, stderr]).toEqual([0, expect.stringContaining('nothing lost')]);
        const { sinks, imbalances }: Ledger = JSON.parse(await readFile(stats, 'utf8'));
        expect(imbalances).toEqual([]);
        expect(sinks[0]?.delivered).toBe(sinks[0]?.offered);
        expect(sinks[0]?.offered).toBeGreaterThan(0);
      },
    );

  it.skipIf(prometheusPrograms() === undefined)(
    'counts samples that the server refuses',
    { timeout: 60_000 },
    async () => {
      using work = new Workspace();
      const server = await PrometheusServer.start('');
      const file = work.file('p.yaml', pipeline(`http://127.0.0.1:${server.port}/api/v1/nothing`));
      const stats = work.path('stats.json');
      const run = await new Probepipe(['run', file, '--stats-file', stats]).attached();
      await makeCalls(10);
      const { stderr } = await run.stop();
      const { sinks, imbalances }: Ledger = JSON.parse(await readFile(stats, 'utf8'));
      expect(imbalances).toEqual([]);
      expect(sinks[0]?.delivered).toBe(0);
      expect(sinks[0]?.dropped).toEqual({ 'refused (404)': sinks[0]?.offered });
      expect(stderr).toContain('404');
    },
  );
});
