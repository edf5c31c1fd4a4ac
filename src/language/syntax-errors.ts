/** Collects YAML syntax errors so that a single mistake is told once. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { positionAt, type Source } from '../diagnostics/source.js';

/** One mistake early in a file often makes a parser complain about all that follows. */
const mostErrors = 10;

/** Only the first error of each line is kept: those behind it are mostly its consequences. */
export class SyntaxErrors {
  private readonly lines = new Set<number>();
  private count = 0;

  constructor(
    private readonly source: Source,
    private readonly sink: DiagnosticSink,
  ) {}

  /** `blamed` is where the parser found the error, if that is another place than the one to show. */
  add(message: string, hints: readonly string[], start: number, end: number, blamed = start): void {
    if (this.covers(start) || this.covers(blamed)) return;
    const length = this.source.text.length;
    const from = Math.min(start, length);
    for (const place of [start, blamed]) this.lines.add(this.lineOf(place));
    this.count++;
    const span = { source: this.source, start: from, end: Math.max(from, Math.min(end, length)) };
    this.sink.add('yaml-syntax', message, span, { hints });
  }

  /** Whether an error there would not be told any more. */
  covers(offset: number): boolean {
    return this.count >= mostErrors || this.lines.has(this.lineOf(offset));
  }

  private lineOf(offset: number): number {
    return positionAt(this.source, Math.min(offset, this.source.text.length)).line;
  }
}
