/**
 * `where` of a sink: a condition over the fields of an event as they are shown, decided in user space, so that what only user
 * space knows (`user(uid)`, names of errors) can be asked for. Out comes one condition for each probe that the sink takes.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Expression } from '../language/expression/ast.js';
import { Checker } from '../language/expression/checker.js';
import { asCondition } from '../language/expression/operators.js';
import { parseExpression } from '../language/expression/parser.js';
import type { Names } from '../language/expression/scope.js';
import type { Typed } from '../language/expression/typed.js';
import type { LocatedText, PipelineSpec, SinkSpec } from '../language/spec.js';
import type { Type } from '../language/types.js';
import * as types from '../language/types.js';
import { columnExpression } from './column-expression.js';
import { constantScope } from './constant-scope.js';
import type { ColumnExpression, SinkCondition } from './manifest.js';
import type { TypedProbe } from './typed-pipeline.js';

/** By the sinks' names; sinks without a condition are not there. */
export function checkSinkConditions(
  spec: PipelineSpec,
  probes: readonly TypedProbe[],
  names: Names,
  sink: DiagnosticSink,
): ReadonlyMap<string, readonly SinkCondition[]> {
  const found = new Map<string, readonly SinkCondition[]>();
  for (const each of spec.sinks) {
    if (each.where === undefined) continue;
    const taken = probes.filter(
      ({ name, fields }) =>
        fields.length > 0 && (each.from === undefined || each.from.some(({ value }) => value === name)),
    );
    if (each.kind.value === 'prometheus' || taken.length === 0) refuse(each, each.where, sink);
    else found.set(each.name, conditionsOf(each.where, taken, names, sink));
  }
  return found;
}

function refuse({ kind }: SinkSpec, where: LocatedText, sink: DiagnosticSink): void {
  const message =
    kind.value === 'prometheus'
      ? 'a prometheus sink takes maps, and "where" is of events'
      : '"where" is of events, and this sink takes none';
  sink.add('sink-config', message, where.span, { hints: ['filter in the probe that updates the map: its "where"'] });
}

function conditionsOf(
  text: LocatedText,
  probes: readonly TypedProbe[],
  names: Names,
  sink: DiagnosticSink,
): readonly SinkCondition[] {
  const parsed = parseExpression(text, sink);
  if (parsed === undefined) return [];
  const conditions: SinkCondition[] = [];
  for (const probe of probes) {
    const value = conditionOf(parsed, probe, names, sink);
    // What is wrong for one probe is told once.
    if (value === undefined) return [];
    conditions.push({ probe: probe.name, fields: probe.fields.map(({ name }) => name), value });
  }
  return conditions;
}

function conditionOf(
  parsed: Expression,
  { fields }: TypedProbe,
  names: Names,
  sink: DiagnosticSink,
): ColumnExpression | undefined {
  const known = fields.map(({ name }) => name);
  const values = new Map(
    fields.map(({ name, span, value }): [string, Typed] => [
      name,
      { op: 'saved', name, type: shownType(value.type), span },
    ]),
  );
  const parts = new Map(known.map((name, key): [string, ColumnExpression] => [name, { op: 'key', key }]));
  const checker = new Checker(constantScope(names, 'it is known only in a probe', values), sink);
  const value = checker.value(parsed);
  const condition = value && asCondition(value, sink);
  return (
    condition &&
    columnExpression(condition, parts, sink, {
      what: 'the condition of a sink',
      when: 'the condition of a sink is decided when the event is shown',
    })
  );
}

/** What is shown as a text is one; numbers have a sign and do not wrap. */
function shownType(type: Type): Type {
  if (type.kind === 'bool') return types.bool;
  if (type.kind === 'int' && (type.meaning === undefined || type.meaning === 'duration'))
    return type.meaning === undefined ? types.i64 : { kind: 'int', bits: 64, signed: true, meaning: type.meaning };
  return { kind: 'string', max: 4096 };
}
