/**
 * One probe → its typed programs. For every way of every alternative the body is checked in that hook's own scope, since each gives other names; what
 * the probe emits must come out the same for all of them.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import type { HookSpec, ProgramPoint } from '../hooks/hook.js';
import { Checker } from '../language/expression/checker.js';
import type { ArgumentList, Given, Scope } from '../language/expression/scope.js';
import type { BuiltinName, Typed } from '../language/expression/typed.js';
import type { BinaryTypes } from '../language/layered-types.js';
import type { AlternativeSpec, NamedExpression, ProbeSpec } from '../language/spec.js';
import type { Type } from '../language/types.js';
import * as types from '../language/types.js';
import { checkConditions, checkFields, type ParsedCondition, parseConditions } from './check-body.js';
import type { CheckedMap } from './check-maps.js';
import { checkUpdate } from './check-update.js';
import type { HookNames } from './hook-names.js';
import type { ResolvedAlternative } from './resolve-alternatives.js';
import type { SavedValues } from './saved-values.js';
import type { MainBody, TypedProgram } from './typed-pipeline.js';

/** What all scopes of a pipeline share. */
export interface SharedScope {
  readonly names: Scope['names'];
  /** Those of `structs:`, for memory of no program in particular. */
  readonly declared?: BinaryTypes;
  readonly probeNames: readonly string[];
  readonly params: ReadonlyMap<string, Type>;
  readonly checkedMaps: ReadonlyMap<string, CheckedMap>;
  readonly maps: Scope['maps'];
  readonly used: Scope['used'];
  readonly programName: (probe: string, suffix: string) => string;
  readonly hookNames: HookNames;
}

export interface ScopeParts {
  readonly probe: ProbeSpec;
  readonly point: ProgramPoint;
  readonly label: string;
  /** Where the program serves several hooks: what tells them apart. */
  readonly hookIndex?: BuiltinName | undefined;
  readonly alternative: AlternativeSpec | undefined;
  readonly args?: Given<ArgumentList>;
  readonly duration?: Scope['duration'];
  readonly start?: Scope['start'];
}

const noPair: { missing: string; hints: readonly string[] } = {
  missing: 'this probe has no start and end',
  hints: ['use call: or syscall: for one function, or pair: for two hooks that belong together'],
};

export function scopeFor(shared: SharedScope, parts: ScopeParts): Scope {
  const lets = new Map<string, NamedExpression>();
  for (const each of [...parts.probe.let, ...(parts.alternative?.let ?? [])]) lets.set(each.name.value, each);
  const binary = parts.point.binary ?? shared.declared;
  return {
    names: shared.names,
    ...(binary === undefined ? {} : { binary }),
    params: shared.params,
    maps: shared.maps,
    lets,
    checkedLets: new Map(),
    ...(parts.point.message === undefined ? {} : { message: parts.point.message }),
    args: parts.args ?? parts.point.args,
    retval: parts.point.retval,
    duration: parts.duration ?? noPair,
    start: parts.start ?? noPair,
    hookName: (span) => shared.hookNames.value(parts.label, parts.hookIndex, span),
    probe: nameAmong('probe', shared.probeNames, parts.probe.name.value),
    used: shared.used,
  };
}

/** A name that is known now, in four bytes: which of several it is. */
function nameAmong(of: string, names: readonly string[], name: string): (span: Span) => Typed {
  const enumerators = names.map((each, index) => ({ name: each, value: BigInt(index) }));
  const type: types.EnumType = { kind: 'enum', name: of, bits: 32, signed: false, enumerators };
  return (span) => ({ op: 'constant', value: BigInt(names.indexOf(name)), type, span });
}

export const durationValue = (saved: SavedValues): Scope['duration'] => ({
  value: (span) => {
    saved.durationUsed = true;
    return { op: 'builtin', name: 'duration', type: types.duration, span };
  },
});

export interface MainParts {
  /** The C name of the program. */
  readonly name: string;
  readonly shared: SharedScope;
  readonly probe: ProbeSpec;
  readonly point: ProgramPoint;
  readonly targets: TypedProgram['targets'];
  readonly label: string;
  readonly hook: HookSpec;
  readonly scope: Scope;
  readonly sink: DiagnosticSink;
  readonly conditions: readonly ParsedCondition[];
  /** What is decided before an end is joined with its start. */
  readonly before?: { readonly scope: Scope; readonly conditions: readonly ParsedCondition[] };
  readonly endKey?: readonly Typed[];
  readonly startFilters?: boolean;
}

/** The program in which the body runs. */
export function mainProgram(parts: MainParts): TypedProgram {
  const { name, shared, probe, point, sink } = parts;
  const checker = new Checker(parts.scope, sink);
  const body: MainBody = {
    kind: 'main',
    ...(parts.endKey === undefined ? {} : { endKey: parts.endKey }),
    startFilters: parts.startFilters ?? false,
    whereBefore:
      parts.before === undefined ? [] : checkConditions(parts.before.conditions, new Checker(parts.before.scope, sink)),
    where: checkConditions(parts.conditions, checker),
    updates: probe.update.flatMap((update) => checkUpdate(update, checker, shared.checkedMaps) ?? []),
    fields: checkFields(probe.fields, checker),
  };
  return {
    name,
    point,
    targets: parts.targets,
    label: parts.label,
    span: parts.hook.span,
    body,
  };
}

/** The conditions that hold for one alternative of `attach`: the probe's own and the alternative's. */
export function attachConditions(
  probe: ProbeSpec,
  alternative: ResolvedAlternative,
  sink: DiagnosticSink,
): ParsedCondition[] {
  return [...parseConditions(alternative.spec.where, sink), ...parseConditions(probe.where, sink)];
}
