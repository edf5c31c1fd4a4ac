/**
 * Diagnostics → text for a person, in the shape that rustc made known, or objects for a program. Whatever the sources
 * and names hold, the text has no control character but line feeds and, if asked for, colours.
 */
import { styleText } from 'node:util';
import { type CodeFrame, codeFrame } from './code-frame.js';
import type { Diagnostic, Severity } from './diagnostic.js';
import { inOrder } from './order.js';
import { positionAt, type Span } from './source.js';
import { safeText } from './terminal-text.js';

export interface RenderOptions {
  /** Obeyed whatever the terminal or the environment say: the caller has asked them. */
  readonly color: boolean;
  /** Show `detail`, too. */
  readonly verbose?: boolean;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const severityStyles: Readonly<Record<Severity, Style>> = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  note: ['bold', 'cyan'],
};

/** Sorted by place, each told once, then a line that counts them; ends in a line feed. Empty for no diagnostics. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  if (diagnostics.length === 0) return '';
  const paint: Paint = (style, text) => (options.color ? styleText(style, text, { validateStream: false }) : text);
  const told = inOrder(diagnostics);
  const blocks = told.map((each) => renderOne(each, paint, options.verbose === true));
  return `${blocks.join('\n')}\n${countLine(told, paint)}`;
}

function renderOne(diagnostic: Diagnostic, paint: Paint, verbose: boolean): string {
  const { code, severity, message, span, hints, related, detail } = diagnostic;
  const frames = [span, ...related.map((each) => each.span)].map((each) => each && codeFrame(each));
  const lines = frames.map((frame) => frame?.line ?? 0);
  const gutter = ' '.repeat(String(Math.max(...lines)).length);
  const style = severityStyles[severity];
  let text = `${paint(style, `${severity}[${code}]`)}${paint('bold', `: ${safeText(message)}`)}\n`;
  if (span !== undefined) text += renderFrame(span, frames[0], gutter, style, paint);
  for (const [index, each] of related.entries()) {
    text += `${paint(severityStyles.note, 'note')}: ${safeText(each.message)}\n`;
    text += renderFrame(each.span, frames[index + 1], gutter, severityStyles.note, paint);
  }
  for (const hint of hints) text += `${gutter} ${paint('blue', '=')} ${paint('bold', 'help')}: ${safeText(hint)}\n`;
  if (verbose) text += `${gutter} ${paint('blue', '=')} ${paint('bold', 'more')}: docs/errors/${code}.md\n`;
  if (detail !== undefined && verbose) {
    for (const line of detail.replace(/\r?\n$/, '').split(/\r?\n/))
      text += `${gutter} ${paint('blue', '|')} ${safeText(line)}`.trimEnd().concat('\n');
  }
  return text;
}

function renderFrame(span: Span, frame: CodeFrame | undefined, gutter: string, style: Style, paint: Paint): string {
  const { line, column } = positionAt(span.source, span.start);
  const bar = paint('blue', '|');
  const place = `${gutter}${paint('blue', '-->')} ${safeText(span.source.name)}:${line}:${column}\n`;
  if (frame === undefined) return place;
  const number = paint('blue', String(frame.line).padStart(gutter.length));
  const shown = frame.text === '' ? '' : ` ${frame.text}`;
  return `${place}${gutter} ${bar}\n${number} ${bar}${shown}\n${gutter} ${bar} ${markLine(frame.marks, style, paint)}\n`;
}

function markLine(marks: string, style: Style, paint: Paint): string {
  const carets = marks.trimStart();
  return `${marks.slice(0, marks.length - carets.length)}${paint(style, carets)}`;
}

function countLine(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const parts: string[] = [];
  let worst: Severity = 'note';
  for (const severity of ['note', 'warning', 'error'] as const) {
    const count = diagnostics.filter((each) => each.severity === severity).length;
    if (count === 0) continue;
    parts.unshift(`${count} ${severity}${count === 1 ? '' : 's'}`);
    worst = severity;
  }
  return `${paint(severityStyles[worst], parts.join(', '))}\n`;
}

/** A place as editors count it: lines and columns from 1, columns in UTF-16 units, the end exclusive. */
interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface JsonRelated extends JsonPlace {
  readonly message: string;
}

export interface JsonDiagnostic extends Partial<JsonPlace> {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hints: readonly string[];
  readonly related: readonly JsonRelated[];
}

/** In the same order as for a person; the texts as they are, since JSON escapes what must be. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): JsonDiagnostic[] {
  return inOrder(diagnostics).map(({ code, severity, message, span, hints, related }) => ({
    ...(span === undefined ? {} : jsonPlace(span)),
    code,
    severity,
    message,
    hints,
    related: related.map((each) => ({ ...jsonPlace(each.span), message: each.message })),
  }));
}

function jsonPlace({ source, start, end }: Span): JsonPlace {
  const from = positionAt(source, start);
  const to = positionAt(source, end);
  return { file: source.name, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}
