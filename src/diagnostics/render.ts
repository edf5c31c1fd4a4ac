/** Diagnostics → text for a terminal, with a frame of the YAML around each. */
import { styleText } from 'node:util';
import type { Diagnostic } from './diagnostic.js';
import { lineText, positionAt, type Span } from './source.js';

export interface RenderOptions {
  readonly color: boolean;
  readonly verbose?: boolean;
}

export function renderDiagnostics(diagnostics: readonly Diagnostic[], { color, verbose }: RenderOptions): string {
  const paint = (style: 'red' | 'yellow' | 'cyan' | 'bold', text: string): string => (color ? styleText(style, text) : text);
  const styles = { error: 'red', warning: 'yellow', note: 'cyan' } as const;
  const blocks = diagnostics.map((each) => {
    const lines = [`${paint(styles[each.severity], `${each.severity}[${each.code}]`)}: ${paint('bold', each.message)}`];
    if (each.span !== undefined) lines.push(...frame(each.span));
    for (const related of each.related) lines.push(`note: ${related.message}`, ...frame(related.span));
    for (const hint of each.hints) lines.push(`  = help: ${hint}`);
    if (verbose && each.detail !== undefined) lines.push(each.detail);
    return `${lines.join('\n')}\n`;
  });
  const errors = diagnostics.filter((each) => each.severity === 'error').length;
  const warnings = diagnostics.filter((each) => each.severity === 'warning').length;
  const plural = (count: number, word: string): string[] => (count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`]);
  const total = [...plural(errors, 'error'), ...plural(warnings, 'warning')].join(', ');
  return `${blocks.join('\n')}${total === '' ? '' : `\n${total}\n`}`;
}

function frame(span: Span): string[] {
  const { line, column } = positionAt(span.source, span.start);
  const text = lineText(span.source, line);
  const gutter = String(line);
  const width = Math.max(1, Math.min(span.end - span.start, text.length - column + 1));
  const pad = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return [
    `${' '.repeat(gutter.length)}--> ${span.source.name}:${line}:${column}`,
    `${gutter} | ${text}`,
    `${' '.repeat(gutter.length)} | ${pad}${'^'.repeat(width)}`,
  ];
}

export function diagnosticsJson(diagnostics: readonly Diagnostic[]): object[] {
  return diagnostics.map(({ code, severity, message, span, hints, related }) => {
    const place = (at: Span | undefined): object => {
      if (at === undefined) return {};
      const start = positionAt(at.source, at.start);
      const end = positionAt(at.source, at.end);
      return { file: at.source.name, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
    };
    return { ...place(span), code, severity, message, hints, related: related.map((each) => ({ message: each.message, ...place(each.span) })) };
  });
}
