/** HTTP sinks that tests open, and the servers that they send to; all are closed when a test ends. */
import { afterEach } from 'vitest';
import { everything } from '../../src/events/selection.js';
import { type HttpOptions, HttpSink } from '../../src/sinks/http/http.js';
import { type Answer, ScriptedServer } from './http-server.js';
import { KeptContext, numbersIn } from './sinks.js';

const servers: ScriptedServer[] = [];
const sinks: HttpSink[] = [];
afterEach(async () => {
  await Promise.all(sinks.splice(0).map((sink) => sink.close(0)));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

export async function serve(answer: (server: ScriptedServer) => Answer, port = 0): Promise<ScriptedServer> {
  const server: ScriptedServer = new ScriptedServer((response, request, index) =>
    answer(server)(response, request, index),
  );
  servers.push(server);
  await server.listen(port);
  return server;
}

export const takesAll = (server: ScriptedServer): Answer => server.take.bind(server);

/** Statuses for the first requests, success after them. */
export function statuses(...first: readonly (number | readonly [number, Record<string, string>])[]) {
  return (server: ScriptedServer): Answer =>
    (response, request, index) => {
      const answer = first[index];
      if (answer === undefined) return server.take(response, request);
      const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
      response.writeHead(status, headers).end('the server says "hunter2"');
    };
}

export async function open(url: string, more: Partial<HttpOptions> = {}) {
  const context = new KeptContext();
  const options: HttpOptions = {
    name: 'http',
    url,
    method: 'POST',
    urlIsSecret: false,
    encoding: 'ndjson',
    concurrency: 1,
    headers: {},
    compression: 'none',
    timeoutMs: 5000,
    maxEvents: 100,
    maxBytes: 1024 * 1024,
    maxWaitMs: 20,
    buffer: { maxBytes: 1024 * 1024, whenFull: 'drop_newest' },
    retry: { initialMs: 5, maxMs: 20, attempts: 0 },
    ...more,
  };
  const sink = new HttpSink({ name: 'p', description: '' }, everything, options, context);
  sinks.push(sink);
  await sink.open();
  return { sink, context };
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export function taken(server: ScriptedServer): number[] {
  return server.taken.flatMap(numbersIn);
}

export const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
