/** A probe with `pair:`: two hooks that begin and end one thing, joined by a key. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { ResolveContext } from '../hooks/hook.js';
import { Checker } from '../language/expression/checker.js';
import { describeType } from '../language/expression/describe.js';
import { parseExpression } from '../language/expression/parser.js';
import type { Given, Scope } from '../language/expression/scope.js';
import { stageOf, type Typed } from '../language/expression/typed.js';
import type { LocatedText, PairSpec, ProbeSpec } from '../language/spec.js';
import type { CheckedProbe } from './check-attach.js';
import { checkConditions, parseConditions } from './check-body.js';
import { durationValue, mainProgram, type SharedScope, scopeFor } from './check-probe.js';
import { type ResolvedAlternative, resolveAlternatives } from './resolve-alternatives.js';
import { interchangeable, SavedValues } from './saved-values.js';
import type { TypedAlternative } from './typed-pipeline.js';

const defaultPairEntries = 10_240;

export function checkPair(
  probe: ProbeSpec,
  pair: PairSpec,
  shared: SharedScope,
  context: Omit<ResolveContext, 'signature'>,
): CheckedProbe | undefined {
  const { sink } = context;
  const starts = resolveAlternatives(pair.start, probe.signature, context);
  const ends = resolveAlternatives(pair.end, probe.signature, context);
  const whole = [...starts, ...ends]
    .flatMap(({ attachments }) => attachments)
    .filter(({ attachment }) => attachment.entry !== undefined);
  for (const { hook } of whole) {
    sink.add('pair-key', `${hook.kind.value}: is a pair by itself, so it can be no side of one`, hook.span, {
      hints: [
        hook.kind.value === 'syscall'
          ? 'write tracepoint:syscalls:sys_enter_NAME'
          : 'write function: for the entry alone',
      ],
    });
  }
  if (whole.length > 0 || starts.length === 0 || ends.length === 0) return undefined;
  const saved = new SavedValues(sink);
  const labels = [...new Set(ends.flatMap((each) => each.attachments.map(({ attachment }) => attachment.label)))];
  const sides = { probe, pair, shared, sink, saved, labels };
  const firstStart = starts[0];
  const startScope = firstStart && scopeOfStart(firstStart, 0, sides);
  if (startScope === undefined) return undefined;
  const keyTypes = checkKey(pair.key.start, startScope, sink)?.map(({ type }) => type);
  if (keyTypes === undefined) return undefined;
  const endAlternatives = ends.map((each) => endPrograms(each, startScope, keyTypes, sides));
  const startAlternatives = starts.map((each) => startPrograms(each, keyTypes, sides));
  return {
    // The end is attached first, and where both share a hook it also runs first.
    groups: [
      { role: 'end', alternatives: endAlternatives },
      { role: 'start', alternatives: startAlternatives },
    ],
    pair: {
      key: keyTypes.map((type, index) => ({ name: keyTypes.length === 1 ? 'key' : `part${index + 1}`, type })),
      saved: [...saved.slots.values()].map(({ name, type }) => ({ name, type })),
      maxEntries: Number(pair.maxEntries?.value ?? BigInt(defaultPairEntries)),
      ...(pair.ttl === undefined ? {} : { ttl: pair.ttl.value }),
    },
  };
}

interface Sides {
  readonly probe: ProbeSpec;
  readonly pair: PairSpec;
  readonly shared: SharedScope;
  readonly sink: DiagnosticSink;
  readonly saved: SavedValues;
  readonly labels: readonly string[];
}

function scopeOfStart(start: ResolvedAlternative, index: number, { probe, shared }: Sides): Scope | undefined {
  const found = start.attachments[index];
  if (found === undefined) return undefined;
  const { main, label } = found.attachment;
  return scopeFor(shared, { probe, point: main, label, labels: [label], alternative: start.spec });
}

function endPrograms(end: ResolvedAlternative, startScope: Scope, keyTypes: KeyTypes, sides: Sides): TypedAlternative {
  const { probe, pair, shared, sink, saved, labels } = sides;
  const programs = end.attachments.flatMap(({ attachment: { main, label }, hook }) => {
    const start: Given<
      (
        expression: Parameters<Extract<Scope['start'], { value: unknown }>['value']>[0],
        span: Typed['span'],
      ) => Typed | undefined
    > = {
      value: (expression, span) => {
        const typed = new Checker(startScope, sink).value(expression);
        return typed && saved.keepExpression(expression, typed, span);
      },
    };
    const scope = scopeFor(shared, {
      probe,
      point: main,
      label,
      labels,
      alternative: end.spec,
      duration: durationValue(saved),
      start,
    });
    const endKey = checkKey(pair.key.end, scope, sink);
    if (endKey === undefined || !agree(keyTypes, endKey, pair, sink)) return [];
    const conditionsBefore = [...parseConditions(end.spec.where, sink), ...parseConditions(pair.where.end, sink)];
    const name = shared.programName(probe.name.value, main.mechanism);
    return [
      mainProgram({
        name,
        shared,
        probe,
        point: main,
        label,
        hook,
        scope,
        sink,
        endKey,
        conditionsBefore,
        conditions: parseConditions(probe.where, sink),
      }),
    ];
  });
  return { label: end.label, programs };
}

function startPrograms(start: ResolvedAlternative, keyTypes: KeyTypes, sides: Sides): TypedAlternative {
  const { probe, pair, shared, sink, saved } = sides;
  const programs = start.attachments.flatMap(({ attachment: { main, label }, hook }, index) => {
    const scope = scopeOfStart(start, index, sides);
    if (scope === undefined) return [];
    const checker = new Checker(scope, sink);
    const key = checkKey(pair.key.start, scope, sink);
    if (key === undefined || !key.every(({ type }, index) => isLike(keyTypes[index], type))) return [];
    const conditions = [...parseConditions(start.spec.where, sink), ...parseConditions(pair.where.start, sink)];
    const where = checkConditions(conditions, checker);
    const values = [...saved.slots.values()].flatMap(({ name, type, source, span }) => {
      const value = 'expression' in source ? checker.value(source.expression) : undefined;
      if (value === undefined) return [];
      if (interchangeable(type, value.type)) return [{ name, value }];
      sink.add(
        'type-mismatch',
        `this is ${describeType(value.type)} at ${label}, but ${describeType(type)} at another start`,
        span,
      );
      return [];
    });
    return [
      {
        name: shared.programName(probe.name.value, `start_${main.mechanism}`),
        point: main,
        label,
        span: hook.span,
        body: { kind: 'start' as const, where, key, saved: values },
      },
    ];
  });
  return { label: start.label, programs };
}

type KeyTypes = readonly Typed['type'][];

const isLike = (wanted: Typed['type'] | undefined, type: Typed['type']): boolean =>
  wanted !== undefined && interchangeable(wanted, type);

/** Both sides have the same number of parts, of the same types. */
function agree(start: KeyTypes, end: readonly Typed[], { key }: PairSpec, sink: DiagnosticSink): boolean {
  const partOf = (side: readonly LocatedText[], index: number): Typed['span'] | undefined =>
    (side[index] ?? side[0])?.span;
  const differs = end.findIndex(({ type }, index) => !isLike(start[index], type));
  const at = start.length === end.length ? differs : 0;
  if (at < 0) return true;
  const related = partOf(key.start, at);
  sink.add(
    'pair-key',
    start.length === end.length
      ? `the key is ${describe(start[at])} at the start, but ${describe(end[at]?.type)} at the end`
      : `the key has ${start.length} parts at the start, but ${end.length} at the end`,
    partOf(key.end, at),
    related === undefined ? {} : { related: [{ message: 'the key of the start', span: related }] },
  );
  return false;
}

const describe = (type: Typed['type'] | undefined): string => (type === undefined ? 'nothing' : describeType(type));

function checkKey(parts: readonly LocatedText[], scope: Scope, sink: DiagnosticSink): readonly Typed[] | undefined {
  const key = parts.flatMap((part) => checkKeyPart(part, scope, sink) ?? []);
  return key.length === parts.length ? key : undefined;
}

function checkKeyPart(text: LocatedText, scope: Scope, sink: DiagnosticSink): Typed | undefined {
  const expression = parseExpression(text, sink);
  const key = expression && new Checker(scope, sink).value(expression);
  if (key === undefined || stageOf(key) === 'kernel') return key;
  sink.add('pair-key', 'this is computed in user space, so it cannot join the sides of a pair', text.span, {
    hints: ['use what is the same at both sides in the kernel: tid, args.rq'],
  });
  return undefined;
}
