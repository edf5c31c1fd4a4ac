/** One cell of the verifier matrix: a bundle loaded on the running kernel, and closed again. */

import type { Bundle } from '../../src/compile/manifest.js';
import { renderDiagnostics } from '../../src/diagnostics/render.js';
import type { Source } from '../../src/diagnostics/source.js';
import { loadPipeline } from '../../src/runtime/load-pipeline.js';
import type { NativeAddon } from '../../src/runtime/native-addon.js';
import { otherWay } from '../../src/runtime/native-failure.js';
import { withAllPrograms } from './all-programs.js';

/** `unsupported`: every way to attach a probe needs what this kernel does not have; anything else that is refused is a defect. */
export type MatrixCell =
  | { readonly verdict: 'loads' }
  | { readonly verdict: 'unsupported' | 'refused'; readonly reason: string };

/** Hooks of kernel functions, which kernels without kprobes and in lockdown refuse; all else must load everywhere. */
const lacking =
  /^(fentry|fexit|kprobe|kretprobe)\S*: (this kernel does not have it|the kernel does not permit it) \(E\w+\)/;

export function matrixCell(bundle: Bundle, addon: NativeAddon, source: Source): MatrixCell {
  const { output, diagnostics } = loadPipeline(
    { ...bundle, manifest: withAllPrograms(bundle.manifest) },
    addon,
    source,
  );
  output?.object.close();
  if (output !== undefined) return { verdict: 'loads' };
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  // The last hint is given only where every way is one of a function.
  const unsupported = errors.every(
    ({ code, hints }) =>
      code === 'hook-unsupported' &&
      hints.at(-1) === otherWay &&
      hints.slice(0, -1).every((hint) => lacking.test(hint)),
  );
  return { verdict: unsupported ? 'unsupported' : 'refused', reason: renderDiagnostics(errors, { color: false }) };
}
