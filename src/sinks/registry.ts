/**
 * Kinds of sinks. In goes a sink of the manifest, its options checked by the language and its secrets resolved; out comes
 * a sink that is not open yet.
 */
import type { Manifest, SinkManifest } from '../compile/manifest.js';
import { Selection } from '../events/selection.js';
import { FileSink } from './file.js';
import { FileGroup, probeInPath } from './file-group.js';
import { type LiveScreen, LiveView } from './live-view.js';
import type { LocalFormat } from './local-sink.js';
import { type Options, options } from './option-values.js';
import type { RotationOptions } from './rotation.js';
import type { RunReadings, Sink, SinkContext } from './sink.js';
import { StdoutSink, type Terminal } from './stdout.js';

/** What a run gives its sinks. */
export interface SinkEnvironment {
  readonly manifest: Manifest;
  readonly context: SinkContext;
  readonly readings: RunReadings;
  readonly stdout: {
    /** Usually 1. */
    readonly fd: number;
    /** Missing where standard output is no terminal. */
    readonly terminal?: Terminal | undefined;
    readonly unicode: boolean;
    /** Where maps are redrawn in place, if that was asked for; without a screen where standard output is no terminal. */
    readonly live?: { readonly screen: LiveScreen | undefined } | undefined;
    /** From the command line; goes before the pipeline's. */
    readonly format?: LocalFormat | undefined;
  };
}

const defaultRotationBytes = 100 * 1024 ** 2;

type SinkFactory = (sink: SinkManifest, given: Options, environment: SinkEnvironment) => Sink;

const formatsByName = [
  ['.csv', 'csv'],
  ['.logfmt', 'logfmt'],
  ['.folded', 'folded'],
  ['.html', 'flamegraph'],
] as const;

const factories: Readonly<Record<string, SinkFactory>> = {
  stdout: ({ name, ...selected }, given, { manifest, context, readings, stdout }) => {
    const { live, unicode } = stdout;
    const selection = new Selection(selected);
    if (live !== undefined)
      return new LiveView(manifest, selection, { name, unicode, screen: live.screen }, { context, readings });
    return new StdoutSink(
      manifest,
      selection,
      {
        ...stdout,
        name,
        template: given.text('template'),
        format:
          stdout.format ??
          (given.has('template')
            ? 'template'
            : given.choice('format', ['table', 'jsonl', 'json', 'csv', 'logfmt', 'folded', 'flamegraph'])),
      },
      context,
    );
  },

  file: ({ name, ...selected }, given, { manifest, context }) => {
    const path = given.text('path') ?? '';
    const byName = formatsByName.find(([end]) => path.endsWith(end))?.[1] ?? 'jsonl';
    const Kind = path.includes(probeInPath) ? FileGroup : FileSink;
    return new Kind(
      manifest,
      new Selection(selected),
      {
        name,
        path,
        shownPath: given.shown('path'),
        template: given.text('template'),
        format: given.has('template')
          ? 'template'
          : (given.choice('format', ['jsonl', 'csv', 'logfmt', 'folded', 'flamegraph']) ?? byName),
        append: given.flag('append') ?? true,
        syncMs: given.milliseconds('sync'),
        rotate: given.has('rotate') ? rotationOptions(given.inner('rotate')) : undefined,
      },
      context,
    );
  },
};

function rotationOptions(given: Options): RotationOptions {
  const ageMs = given.milliseconds('age');
  return {
    bytes: given.bytes('size') ?? (ageMs === undefined ? defaultRotationBytes : undefined),
    ageMs,
    keep: given.count('keep') ?? 7,
    compress: given.choice('compress', ['gzip', 'zstd', 'none']) ?? 'none',
  };
}

/** Its modules are loaded only where there is one. */
async function prometheusSink(
  { name, options: raw, ...selected }: SinkManifest,
  given: Options,
  environment: SinkEnvironment,
): Promise<Sink> {
  const [{ PrometheusSink }, { pemText }, { metricOptions }] = await Promise.all([
    import('./prometheus/prometheus.js'),
    import('./pem.js'),
    import('../compile/metrics/metric-options.js'),
  ]);
  const limits = given.inner('limits');
  const auth = given.inner('auth');
  const tls = given.inner('tls');
  const pem = (option: string, holds: 'certificates' | 'a key'): string =>
    pemText({
      sink: name,
      option: `tls.${option}`,
      given: tls.text(option) ?? '',
      shown: tls.shown(option) ?? '',
      holds,
    });
  return new PrometheusSink(
    environment.manifest,
    new Selection(selected),
    {
      name,
      listen: given.text('listen') ?? '127.0.0.1:9435',
      listenIsSecret: given.secret('listen'),
      path: given.text('path') ?? '/metrics',
      metrics: metricOptions(raw),
      seriesLimit: limits.count('series') ?? 1000,
      expireMs: limits.text('expire') === 'never' ? undefined : (limits.milliseconds('expire') ?? 3_600_000),
      timeoutMs: given.milliseconds('timeout') ?? 10_000,
      engine: given.flag('engine') ?? true,
      created: given.flag('created') ?? false,
      ...(raw.auth === undefined
        ? {}
        : { auth: { username: auth.text('username') ?? '', password: auth.text('password') ?? '' } }),
      ...(raw.tls === undefined
        ? {}
        : {
            tls: {
              cert: pem('cert', 'certificates'),
              key: pem('key', 'a key'),
              clientCa: tls.has('client_ca') ? pem('client_ca', 'certificates') : undefined,
            },
          }),
    },
    environment,
  );
}

/** As above. */
async function httpSink(
  { name, ...selected }: SinkManifest,
  given: Options,
  { context, manifest }: SinkEnvironment,
): Promise<Sink> {
  const [{ HttpSink }, { httpOptions }] = await Promise.all([
    import('./http/http.js'),
    import('./http/http-options.js'),
  ]);
  return new HttpSink(manifest, new Selection(selected), httpOptions(name, given), context);
}

/** As above. */
async function otlpSink(
  { name, ...selected }: SinkManifest,
  given: Options,
  { manifest, context }: SinkEnvironment,
): Promise<Sink> {
  const [{ OtlpSink }, { otlpOptions }] = await Promise.all([
    import('./otlp/otlp.js'),
    import('./otlp/otlp-options.js'),
  ]);
  return new OtlpSink(manifest, new Selection(selected), otlpOptions(name, given, selected.options), context);
}

export async function createSink(sink: SinkManifest, environment: SinkEnvironment): Promise<Sink> {
  const made = await sinkOf(sink, environment);
  if (sink.conditions === undefined) return made;
  const { FilteringSink } = await import('./filtering-sink.js');
  return new FilteringSink(made, new Selection(sink), sink);
}

async function sinkOf(sink: SinkManifest, environment: SinkEnvironment): Promise<Sink> {
  if (sink.kind === 'prometheus') return prometheusSink(sink, options(sink.options), environment);
  if (sink.kind === 'otlp' || (sink.kind === 'http' && sink.options.encoding === 'otlp'))
    return otlpSink(sink, options(sink.options), environment);
  if (sink.kind === 'http') return httpSink(sink, options(sink.options), environment);
  const factory = factories[sink.kind];
  if (factory === undefined) throw new Error(`the manifest has a sink of the kind "${sink.kind}"`);
  return factory(sink, options(sink.options), environment);
}
