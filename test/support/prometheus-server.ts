/** Debian's Prometheus and VictoriaMetrics, unpacked by scripts/setup --test: started by a test with a configuration and a folder of their own, on this host's loopback, and gone with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const servers = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'probepipe/servers');

/** The folder of the programs; `undefined`, and said so, where they are missing. */
export function prometheusPrograms(): string | undefined {
  const found = [join(servers, 'prometheus/usr/bin'), '/usr/bin'].find((each) => existsSync(join(each, 'prometheus')));
  if (found === undefined) console.warn('skipped: needs Prometheus, which scripts/setup --test unpacks');
  return found;
}

/** The program; `undefined`, and said so, where it is missing. */
export function victoriaProgram(): string | undefined {
  const found = [join(servers, 'victoria-metrics/usr/bin'), '/usr/bin']
    .map((each) => join(each, 'victoria-metrics'))
    .find((each) => existsSync(each));
  if (found === undefined) console.warn('skipped: needs VictoriaMetrics, which scripts/setup --test unpacks');
  return found;
}

/** What `promtool check metrics` complains of; empty when it does not. */
export function promtoolComplaints(page: string): string {
  const { status, stdout, stderr } = spawnSync(join(prometheusPrograms() ?? '', 'promtool'), ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  });
  return status === 0 ? `${stdout}${stderr}` : `exit code ${status}: ${stdout}${stderr}`;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface QueriedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class PrometheusServer {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** `scrape`: what stands below `scrape_configs: - job_name: …`, as YAML with an indent of four. */
  static async start(scrape: string): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-prometheus-'));
    const port = await freePort();
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, `global:\n  scrape_interval: 300ms\nscrape_configs:\n  - job_name: probepipe\n${scrape}`);
    return PrometheusServer.running(port, folder, join(prometheusPrograms() ?? '', 'prometheus'), [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--web.enable-remote-write-receiver',
      '--log.level=warn',
    ]);
  }

  /** VictoriaMetrics, which answers the same queries. */
  static async startVictoria(): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-victoria-'));
    const port = await freePort();
    return PrometheusServer.running(port, folder, victoriaProgram() ?? '', [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${join(folder, 'data')}`,
      '-search.latencyOffset=0s',
      '-loggerLevel=ERROR',
    ]);
  }

  private static async running(
    port: number,
    folder: string,
    program: string,
    args: readonly string[],
  ): Promise<PrometheusServer> {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const server = new PrometheusServer(port, folder, child);
    // Also when the test runs out of time.
    onTestFinished(() => server.stop());
    while (!(await server.ready())) {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
      await pause();
    }
    return server;
  }

  /** An instant query. */
  async query(expression: string): Promise<QueriedSeries[]> {
    const answer: { data: { result: { metric: Record<string, string>; value: [number, string] }[] } } = JSON.parse(
      await this.get(`/api/v1/query?query=${encodeURIComponent(expression)}`),
    );
    return answer.data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** What the query gives once it is what is wanted; the test's own time-out ends it otherwise. */
  async until(expression: string, wanted: (series: readonly QueriedSeries[]) => boolean): Promise<QueriedSeries[]> {
    for (;;) {
      const series = await this.query(expression);
      if (wanted(series)) return series;
      await pause();
    }
  }

  async get(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`);
    return response.text();
  }

  /** Harmless for one that has stopped. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once('close', resolve));
    this.process.kill('SIGKILL');
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/-/healthy`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));
