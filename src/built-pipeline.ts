/** A built pipeline → the bundle for this kernel, without clang: the variant whose programs are those that would be compiled here. */
import type { BuiltPipeline, BuiltVariant } from './compile/built-file.js';
import type { Bundle, Manifest } from './compile/manifest.js';
import { contentKey } from './compile/object-cache.js';
import { type Diagnostic, diagnostic, type StageResult } from './diagnostics/diagnostic.js';
import type { Host } from './host.js';
import { runningKernelIdentity } from './kernel/kernel-identity.js';
import type { PipelineOptions } from './pipeline.js';
import { ownVersion } from './version.js';

/** What tells programs apart: the C, without what only messages need. */
export const programKey = (plainC: string): string => contentKey([plainC]);

/**
 * `path`: of the file, for messages. Refused: what another probepipe built, for another processor, or for kernels whose types give other programs.
 */
export async function bundleOfBuilt(
  built: BuiltPipeline,
  path: string,
  host: Host,
  options: PipelineOptions,
): Promise<StageResult<Bundle>> {
  const misfit = misfitOf(built, path, host);
  if (misfit !== undefined) return { diagnostics: [misfit] };
  const identity = runningKernelIdentity(host);
  const same = built.variants.find(({ kernels }) => identity !== undefined && kernels.includes(identity));
  if (same !== undefined && options.sets.length === 0 && !asksThisHost(same.manifest))
    return { output: { manifest: same.manifest, object: same.object }, diagnostics: [] };
  const { generateSource } = await import('./pipeline.js');
  const { output, diagnostics } = generateSource(built.source, host, {
    ...options,
    sets: [...built.sets, ...options.sets],
    scoped: true,
  });
  if (output === undefined) return { diagnostics };
  const key = programKey(output.plain.c);
  const fitting = built.variants.find((variant) => variant.programKey === key);
  if (fitting === undefined) return { diagnostics: [...diagnostics, noVariant(built.variants, path)] };
  return { output: { manifest: output.manifest, object: fitting.object }, diagnostics };
}

/** Whether its manifest tells of more than the kernel: places in binaries, matches of patterns, values that must be set. */
function asksThisHost({ probes, params }: Manifest): boolean {
  const alternatives = probes.flatMap(({ groups }) => groups.flatMap((group) => group.alternatives));
  return (
    params.some(({ value }) => value === null) ||
    alternatives.some(
      ({ matches, programs }) =>
        matches !== undefined || programs.some(({ mechanism }) => /^u(ret)?probe$/.test(mechanism)),
    )
  );
}

function misfitOf({ version, arch }: BuiltPipeline, path: string, host: Host): Diagnostic | undefined {
  if (arch !== host.arch)
    return diagnostic('built-misfit', `"${path}" was built for ${arch}, and this host is ${host.arch}`, undefined, {
      hints: [`build it on a host of ${host.arch}`],
    });
  if (version === ownVersion()) return undefined;
  return diagnostic(
    'built-misfit',
    `"${path}" was built by probepipe ${version}, and this is probepipe ${ownVersion()}`,
    undefined,
    { hints: ['build it with the version that runs it: each has its own format of records'] },
  );
}

function noVariant(variants: readonly BuiltVariant[], path: string): Diagnostic {
  const kernels = variants.reduce((sum, each) => sum + each.kernels.length, 0);
  return diagnostic(
    'built-misfit',
    `"${path}" has no programs for this kernel: its types make others of this pipeline than those of the ${kernels === 1 ? 'kernel' : `${kernels} kernels`} that it was built for`,
    undefined,
    {
      hints: [
        'copy this host’s /sys/kernel/btf/vmlinux to where it is built, and name that there with another --btf',
        'or install clang here, and run the pipeline itself',
      ],
    },
  );
}
