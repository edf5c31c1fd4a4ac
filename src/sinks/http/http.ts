/** `http`: batches of events to a server, in the form that it expects. */
import type { Manifest } from '../../compile/manifest.js';
import type { EventBatch } from '../../events/event-batch.js';
import type { Selection } from '../../events/selection.js';
import { type DeliveryOptions, NetworkSink } from '../delivery/network-sink.js';
import { jsonLines, type Transport } from '../delivery/transport.js';
import { checkKeyPair } from '../pem.js';
import type { SinkContext } from '../sink.js';
import { templateLines } from '../template-format.js';
import { type BodyEncoding, bodyForm } from './body.js';
import { remoteWriteForm, sampleEncoder } from './remote-write.js';
import { isRetried, openRequester, outcomeOf, type RequestTarget } from './request.js';
import type { RequestOptions } from './request-options.js';
import { httpTarget } from './target.js';

export interface HttpOptions extends DeliveryOptions, RequestOptions, Pick<RequestTarget, 'method'> {
  /** May hold credentials and secrets. */
  readonly url: string;
  /** It came from the environment or a file, so messages do not show it. */
  readonly urlIsSecret: boolean;
  readonly encoding: BodyEncoding;
  /** Of the encoding `template`. */
  readonly template?: string | undefined;
  /** Of Loki's streams. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export class HttpSink extends NetworkSink {
  readonly #takesEvents: boolean;

  /** `pipeline`: what its metrics are named by. */
  constructor(
    pipeline: Pick<Manifest, 'name' | 'description'>,
    selection: Selection,
    options: HttpOptions,
    context: SinkContext,
  ) {
    const samples = options.encoding === 'prometheus_remote_write';
    const encoder = encoderOf(options, pipeline);
    // Samples of a series that overtake each other are refused.
    const ordered = samples ? { ...options, concurrency: 1 } : options;
    super(selection, { encoder, connect: () => connect(ordered, context) }, ordered, context);
    this.#takesEvents = !samples;
  }

  override accept(batch: EventBatch): void {
    if (this.#takesEvents) super.accept(batch);
  }
}

function encoderOf({ encoding, template = '' }: HttpOptions, pipeline: Pick<Manifest, 'name' | 'description'>) {
  if (encoding === 'prometheus_remote_write') return sampleEncoder(pipeline);
  return encoding === 'template' ? templateLines(template) : jsonLines;
}

/** Rejects with a `SinkError` for a URL or a header that cannot be used. */
async function connect(options: HttpOptions, context: SinkContext): Promise<Transport> {
  const { encoding, labels = {} } = options;
  const form = encoding === 'prometheus_remote_write' ? await remoteWriteForm(labels) : bodyForm(encoding, labels);
  const compression = form.headers === undefined ? options.compression : 'none';
  await checkKeyPair(options.name, options.tls?.cert, options.tls?.key);
  const { url, headers } = httpTarget({ ...options, compression, contentType: form.contentType });
  for (const [key, value] of Object.entries(form.query ?? {}))
    if (!url.searchParams.has(key)) url.searchParams.set(key, value);
  const retried = isRetried(options.retriedStatuses);
  const label = options.urlIsSecret ? 'its server' : `${url.origin}${url.pathname}`;
  if (options.tls?.verify === false)
    context.warn(
      `${options.name}:unverified`,
      `sink "${options.name}": ${label} may be anyone: "verify: false" takes every certificate`,
    );
  const requester = await openRequester(
    { ...options, compression, url, headers: { ...headers, ...form.headers }, connections: options.concurrency },
    form.outcome !== undefined,
  );
  return {
    label,
    prepare: (batch) => requester.compress(form.body(batch)),
    async send(body, batch, signal) {
      const exchange = await requester.send(body, signal);
      if ('failure' in exchange) return { kind: 'retry', reason: exchange.failure };
      const outcome = outcomeOf(exchange.answer, retried);
      return outcome.kind === 'delivered' ? (form.outcome?.(exchange.answer, batch, retried) ?? outcome) : outcome;
    },
    close: () => requester.close(),
  };
}
