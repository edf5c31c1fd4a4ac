/**
 * The verifier's log → one message at the YAML line. The last instruction's line information names the line: newer kernels (6.10 on) write `; text @ file:line`, all write the line's text, which
 * the compiler begins with `file:line:` for this purpose.
 */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import { lineText, type Source, type Span } from '../diagnostics/source.js';

export interface VerifierComplaint {
  /** The verifier's own last useful line. */
  readonly reason: string;
  /** From 1; missing where the complaint is about code that stands for no line. */
  readonly line?: number;
}

const lineNote = /^; (?:.*@ )?([A-Za-z0-9._-]+):(\d+)(?::|$)/;

/** `undefined` for a log that is no verifier's. */
export function readVerifierLog(log: string, sourceName: string): VerifierComplaint | undefined {
  const lines = log.split('\n').map((line) => line.replace(/^libbpf: /, '').trimEnd());
  const processed = lines.findIndex((line) => /^processed \d+ insns/.test(line));
  if (processed < 0) return undefined;
  let reason = '';
  for (let at = processed - 1; at >= 0 && reason === ''; at--) {
    const line = lines[at] ?? '';
    if (line !== '' && !line.startsWith(';') && !/^\d+: |^from \d+ to|^arg#|^mark_precise/.test(line)) reason = line;
  }
  for (let at = processed - 1; at >= 0; at--) {
    const note = lineNote.exec(lines[at] ?? '');
    if (note?.[1] === sourceName && Number(note[2]) > 0) return { reason, line: Number(note[2]) };
  }
  return { reason };
}

export function verifierDiagnostic(
  complaint: VerifierComplaint,
  log: string,
  program: string,
  source: Source | undefined,
): Diagnostic {
  const span = source === undefined || complaint.line === undefined ? undefined : lineSpan(source, complaint.line);
  return diagnostic(
    'verifier',
    `the kernel’s verifier refused "${program}" because of this line: ${complaint.reason}`,
    span,
    {
      hints: ['the whole log: --verbose', 'nothing that a pipeline says should be refused: please report it'],
      detail: log,
    },
  );
}

function lineSpan(source: Source, line: number): Span {
  let start = 0;
  for (let at = 1; at < line; at++) start = source.text.indexOf('\n', start) + 1;
  const text = lineText(source, line);
  const indent = text.length - text.trimStart().length;
  return { source, start: start + indent, end: start + text.length };
}
