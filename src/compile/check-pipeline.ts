/**
 * A spec and a kernel → the typed pipeline, or every reason why there is none. Out come only programs that clang and the verifier accept; what they would refuse is refused here, in the user's words.
 */
import { DiagnosticSink, diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import type { Host } from '../host.js';
import type { Kernel } from '../kernel/kernel.js';
import { DeclaredStructs } from '../language/declared-structs.js';
import { describeType } from '../language/expression/describe.js';
import { sameType } from '../language/expression/fit.js';
import { typeFromName } from '../language/expression/type-from-name.js';
import { parseTypeName } from '../language/expression/type-name.js';
import type { PipelineSpec, ProbeSpec } from '../language/spec.js';
import type { Type } from '../language/types.js';
import { checkAttach } from './check-attach.js';
import { withColumns } from './check-columns.js';
import { type CheckedMap, declareMap, finishMap } from './check-maps.js';
import { refuseStrayNumbers } from './check-numbers.js';
import { checkPair } from './check-pair.js';
import type { SharedScope } from './check-probe.js';
import { checkSinkConditions } from './check-sink-conditions.js';
import { refuseCurrentTask } from './check-task.js';
import { checkTemplates } from './check-templates.js';
import { HookNames } from './hook-names.js';
import { checkMetrics } from './metrics/check-metrics.js';
import { checkOtlpMetrics } from './metrics/check-otlp-metrics.js';
import type { TypedField, TypedParam, TypedPipeline, TypedProbe } from './typed-pipeline.js';

export function checkPipeline(spec: PipelineSpec, kernel: Kernel, host: Host): StageResult<TypedPipeline> {
  const sink = new DiagnosticSink();
  const params = spec.params.flatMap((param): TypedParam[] => {
    const written = parseTypeName(param.type, sink);
    const type = written && typeFromName(written, kernel, sink);
    if (type === undefined) return [];
    refuseParam(type, param.type.span, sink);
    return [{ name: param.name.value, type, value: param.value }];
  });
  const structs = new DeclaredStructs(spec.structs, kernel);
  structs.check(sink);
  const checkedMaps = new Map<string, CheckedMap>();
  for (const map of spec.maps) {
    const own = new DiagnosticSink();
    const declared = declareMap(map, kernel, own);
    sink.diagnostics.push(...own.diagnostics);
    if (declared !== undefined) checkedMaps.set(map.name.value, declared);
  }
  const shared: SharedScope = {
    names: kernel,
    ...(structs.isEmpty ? {} : { declared: structs.beside(() => undefined, undefined) }),
    probeNames: spec.probes.map(({ name }) => name.value),
    params: new Map<string, Type>(params.map((each) => [each.name, each.type])),
    checkedMaps,
    maps: new Map([...checkedMaps].map(([name, map]) => [name, map.shape])),
    used: { params: new Set(spec.hookParams), lets: new Set() },
    programName: programNames(),
    hookNames: new HookNames(),
  };
  const probes = spec.probes.flatMap(
    (probe, index) => checkProbe(probe, index + 1, shared, { kernel, host, structs, sink }) ?? [],
  );
  const unknownMaps = spec.maps.length > checkedMaps.size;
  warnUnused(spec, shared, checkedMaps, structs.used, sink);
  const maps = sink.failed
    ? []
    : [...checkedMaps.values()].flatMap((map) => withColumns(finishMap(map, sink), kernel, sink) ?? []);
  // All that is wrong with sinks at once.
  const sound = !sink.failed;
  if (sound) checkMetrics(spec, { maps, probes }, sink);
  if (sound) checkOtlpMetrics(spec, { maps }, sink);
  if (sound) checkTemplates(spec, { maps, probes }, sink);
  const conditions = sound ? checkSinkConditions(spec, probes, kernel, sink) : undefined;
  const diagnostics = distinct(sink, unknownMaps);
  return sink.failed
    ? { diagnostics }
    : { output: { spec, params, maps, probes, ...(conditions === undefined ? {} : { conditions }) }, diagnostics };
}

/** All but values that can be written in a pipeline or behind --set. */
function refuseParam(type: Type, span: Span, sink: DiagnosticSink): void {
  if (['int', 'bool', 'enum', 'pointer', 'string', 'comm'].includes(type.kind)) return;
  sink.add('type-mismatch', `a param cannot be ${describeType(type)}`, span, {
    hints: ['a param is a number, a duration, a bool, an enum, a comm or a string(N)'],
  });
}

function checkProbe(
  probe: ProbeSpec,
  id: number,
  shared: SharedScope,
  context: { kernel: Kernel; host: Host; structs: DeclaredStructs; sink: DiagnosticSink },
): TypedProbe | undefined {
  const checked =
    probe.attach !== undefined
      ? checkAttach(probe, probe.attach, shared, context)
      : probe.pair && checkPair(probe, probe.pair, shared, context);
  if (checked === undefined) return undefined;
  const programs = checked.groups.flatMap(({ alternatives }) => alternatives.flatMap((each) => each.programs));
  for (const program of programs) {
    refuseCurrentTask(program, context.sink);
    refuseStrayNumbers(program, context.sink);
  }
  const other = programs.find(({ point }) => point.mechanism !== 'iter');
  if (probe.every !== undefined && other !== undefined) {
    context.sink.add('bad-value', `"every" is for snapshots, and ${other.label} is none`, probe.every.span, {
      hints: ['leave it out; interval:1s is a timer, and "every" of a map shows it again and again'],
    });
  }
  const fields = agreeOnFields(checked.groups, context.sink);
  return {
    name: probe.name.value,
    id,
    groups: checked.groups,
    fields,
    ...(checked.pair === undefined ? {} : { pair: checked.pair }),
    ...(probe.every === undefined ? {} : { every: probe.every.value }),
    ...(probe.limits === undefined ? {} : { limits: probe.limits }),
    ...(probe.sample === undefined ? {} : { sample: probe.sample.value }),
    ...(probe.rateLimit === undefined ? {} : { rateLimit: probe.rateLimit.value }),
    ...(probe.http === undefined ? {} : { http: probe.http }),
  };
}

/** All programs of a probe write the same record, so their fields must have the same types. */
function agreeOnFields(groups: TypedProbe['groups'], sink: DiagnosticSink): readonly TypedField[] {
  const bodies = groups.flatMap(({ alternatives }) => alternatives.flatMap(({ programs }) => programs));
  const mains = bodies.flatMap(({ body, label }) => (body.kind === 'main' ? [{ fields: body.fields, label }] : []));
  const [first, ...others] = mains;
  if (first === undefined) return [];
  for (const other of others) {
    for (const field of other.fields) {
      const expected = first.fields.find((each) => each.name === field.name);
      if (expected === undefined || sameType(expected.value.type, field.value.type)) continue;
      sink.add(
        'type-mismatch',
        `the field "${field.name}" is ${describeType(expected.value.type)} with ${first.label}, but ${describeType(field.value.type)} with ${other.label}`,
        field.span,
        { hints: ['make them equal with "as", as in: x as u32'] },
      );
    }
  }
  return first.fields;
}

function warnUnused(
  spec: PipelineSpec,
  shared: SharedScope,
  maps: ReadonlyMap<string, CheckedMap>,
  usedStructs: ReadonlySet<string>,
  sink: DiagnosticSink,
): void {
  if (sink.failed) return;
  const warn = (kind: string, name: string, span: Parameters<typeof diagnostic>[2]): void => {
    sink.diagnostics.push(diagnostic('unused', `the ${kind} "${name}" is never used`, span, { severity: 'warning' }));
  };
  for (const { name } of spec.params) if (!shared.used.params.has(name.value)) warn('param', name.value, name.span);
  for (const { spec: map, shape } of maps.values()) if (!shape.used) warn('map', map.name.value, map.name.span);
  for (const { name } of spec.structs) if (!usedStructs.has(name.value)) warn('struct', name.value, name.span);
  for (const probe of spec.probes) {
    for (const { name } of probe.let) if (!shared.used.lets.has(name.value)) warn('let value', name.value, name.span);
  }
}

/** The same mistake is met once for every alternative; it is told once. */
function distinct(sink: DiagnosticSink, unknownMaps: boolean): DiagnosticSink['diagnostics'] {
  const seen = new Set<string>();
  return sink.diagnostics.filter((each) => {
    // A map that failed to be declared is unknown only because of that.
    if (unknownMaps && each.code === 'map-unknown') return false;
    const key = `${each.code} ${each.span?.start} ${each.span?.end}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** C names for programs: `connect_fentry`, and a number where a name comes again. */
function programNames(): SharedScope['programName'] {
  const counts = new Map<string, number>();
  return (probe, suffix) => {
    const name = `${probe}_${suffix}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  };
}
