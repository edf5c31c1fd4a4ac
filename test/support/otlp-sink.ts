/** OTLP sinks that tests open, a server that takes what they send, and what it was by the official definitions. */
import { afterEach } from 'vitest';
import type { Manifest } from '../../src/compile/manifest.js';
import { everything } from '../../src/events/selection.js';
import { type OtlpOptions, OtlpSink } from '../../src/sinks/otlp/otlp.js';
import { type Answer, type Received, ScriptedServer } from './http-server.js';
import { decodedRequest, type OtlpSignal } from './otlp-definitions.js';
import { KeptContext, manifest as numbered } from './sinks.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

export class Collector {
  readonly server: ScriptedServer;
  /** Of requests that were answered with success. */
  readonly taken: { readonly signal: OtlpSignal; readonly request: unknown }[] = [];

  constructor(answer?: (collector: Collector) => Answer) {
    const mine: Answer =
      answer?.(this) ??
      ((response, request) => {
        this.keep(request);
        response.writeHead(200, { 'content-type': request.headers['content-type'] ?? '' }).end();
      });
    this.server = new ScriptedServer(mine);
  }

  keep(request: Received): void {
    this.taken.push({ signal: signalOf(request), request: decoded(request) });
  }

  /** All log records, spans or metrics, wherever they stand. */
  all(signal: OtlpSignal): Record<string, unknown>[] {
    const lists = { logs: 'logRecords', traces: 'spans', metrics: 'metrics' };
    return this.taken.filter((each) => each.signal === signal).flatMap(({ request }) => found(request, lists[signal]));
  }
}

export function signalOf({ url }: Received): OtlpSignal {
  const last = new URL(url, 'http://x').pathname.split('/').at(-1);
  if (last === 'logs' || last === 'traces' || last === 'metrics') return last;
  throw new Error(`a request to ${url}`);
}

export function decoded(request: Received): unknown {
  const isJson = request.headers['content-type'] === 'application/json';
  return isJson ? JSON.parse(request.text) : decodedRequest(signalOf(request), request.body);
}

/** What all lists of that name hold, at any depth. */
export function found(within: unknown, list: string): Record<string, unknown>[] {
  if (typeof within !== 'object' || within === null) return [];
  return Object.entries(within).flatMap(([key, value]) =>
    key === list && Array.isArray(value) ? value : found(value, list),
  );
}

/** `[{ key, value: { stringValue } }]` as `{ key: value }`, numbers of 64 bits as texts. */
export function attributes(list: unknown): Record<string, unknown> {
  if (!Array.isArray(list)) return {};
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}

export async function collect(answer?: (collector: Collector) => Answer, port = 0): Promise<Collector> {
  const collector = new Collector(answer);
  await collector.server.listen(port);
  closing.push(() => collector.server.close());
  return collector;
}

export async function openOtlp(endpoint: string, more: Partial<OtlpOptions> = {}, manifest: Manifest = numbered) {
  const context = new KeptContext();
  const options: OtlpOptions = {
    name: 'otlp',
    endpoint,
    endpointOption: 'endpoint',
    endpointIsSecret: false,
    encoding: 'protobuf',
    resource: {},
    metrics: new Map(),
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
  const sink = new OtlpSink(manifest, everything, options, context);
  await sink.open();
  closing.push(() => sink.close(0));
  return { sink, context };
}
