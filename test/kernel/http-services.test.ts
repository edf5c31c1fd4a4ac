/** examples/http-services as a new user runs it: two services in two languages with nginx before them, one command; the table, the page for Prometheus and what an OTLP receiver gets are all exact. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { attributes, collect, found } from '../support/otlp-sink.js';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import { type Exchange, hasProgram, nginx, node, python, sendRequests, startServer } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const count = 200;

/** How often each is there. */
function tally(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

const textOf = ({ method, path, status }: Exchange): string => `${method} ${path} ${status}`;
const isPath = (path: unknown): boolean => /^\/(?:fast|slow|big|missing|fail|echo)\//.test(String(path));

describe.skipIf(!isRoot || !hasProgram('nginx'))('services of a host (needs root and nginx)', () => {
  it('are told of in a table, for Prometheus and as spans, within ten seconds', async () => {
    const [behindNode, behindPython, frontNode, frontPython] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ] as const;
    const commands: readonly (readonly [number, readonly string[]])[] = [
      [behindNode, node(behindNode)],
      [behindPython, python(behindPython)],
      [frontNode, nginx(workspace.path('front-node'), frontNode, `http://127.0.0.1:${behindNode}`)],
      [frontPython, nginx(workspace.path('front-python'), frontPython, `http://127.0.0.1:${behindPython}`)],
    ];
    for (const [port, command] of commands) {
      const server = await startServer(port, command);
      onTestFinished(() => server.stop());
    }

    const collector = await collect();
    const page = await freePort();
    const example = readFileSync(new URL('../../examples/http-services/pipeline.yaml', import.meta.url), 'utf8');
    const file = workspace.file('services.yaml', example.replace('9435', String(page)));
    const run = new Probepipe(['run', file, '--format', 'jsonl'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.server.port}` },
    });
    onTestFinished(async () => void (await run.stop()));
    await run.attached();
    // Both at once, as clients are.
    const [byNode, byPython] = await Promise.all([sendRequests(frontNode, count), sendRequests(frontPython, count)]);
    // What is sent every five seconds has been sent, and its own requests with it.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const metrics = await (await fetch(`http://127.0.0.1:${page}/metrics`)).text();
    const { code, stdout, stderr } = await run.stop();
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing lost') });

    // Each request was served twice: by nginx, and by the service behind it.
    const asked = { nginx: [...byNode, ...byPython], server: byNode, app: byPython };
    const served = jsonLines(stdout).filter(({ path }) => isPath(path));
    for (const [service, exchanges] of Object.entries(asked)) {
      const lines = served.filter((line) => line.service === service);
      expect(lines.map(({ method, path, status }) => `${method} ${path} ${status}`).sort(), service).toEqual(
        exchanges.map(textOf).sort(),
      );
    }
    expect(served).toHaveLength(4 * count);
    // Of its own exports none is told of, on either side.
    expect(jsonLines(stdout).filter(({ path }) => String(path).startsWith('/v1/'))).toEqual([]);

    const spans = collector.all('traces').map((span) => ({ ...span, named: attributes(span.attributes) }));
    const spanned = spans.filter(({ named }) => isPath(named['url.path']));
    expect(
      spanned
        .map(
          ({ named }) => `${named['http.request.method']} ${named['url.path']} ${named['http.response.status_code']}`,
        )
        .sort(),
    ).toEqual([...asked.nginx, ...asked.nginx].map(textOf).sort());

    const duration = 'http_server_request_duration_seconds_count';
    for (const [service, exchanges] of Object.entries(asked)) {
      const requests = tally(
        exchanges.map(({ method, path, status }) => `${method} ~/${path.split('/')[1]}/{id} ${status}`),
      );
      for (const [key, requestCount] of Object.entries(requests)) {
        const [method, route, status] = key.split(' ');
        const labels = `service_name="${service}",http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"`;
        const error = Number(status) >= 500 ? status : '';
        expect(metrics).toContain(`${duration}{${labels},error_type="${error}"} ${requestCount}\n`);
      }
    }

    // The last reading of each series.
    const last = Object.fromEntries(
      collector.taken
        .flatMap(({ request }) => found(request, 'resourceMetrics'))
        .flatMap(({ resource, scopeMetrics }) =>
          found(scopeMetrics, 'metrics').flatMap(({ name, histogram }) =>
            found(histogram, 'dataPoints').map((point) => {
              expect(name).toBe('http.server.request.duration');
              const named = attributes(point.attributes);
              const names = ['http.request.method', 'http.route', 'http.response.status_code', 'error.type'];
              const service = attributes(Object(resource).attributes)['service.name'];
              return [[service, ...names.map((each) => named[each] ?? '-')].join(' '), point.count];
            }),
          ),
        ),
    );
    for (const [service, exchanges] of Object.entries(asked)) {
      const counts = tally(
        exchanges.map(({ method, path, status }) => {
          const error = status >= 500 ? status : '-';
          return `${service} ${method} ~/${path.split('/')[1]}/{id} ${status} ${error}`;
        }),
      );
      for (const [key, requestCount] of Object.entries(counts)) expect(last[key], key).toBe(String(requestCount));
    }
  }, 60_000);
});
