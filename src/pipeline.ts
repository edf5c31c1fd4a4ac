/**
 * The journey of a pipeline: text → positioned document → validated spec → checked against this kernel's types → C → object. Each stage gives its output or the reasons why there is none; what is live (loading,
 * attaching, events, sinks) begins with the bundle that comes out here.
 */
import { checkPipeline } from './compile/check-pipeline.js';
import { compileObject } from './compile/compile-object.js';
import { type Generated, generateC } from './compile/generate-c.js';
import type { Bundle } from './compile/manifest.js';
import type { TypedPipeline } from './compile/typed-pipeline.js';
import type { Diagnostic, StageResult } from './diagnostics/diagnostic.js';
import type { Source } from './diagnostics/source.js';
import type { Host } from './host.js';
import { openKernel } from './kernel/btf-kernel.js';
import type { Kernel } from './kernel/kernel.js';
import { readPipeline } from './language/read-pipeline.js';

export interface PipelineOptions {
  /** `--set NAME=VALUE`. */
  readonly sets: readonly { readonly name: string; readonly value: string }[];
  /** Another kernel's BTF instead of the running one's. */
  readonly btfFile?: string;
  /** Where tracefs is, if not at its usual places. */
  readonly tracefs?: string;
  /** Whether required params may go without a value, since nothing is to run. */
  readonly valuesMayMiss?: boolean;
  /** Whether the programs can be limited to some processes at load. */
  readonly scoped?: boolean;
}

export interface CheckedPipeline {
  readonly typed: TypedPipeline;
  readonly kernel: Kernel;
}

/** Everything up to the types: what `lint` does. Needs no root, no clang and no addon. */
export function checkSource(source: Source, host: Host, options: PipelineOptions): StageResult<CheckedPipeline> {
  const read = readPipeline(source, options.sets, { valuesMayMiss: options.valuesMayMiss ?? false });
  if (read.output === undefined) return { diagnostics: read.diagnostics };
  const opened = openKernel(host, {
    ...(options.btfFile === undefined ? {} : { btfFile: options.btfFile }),
    ...(options.tracefs === undefined ? {} : { tracefs: options.tracefs }),
  });
  const before: readonly Diagnostic[] = [...read.diagnostics, ...opened.diagnostics];
  if (opened.output === undefined) return { diagnostics: before };
  const checked = checkPipeline(read.output, opened.output, host);
  const diagnostics = [...before, ...checked.diagnostics];
  return checked.output === undefined
    ? { diagnostics }
    : { output: { typed: checked.output, kernel: opened.output }, diagnostics };
}

/** The same, and the C. */
export function generateSource(
  source: Source,
  host: Host,
  options: PipelineOptions,
): StageResult<Generated & CheckedPipeline> {
  const { output, diagnostics } = checkSource(source, host, options);
  if (output === undefined) return { diagnostics };
  const generated = generateC(output.typed, output.kernel, { scoped: options.scoped ?? false });
  const all = [...diagnostics, ...generated.diagnostics];
  return generated.output === undefined
    ? { diagnostics: all }
    : { output: { ...output, ...generated.output }, diagnostics: all };
}

/** The whole journey to a bundle that can be loaded. */
export async function compileSource(
  source: Source,
  host: Host,
  options: PipelineOptions,
): Promise<StageResult<Bundle>> {
  const generated = generateSource(source, host, options);
  if (generated.output === undefined) return { diagnostics: generated.diagnostics };
  const compiled = await compileObject(generated.output.c, source, host);
  const diagnostics = [...generated.diagnostics, ...compiled.diagnostics];
  if (compiled.output === undefined) return { diagnostics };
  return { output: { manifest: generated.output.manifest, object: compiled.output }, diagnostics };
}
