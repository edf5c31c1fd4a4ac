/**
 * What a sink's options take from the environment and from files, filled in just before the sinks are made: a manifest, a
 * cache and `explain` hold the references only. Whatever came from outside is a `Secret` from here on.
 */
import { DiagnosticSink, type StageResult } from '../diagnostics/diagnostic.js';
import type { Host } from '../host.js';
import { readReferences, type TextPart } from './references.js';
import { Secret } from './secret.js';
import type { LocatedText } from './spec.js';

/** A sink of a spec, or of a manifest, which knows no places in the YAML. */
export interface UnresolvedSink {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly optionTexts?: ReadonlyMap<string, LocatedText>;
}

/** The same sinks, their options filled in. Errors (`env-missing`) point into the YAML where its texts are given. */
export function resolveOptions<Sink extends UnresolvedSink>(
  sinks: readonly Sink[],
  host: Pick<Host, 'env' | 'readFile'>,
): StageResult<readonly Sink[]> {
  const diagnostics = new DiagnosticSink();
  const output = sinks.map((sink) => {
    const resolve = (path: string, value: unknown): unknown => {
      if (typeof value === 'string') {
        const text = sink.optionTexts?.get(path) ?? placeless(value, `<${sink.name}: ${path}>`);
        return resolveText(text, host, diagnostics);
      }
      if (Array.isArray(value)) return value.map((each, index) => resolve(`${path}.${index}`, each));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(`${path}.${key}`, each)]));
    };
    const options = Object.fromEntries(Object.entries(sink.options).map(([key, each]) => [key, resolve(key, each)]));
    return { ...sink, options };
  });
  return diagnostics.failed
    ? { diagnostics: diagnostics.diagnostics }
    : { output, diagnostics: diagnostics.diagnostics };
}

function resolveText(text: LocatedText, host: Pick<Host, 'env' | 'readFile'>, sink: DiagnosticSink): string | Secret {
  const parts = readReferences(text, sink);
  const whole = parts.map((part) => partText(part, host, sink)).join('');
  return parts.some(({ kind }) => kind !== 'plain') ? new Secret(whole, text.text) : whole;
}

function partText(part: TextPart, host: Pick<Host, 'env' | 'readFile'>, sink: DiagnosticSink): string {
  if (part.kind === 'plain') return part.text;
  if (part.kind === 'file') return fileText(part.path, part.at, host, sink);
  const value = host.env[part.name];
  // As in a shell, `:-` is for what is empty, too.
  if (part.fallback !== undefined) return value === undefined || value === '' ? part.fallback : value;
  if (value !== undefined) return value;
  sink.add('env-missing', `the environment has no "${part.name}"`, part.at.span, {
    hints: [`set it (${part.name}=… probepipe run …), or write "\${${part.name}:-default}"`],
  });
  return '';
}

function fileText(path: string, at: LocatedText, host: Pick<Host, 'readFile'>, sink: DiagnosticSink): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(host.readFile(path));
    // Editors end a file with a line break, which belongs to no secret.
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it is not UTF-8 text';
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : code;
    sink.add('env-missing', `cannot read "${path}": ${reason}`, at.span);
    return '';
  }
}

function placeless(text: string, name: string): LocatedText {
  // The value itself is no secret: it is what stands in the YAML.
  return { text, span: { source: { name, text }, start: 0, end: text.length }, offsetAt: (index) => index };
}
