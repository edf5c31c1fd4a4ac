/** `--set NAME=VALUE` → the spec with these values, checked against the params' types. */
import { DiagnosticSink, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source, Span } from '../diagnostics/source.js';
import { didYouMean, listed } from '../diagnostics/suggest.js';
import { paramValue } from './param-value.js';
import type { ParamSpec, PipelineSpec } from './spec.js';

export interface ParamSet {
  readonly name: string;
  readonly value: string;
}

export interface ParamOptions {
  /** Whether a required param may go without a value: a pipeline can be checked without running it. */
  readonly valuesMayMiss?: boolean;
}

/** Where a name is set twice the last one holds. */
export function applyParams(
  spec: PipelineSpec,
  sets: readonly ParamSet[],
  { valuesMayMiss = false }: ParamOptions = {},
): StageResult<PipelineSpec> {
  const sink = new DiagnosticSink();
  const byName = new Map(sets.map((set) => [set.name, set]));
  const names = spec.params.map(({ name }) => name.value);
  for (const set of byName.values()) {
    if (!names.includes(set.name)) tellUnknown(set, spec.name.value, names, sink);
  }
  const params = spec.params.map((param): ParamSpec => {
    const set = byName.get(param.name.value);
    if (set === undefined) {
      if (param.required && !valuesMayMiss) tellMissing(param, sink);
      return param;
    }
    const span = placeOfSet(set, 'value');
    const value = paramValue({ name: set.name, type: param.type.text, text: set.value, span }, sink);
    return value === undefined ? param : { ...param, value: { value, span } };
  });
  return sink.failed
    ? { diagnostics: sink.diagnostics }
    : { output: { ...spec, params }, diagnostics: sink.diagnostics };
}

/** In the argument as it was typed. */
export function placeOfSet({ name, value }: ParamSet, part: 'name' | 'value'): Span {
  const before = '--set '.length;
  const source: Source = { name: 'command line', text: `--set ${name}=${value}` };
  return part === 'name'
    ? { source, start: before, end: before + name.length }
    : { source, start: before + name.length + 1, end: source.text.length };
}

function tellUnknown(set: ParamSet, pipeline: string, names: readonly string[], sink: DiagnosticSink): void {
  const close = didYouMean(set.name, names);
  const known = names.length === 0 ? ['it has no params'] : listed('its params are', names);
  const message = `the pipeline "${pipeline}" has no param "${set.name}"`;
  sink.add('param-unknown', message, placeOfSet(set, 'name'), { hints: [...close, ...known] });
}

function tellMissing({ name, type, description }: ParamSpec, sink: DiagnosticSink): void {
  const about = description === '' ? type.text : `${type.text}, ${description}`;
  sink.add('param-missing', `the param "${name.value}" is required and was not set`, name.span, {
    hints: [`run with --set ${name.value}=… (${about})`],
  });
}
