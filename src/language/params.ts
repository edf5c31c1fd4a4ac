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

/** Where a name is set twice the last one holds. */
export function applyParams(spec: PipelineSpec, sets: readonly ParamSet[]): StageResult<PipelineSpec> {
  const sink = new DiagnosticSink();
  const byName = new Map(sets.map((set) => [set.name, set]));
  const names = spec.params.map(({ name }) => name.value);
  for (const set of byName.values()) {
    if (!names.includes(set.name)) tellUnknown(set, names, sink);
  }
  const params = spec.params.map((param): ParamSpec => {
    const set = byName.get(param.name.value);
    if (set === undefined) {
      if (param.required) tellMissing(param, sink);
      return param;
    }
    const span = placeOf(set, set.value);
    const value = paramValue({ name: set.name, type: param.type.text, text: set.value, span }, sink);
    return value === undefined ? param : { ...param, value: { value, span } };
  });
  return sink.failed
    ? { diagnostics: sink.diagnostics }
    : { output: { ...spec, params }, diagnostics: sink.diagnostics };
}

function placeOf(set: ParamSet, text: string): Span {
  const source: Source = { name: `<--set ${set.name}>`, text };
  return { source, start: 0, end: text.length };
}

function tellUnknown(set: ParamSet, names: readonly string[], sink: DiagnosticSink): void {
  const close = didYouMean(set.name, names);
  const known = names.length === 0 ? ['it has no params'] : listed('its params are', names);
  sink.add('param-unknown', `the pipeline has no param "${set.name}"`, placeOf(set, set.name), {
    hints: [...close, ...known],
  });
}

function tellMissing({ name, type, description }: ParamSpec, sink: DiagnosticSink): void {
  const about = description === '' ? type.text : `${type.text}, ${description}`;
  sink.add('param-missing', `the param "${name.value}" is required and was not set`, name.span, {
    hints: [`run with --set ${name.value}=… (${about})`],
  });
}
