/**
 * The language's front end. In: the text of a pipeline and what `--set` gave. Out: its spec, in a regular form. Refused,
 * with as many reasons at once as there are: what is no YAML, what has not a pipeline's shape, names that cannot be or
 * that nothing has, values outside of what is allowed. Expressions, types and hooks stay texts: their stage needs a kernel.
 */
import { DiagnosticSink, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source, Span } from '../diagnostics/source.js';
import { mendCommaSplits } from './comma-split.js';
import { parseDocument } from './document.js';
import type { DocumentNode } from './document-node.js';
import { fillHookParams } from './hook-params.js';
import { child, entriesOf, present, scalarOf, textOf } from './node-parts.js';
import { applyParams, type ParamOptions, type ParamSet } from './params.js';
import { refuseSecondPropagate } from './read-http.js';
import { readPipelineLimits } from './read-limits.js';
import { readMaps } from './read-maps.js';
import { readParams } from './read-params.js';
import { readProbes } from './read-probes.js';
import { readSinks } from './read-sinks.js';
import { readStructs } from './read-structs.js';
import { checkShape } from './shape-errors.js';
import type { Located, PipelineSpec } from './spec.js';

export function readPipeline(
  source: Source,
  sets: readonly ParamSet[],
  options: ParamOptions = {},
): StageResult<PipelineSpec> {
  const { output: document, diagnostics } = parseDocument(source);
  if (document === undefined) return { diagnostics };
  const sink = new DiagnosticSink();
  sink.diagnostics.push(...diagnostics);
  const root = mendCommaSplits(document, sink);
  checkShape(root, sink);
  const params = readParams(child(root, 'params'), sink);
  const filled = fillHookParams(root, params, sets, sink);
  const spec: PipelineSpec = { ...readSpec(filled.root, source, sink), params, hookParams: filled.used };
  // What --set names is told of even where the pipeline is wrong, unless its params are.
  const applied = applyParams(spec, sets, options);
  const all = [...sink.diagnostics, ...applied.diagnostics];
  return sink.failed || applied.output === undefined
    ? { diagnostics: all }
    : { output: applied.output, diagnostics: all };
}

function readSpec(
  root: DocumentNode,
  source: Source,
  sink: DiagnosticSink,
): Omit<PipelineSpec, 'params' | 'hookParams'> {
  const start: Span = { source, start: 0, end: 0 };
  const maps = readMaps(child(root, 'maps'), sink);
  const probes = readProbes(child(root, 'probes'), sink);
  refuseSecondPropagate(probes, sink);
  checkDistinct(root, sink);
  const names = ['probes', 'maps'].flatMap((noun) => entriesOf(child(root, noun)).map(({ key }) => key));
  const sinks = readSinks(child(root, 'sinks'), { probes, maps, names }, start, sink);
  const name = textOf(child(root, 'name'));
  return {
    source,
    name: name === undefined ? nameOfFile(source, start) : { value: name.text, span: name.span },
    description: scalarOf(child(root, 'description'))?.text ?? '',
    structs: readStructs(child(root, 'structs'), sink),
    maps,
    probes,
    sinks,
    ...present({ limits: readPipelineLimits(root, probes, sink) }),
  };
}

/** A sink's `from` names both. */
function checkDistinct(root: DocumentNode, sink: DiagnosticSink): void {
  const maps = new Map(entriesOf(child(root, 'maps')).map(({ key, keySpan }) => [key, keySpan]));
  for (const { key, keySpan } of entriesOf(child(root, 'probes'))) {
    const map = maps.get(key);
    if (map === undefined) continue;
    sink.add('bad-name', `a map is named "${key}", too: a probe and a map cannot share a name`, keySpan, {
      related: [{ message: 'the map', span: map }],
    });
  }
}

/** `/tmp/My Pipe.yaml` → `my-pipe`. */
function nameOfFile(source: Source, span: Span): Located<string> {
  const file = source.name.slice(source.name.lastIndexOf('/') + 1).replace(/\.ya?ml$/i, '');
  const name = file
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 64);
  return { value: name === '' ? 'pipeline' : name, span };
}
