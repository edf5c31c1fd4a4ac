/** A pipeline's bundle: from the cache where nothing that it was made from has changed, else by the whole journey of `pipeline.ts`, which is loaded only then. */
import { readBundle, writeBundle } from './compile/bundle-cache.js';
import type { Bundle } from './compile/manifest.js';
import type { StageResult } from './diagnostics/diagnostic.js';
import type { Source } from './diagnostics/source.js';
import type { Host } from './host.js';
import { runningKernelIdentity } from './kernel/kernel-identity.js';
import { packageFile } from './package-files.js';
import type { PipelineOptions } from './pipeline.js';
import { ownVersion } from './version.js';

export async function bundleOf(source: Source, host: Host, options: PipelineOptions): Promise<StageResult<Bundle>> {
  const kernelIdentity = options.btfFile === undefined ? runningKernelIdentity(host) : undefined;
  const inputs =
    kernelIdentity === undefined
      ? undefined
      : { source, sets: options.sets, scoped: options.scoped ?? false, kernelIdentity, build: buildIdentity(host) };
  const cached = inputs && readBundle(inputs, host);
  if (cached !== undefined) return { output: cached, diagnostics: [] };
  const { compileSource } = await import('./pipeline.js');
  const compiled = await compileSource(source, host, options);
  if (compiled.output === undefined) return compiled;
  // What a pipeline has for other kernels says nothing of this run.
  const diagnostics = compiled.diagnostics.filter(({ forOtherKernels }) => forOtherKernels !== true);
  // What was warned of is to be told again, so only a pipeline without remarks is kept.
  if (inputs !== undefined && diagnostics.length === 0) writeBundle(inputs, compiled.output, host);
  return { output: compiled.output, diagnostics };
}

/** The version, and when dist/ was built: another build may generate other programs. */
function buildIdentity(host: Host): string {
  const built = host.stat(packageFile('dist/.built'));
  return `${ownVersion()} ${built?.modifiedMs ?? 0}`;
}
