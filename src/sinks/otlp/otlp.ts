/** `otlp`: events and maps to whatever takes OpenTelemetry's protocol over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
import type { Manifest } from '../../compile/manifest.js';
import type { OtlpMetrics } from '../../compile/metrics/otlp-metrics.js';
import type { Selection } from '../../events/selection.js';
import { ownVersion } from '../../version.js';
import { type Batch, sliceOf } from '../delivery/batch.js';
import { type DeliveryOptions, NetworkSink } from '../delivery/network-sink.js';
import { type ItemEncoder, jsonLines, type Outcome, type Transport } from '../delivery/transport.js';
import { isRetried, openRequester, outcomeOf, type Requester } from '../http/request.js';
import type { RequestOptions } from '../http/request-options.js';
import { httpTarget } from '../http/target.js';
import { checkKeyPair } from '../pem.js';
import type { SinkContext } from '../sink.js';
import { type Codec, type OtlpEncoding, openCodec } from './codec.js';
import { DataPoints } from './data-points.js';
import { eventShapes, tellsTime } from './event-shape.js';
import { Stamper } from './item.js';
import { type Signal, signals } from './messages.js';
import { nowNanoseconds } from './moments.js';
import { type SignalOutcome, wholeOutcome } from './outcome.js';
import { type RequestContext, requestsOf } from './requests.js';
import { hostResource } from './resource.js';

export interface OtlpOptions extends DeliveryOptions, RequestOptions {
  /** Without the signals' paths. May hold credentials and secrets. */
  /** What it is called in the pipeline: `url` where the sink is `http` with `encoding: otlp`. */
  readonly endpointOption: 'endpoint' | 'url';
  readonly endpoint: string;
  readonly endpointIsSecret: boolean;
  readonly encoding: OtlpEncoding;
  /** Attributes that the user gives the resource. */
  readonly resource: Readonly<Record<string, string>>;
  readonly metrics: OtlpMetrics;
}

/** As OTLP says; all others are refusals. */
const otlpRetried: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class OtlpSink extends NetworkSink {
  constructor(manifest: Manifest, selection: Selection, options: OtlpOptions, context: SinkContext) {
    const encoder = encoderOf(manifest, selection, options.metrics);
    super(selection, { encoder, connect: () => connect(manifest, options, context) }, options, context);
  }
}

/** Events are lines of JSON, with the moment they were read at where one of the probes does not tell when they were. */
function encoderOf(manifest: Manifest, selection: Selection, metrics: OtlpMetrics): ItemEncoder {
  const stamper = new Stamper();
  const points = new DataPoints(manifest, nowNanoseconds(), metrics);
  const allTell = manifest.probes.every(
    (probe) => probe.event === undefined || !selection.takes(probe.name) || tellsTime(selection.fieldsOf(probe)),
  );
  return {
    form: 'otlp',
    events(batch, of) {
      const lines = jsonLines.events(batch, of);
      return allTell ? lines : stamper.stamped(lines, nowNanoseconds());
    },
    rows: (snapshot) => points.items(snapshot),
  };
}

/** One of them, on its way. */
interface Body {
  readonly signal: Signal;
  readonly items: readonly number[];
  readonly bytes: Uint8Array;
}

/** Rejects with a `SinkError` for an endpoint or a header that cannot be used. */
async function connect(
  manifest: Manifest,
  options: OtlpOptions,
  context: SinkContext,
): Promise<Transport<readonly Body[]>> {
  const codec = await openCodec(options.encoding);
  await checkKeyPair(options.name, options.tls?.cert, options.tls?.key);
  const { url, headers } = httpTarget({
    ...options,
    url: options.endpoint,
    option: options.endpointOption,
    contentType: codec.contentType,
  });
  const label = options.endpointIsSecret ? 'its server' : `${url.origin}${url.pathname}`;
  if (options.tls?.verify === false)
    context.warn(
      `${options.name}:unverified`,
      `sink "${options.name}": ${label} may be anyone: "verify: false" takes every certificate`,
    );
  const requesters = new Map<Signal, Requester>();
  for (const signal of signals) {
    const at = new URL(url);
    at.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
    const target = { ...options, method: 'POST', url: at, headers, connections: options.concurrency } as const;
    requesters.set(signal, await openRequester(target, true));
  }
  const requestContext = {
    form: codec.form,
    shapes: eventShapes(manifest),
    resource: hostResource(options.resource),
    scope: {
      name: 'probepipe',
      version: ownVersion(),
      attributes: [{ key: 'probepipe.pipeline', value: { stringValue: manifest.name } }],
    },
  };
  const retried = isRetried(options.retriedStatuses ?? otlpRetried);
  return {
    label,
    prepare: (batch) =>
      Promise.all(
        encoded(batch, codec, requestContext).map(async ({ signal, items, bytes }) => ({
          signal,
          items,
          bytes: (await requesters.get(signal)?.compress(bytes)) ?? bytes,
        })),
      ),
    async send(bodies, batch, signal) {
      const outcomes = await Promise.all(
        bodies.map(async (body): Promise<SignalOutcome> => {
          const requester = requesters.get(body.signal);
          const outcome = await sendOne(requester, body, codec, retried, signal);
          return { items: body.items, outcome };
        }),
      );
      return wholeOutcome(outcomes, batch);
    },
    async close() {
      await Promise.all([...requesters.values()].map((requester) => requester.close()));
    },
  };
}

/** Items whose records are objects at the same time: those of a large batch would be some tens of MiB. */
const encodedTogether = 1000;

function encoded(batch: Batch, codec: Codec, context: RequestContext): readonly Body[] {
  const bodies = new Map<Signal, { items: number[]; parts: Uint8Array[] }>();
  const step = codec.joins ? encodedTogether : Math.max(1, batch.count);
  for (let from = 0; from < batch.count; from += step) {
    for (const { signal, items, request } of requestsOf(sliceOf(batch, from, from + step), context)) {
      const body = bodies.get(signal) ?? { items: [], parts: [] };
      bodies.set(signal, body);
      for (const item of items) body.items.push(from + item);
      body.parts.push(codec.encode(signal, request));
    }
  }
  return [...bodies].map(([signal, { items, parts }]) => ({ signal, items, bytes: Buffer.concat(parts) }));
}

async function sendOne(
  requester: Requester | undefined,
  { signal, items, bytes }: Body,
  codec: Codec,
  retried: (status: number) => boolean,
  abort: AbortSignal,
): Promise<Outcome> {
  if (requester === undefined) throw new Error(`there is no requester for ${signal}`);
  const exchange = await requester.send(bytes, abort);
  if ('failure' in exchange) return { kind: 'retry', reason: exchange.failure };
  const outcome = outcomeOf(exchange.answer, retried);
  if (outcome.kind !== 'delivered') return outcome;
  const rejected = Math.min(codec.rejected(signal, exchange.answer.body), items.length);
  if (rejected === 0) return outcome;
  if (rejected === items.length) return { kind: 'refused', cause: partlyRefused };
  // Which ones it were is not told, and none is to be sent again.
  return {
    kind: 'partial',
    retry: new Set(),
    reason: '',
    refused: new Map(),
    untold: { count: rejected, cause: partlyRefused },
  };
}

/** In the ledger. */
const partlyRefused = 'refused (partial success)';
