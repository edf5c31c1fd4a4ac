/**
 * Text → document. In: YAML 1.2 (core schema: `yes` is a string, integers are exact) of at most 1 MiB. Out: mappings,
 * sequences and scalars, each with its place, aliases resolved. Refused: text that is not YAML, a key that stands twice,
 * aliases that expand past the limits below, and what pipelines have no use for: several documents, tags, directives,
 * merge keys, keys that are not scalars.
 */
import { Composer, type Document } from 'yaml';
import { DiagnosticSink, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { DocumentNode } from './document-node.js';
import { readNode } from './document-reader.js';
import { SyntaxErrors } from './syntax-errors.js';
import { yamlMessage } from './yaml-message.js';
import { checkTokens, readTokens, type TokenFindings } from './yaml-tokens.js';

/** Bytes of UTF-8. */
const largestFile = 1 << 20;

/** Nobody reads more, and a hostile text could cause a hundred thousand. */
const mostDiagnostics = 50;

/** No output where there is any error. Never throws, whatever the text is. */
export function parseDocument(source: Source): StageResult<DocumentNode> {
  const sink = new DiagnosticSink();
  const output = readDocument(source, sink);
  const diagnostics = sink.diagnostics
    .sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0))
    .slice(0, mostDiagnostics);
  return output === undefined || sink.failed ? { diagnostics } : { output, diagnostics };
}

function readDocument(source: Source, sink: DiagnosticSink): DocumentNode | undefined {
  const bytes = Buffer.byteLength(source.text);
  if (bytes > largestFile) {
    const message = `the file has ${bytes} bytes, a pipeline at most ${largestFile}`;
    sink.add('yaml-too-large', message, { source, start: 0, end: 0 });
    return undefined;
  }
  const tokens = readTokens(source, sink);
  if (tokens === undefined) return undefined;
  const errors = new SyntaxErrors(source, sink);
  const findings = checkTokens(tokens, source, sink, errors);
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    intAsBigInt: true,
    keepSourceTokens: true,
    logLevel: 'silent',
    merge: false,
    prettyErrors: false,
    // Checked by the reader, which knows both places; the parser's own check takes quadratic time.
    uniqueKeys: false,
  });
  const documents = [...composer.compose(tokens, true, source.text.length)];
  addSyntaxErrors(documents, source.text, findings, errors);
  const [document, second] = documents;
  if (second !== undefined) {
    const start = Math.min(findings.documentStarts[1] ?? second.range[0], source.text.length);
    const span = { source, start, end: lineEnd(source, start) };
    const hints = ['one file holds one pipeline: remove the "---" or move what follows to its own file'];
    sink.add('yaml-feature', 'a second document in one file', span, { hints });
  }
  if (sink.failed || document === undefined) return undefined;
  const root = readNode(document, source, sink);
  if (root?.kind !== 'scalar' || root.value !== null) return root;
  const hints = ['begin with "name: …" and "probes:"'];
  sink.add('wrong-shape', 'the file holds no pipeline', { source, start: 0, end: 0 }, { hints });
  return undefined;
}

/** Told by the tokens already, with a better place. */
const toldByTokens = /^Missing closing|must (?:be sufficiently indented and )?end with a/;

function addSyntaxErrors(documents: readonly Document[], text: string, tokens: TokenFindings, errors: SyntaxErrors) {
  const found = documents
    .flatMap((document) => document.errors)
    .filter((error) => error.code !== 'TAG_RESOLVE_FAILED' && error.code !== 'BAD_DIRECTIVE')
    .filter((error) => !toldByTokens.test(error.message))
    .filter((error) => error.pos[0] <= (tokens.unclosedQuote ?? text.length))
    .sort((a, b) => a.pos[0] - b.pos[0]);
  for (const error of found) {
    const start = Math.min(error.pos[0], text.length);
    if (errors.covers(start)) continue;
    const end = Math.max(start, Math.min(error.pos[1], text.length));
    const { message, hints, at, last } = yamlMessage(error.code, error.message, { text, start, end });
    errors.add(message, hints, at?.[0] ?? start, at?.[1] ?? end, start);
    if (last === true) break;
  }
}

function lineEnd(source: Source, from: number): number {
  const found = source.text.indexOf('\n', from);
  return found < 0 ? source.text.length : found;
}
