/**
 * The one error shape. Stages never throw for what a user wrote or a host lacks: they return diagnostics. A thrown
 * error is a bug in probepipe.
 */
import type { DiagnosticCode } from './codes.js';
import type { Span } from './source.js';

export type Severity = 'error' | 'warning' | 'note';

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** Lower-case, concrete, the offending name in double quotes, no full stop at the end. */
  readonly message: string;
  /** Missing only where there is no text to point at (a missing file, a missing privilege). */
  readonly span?: Span;
  /** What would be right: each a short sentence shown below the code frame as `help: …`. */
  readonly hints: readonly string[];
  readonly related: readonly Related[];
  /** A long text behind the message (a whole verifier log, the compiler's output), shown only under `--verbose`. */
  readonly detail?: string;
  /** Says what stands there for other kernels: `lint` and `explain` tell it, a run has nothing to tell. */
  readonly forOtherKernels?: true;
}

export interface Related {
  readonly message: string;
  readonly span: Span;
}

export interface DiagnosticOptions {
  readonly severity?: Severity;
  readonly hints?: readonly string[];
  readonly related?: readonly Related[];
  readonly detail?: string;
}

export function diagnostic(
  code: DiagnosticCode,
  message: string,
  span?: Span,
  options: DiagnosticOptions = {},
): Diagnostic {
  return {
    code,
    severity: options.severity ?? 'error',
    message,
    ...(span === undefined ? {} : { span }),
    hints: options.hints ?? [],
    related: options.related ?? [],
    ...(options.detail === undefined ? {} : { detail: options.detail }),
  };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((each) => each.severity === 'error');
}

/** What a stage returns: an output unless an error stood in the way. */
export interface StageResult<Output> {
  readonly output?: Output;
  readonly diagnostics: readonly Diagnostic[];
}

/** Collects diagnostics while a stage walks its input. */
export class DiagnosticSink {
  readonly diagnostics: Diagnostic[] = [];

  add(code: DiagnosticCode, message: string, span?: Span, options?: DiagnosticOptions): void {
    this.diagnostics.push(diagnostic(code, message, span, options));
  }

  get failed(): boolean {
    return hasErrors(this.diagnostics);
  }
}
