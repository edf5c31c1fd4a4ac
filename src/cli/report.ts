/** Diagnostics → standard error and an exit code. */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import { renderDiagnostics } from '../diagnostics/render.js';
import type { CommandIo, ExitCode } from './command.js';

/** Of the host, not of the pipeline. */
const hostCodes: ReadonlySet<DiagnosticCode> = new Set([
  'btf-missing',
  'btf-format',
  'clang-missing',
  'built-misfit',
  'privilege',
  'addon-missing',
  'hook-unsupported',
  'attach-failed',
  'load-failed',
]);

export function report(diagnostics: readonly Diagnostic[], io: CommandIo, verbose: boolean): void {
  if (diagnostics.length > 0) io.err(renderDiagnostics(diagnostics, { color: io.color, verbose }));
}

/** 3 where the pipeline is at fault, 4 where the host is, 1 for our own bugs. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): ExitCode {
  if (!hasErrors(diagnostics)) return 0;
  const errors = diagnostics.filter((each) => each.severity === 'error');
  if (errors.some((each) => each.code === 'clang-failed' || each.code === 'verifier')) return 1;
  return errors.every((each) => hostCodes.has(each.code)) ? 4 : 3;
}
