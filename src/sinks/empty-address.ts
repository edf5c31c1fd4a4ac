/** A sink whose address comes from the environment, `endpoint: ${OTEL_EXPORTER_OTLP_ENDPOINT:-}`, is there for those who set it. */
import type { SinkManifest } from '../compile/manifest.js';
import { Secret } from '../language/secret.js';

/** The option that gives the sink's address and is empty; `undefined` for a sink that is to be opened. */
export function emptyAddress({ kind, options }: Pick<SinkManifest, 'kind' | 'options'>): string | undefined {
  const option = kind === 'otlp' ? 'endpoint' : kind === 'http' ? 'url' : undefined;
  const given = option === undefined ? undefined : options[option];
  // What is written out is never empty: the schema sees to that.
  return given instanceof Secret && given.reveal() === '' ? option : undefined;
}
