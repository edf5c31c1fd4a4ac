/** A file that `run` was given → what is loaded: of a built pipeline what is in it, else from the cache, or compiled now. */
import { bundleOf } from '../cached-pipeline.js';
import type { Bundle } from '../compile/manifest.js';
import type { StageResult } from '../diagnostics/diagnostic.js';
import type { Host } from '../host.js';
import type { PipelineOptions } from '../pipeline.js';
import type { PipelineFile } from './read-source.js';

export async function pipelineBundle(
  path: string,
  { source, built }: PipelineFile,
  host: Host,
  options: PipelineOptions,
): Promise<StageResult<Bundle>> {
  if (built === undefined) return bundleOf(source, host, options);
  const { bundleOfBuilt } = await import('../built-pipeline.js');
  return bundleOfBuilt(built, path, host, options);
}
