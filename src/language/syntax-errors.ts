/** Collects YAML syntax errors so that a single mistake is told once. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';

/** One mistake early in a file often makes a parser complain about all that follows. */
const mostErrors = 10;

/** Only the first error of each line is kept: those behind it are mostly its consequences. */
export class SyntaxErrors {
  private readonly lines = new Set<number>();

  constructor(
    private readonly source: Source,
    private readonly sink: DiagnosticSink,
  ) {}

  /** `blamed` is where the parser found the error, if that is another place than the one to show. */
  add(message: string, hints: readonly string[], start: number, end: number, blamed = start): void {
    const length = this.source.text.length;
    const from = Math.min(start, length);
    const places = [this.lineOf(from), this.lineOf(Math.min(blamed, length))];
    if (this.lines.size >= mostErrors || places.some((line) => this.lines.has(line))) return;
    for (const line of places) this.lines.add(line);
    const span = { source: this.source, start: from, end: Math.max(from, Math.min(end, length)) };
    this.sink.add('yaml-syntax', message, span, { hints });
  }

  private lineOf(offset: number): number {
    return offset === 0 ? -1 : this.source.text.lastIndexOf('\n', offset - 1);
  }
}
