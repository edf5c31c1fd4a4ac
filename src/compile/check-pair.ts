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
  const labels = ends.flatMap((each) => each.attachments.map(({ attachment }) => attachment.label));
  const sides = { probe, pair, shared, sink, saved, labels };
  const firstStart = starts[0];
  const startScope = firstStart && scopeOfStart(firstStart, 0, sides);
  if (startScope === undefined) return undefined;
  const keyType = checkKey(pair.key.start, startScope, sink)?.type;
  if (keyType === undefined) return undefined;
  const endAlternatives = ends.map((each) => endPrograms(each, startScope, keyType, sides));
  const startAlternatives = starts.map((each) => startPrograms(each, keyType, sides));
  return {
    // The end is attached first, and where both share a hook it also runs first.
    groups: [
      { role: 'end', alternatives: endAlternatives },
      { role: 'start', alternatives: startAlternatives },
    ],
    pair: {
      key: { name: 'key', type: keyType },
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

function endPrograms(
  end: ResolvedAlternative,
  startScope: Scope,
  keyType: Typed['type'],
  sides: Sides,
): TypedAlternative {
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
    if (endKey === undefined) return [];
    if (!interchangeable(keyType, endKey.type)) {
      sink.add(
        'pair-key',
        `the key is ${describeType(keyType)} at the start, but ${describeType(endKey.type)} at the end`,
        pair.key.end.span,
        {
          related: [{ message: 'the key of the start', span: pair.key.start.span }],
        },
      );
      return [];
    }
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

function startPrograms(start: ResolvedAlternative, keyType: Typed['type'], sides: Sides): TypedAlternative {
  const { probe, pair, shared, sink, saved } = sides;
  const programs = start.attachments.flatMap(({ attachment: { main, label }, hook }, index) => {
    const scope = scopeOfStart(start, index, sides);
    if (scope === undefined) return [];
    const checker = new Checker(scope, sink);
    const key = checkKey(pair.key.start, scope, sink);
    if (key === undefined || !interchangeable(keyType, key.type)) return [];
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

function checkKey(text: LocatedText, scope: Scope, sink: DiagnosticSink): Typed | undefined {
  const expression = parseExpression(text, sink);
  const key = expression && new Checker(scope, sink).value(expression);
  if (key === undefined) return undefined;
  const fits = stageOf(key) === 'kernel' && key.type.kind !== 'string' && key.type.kind !== 'bytes';
  if (fits) return key;
  sink.add('pair-key', `${describeType(key.type)} cannot join the sides of a pair`, text.span, {
    hints: ['use a number or a pointer that is the same at both sides: tid, args.rq'],
  });
  return undefined;
}
