/** A probe with `pair:`: two hooks that begin and end one thing, joined by a key. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { ResolveContext } from '../hooks/hook.js';
import { Checker } from '../language/expression/checker.js';
import { describeType } from '../language/expression/describe.js';
import { parseExpression } from '../language/expression/parser.js';
import type { Given, Scope } from '../language/expression/scope.js';
import { stageOf, type Typed } from '../language/expression/typed.js';
import type { AlternativeSpec, LocatedText, PairSpec, ProbeSpec } from '../language/spec.js';
import type { CheckedProbe } from './check-attach.js';
import { checkConditions, parseConditions } from './check-body.js';
import { durationValue, mainProgram, type SharedScope, scopeFor } from './check-probe.js';
import { familiesOf, type HookFamily, hookIndexBy, programNames } from './hook-families.js';
import {
  matchesOf,
  type ResolvedAlternative,
  type ResolvedAttachment,
  resolveAlternatives,
} from './resolve-alternatives.js';
import { interchangeable, SavedValues } from './saved-values.js';
import type { TypedAlternative, TypedProgram } from './typed-pipeline.js';

const defaultPairEntries = 10_240;

export function checkPair(
  probe: ProbeSpec,
  pair: PairSpec,
  shared: SharedScope,
  context: Omit<ResolveContext, 'signature'>,
): CheckedProbe | undefined {
  const { sink } = context;
  const starts = resolveAlternatives(pair.start, probe, context);
  const ends = resolveAlternatives(pair.end, probe, context);
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
  const messages = [...starts, ...ends]
    .flatMap(({ attachments }) => attachments)
    .filter(({ attachment }) => attachment.main.message !== undefined);
  for (const { hook } of messages) {
    sink.add(
      'pair-key',
      `${hook.kind.value}: tells of a request when it is over, so it can be no side of a pair`,
      hook.span,
      {
        hints: ['attach: http:server has "duration" by itself'],
      },
    );
  }
  if (messages.length > 0 || whole.length > 0 || starts.length === 0 || ends.length === 0) return undefined;
  const saved = new SavedValues(sink);
  const sides = { probe, pair, shared, sink, saved };
  const firstStart = starts[0];
  const first = firstStart?.attachments[0];
  if (first === undefined) return undefined;
  const startScope = scopeOfStart(familyOfOne(first), firstStart?.spec, sides);
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
      ofCpu:
        saved.slots.size === 0 &&
        pair.ttl === undefined &&
        [...endAlternatives, ...startAlternatives].every(isJoinedByCpu),
      maxEntries: Number(pair.maxEntries?.value ?? BigInt(defaultPairEntries)),
      ...(pair.ttl === undefined ? {} : { ttl: pair.ttl.value }),
    },
  };
}

function isJoinedByCpu({ programs }: TypedAlternative): boolean {
  return programs.every(({ body }) => {
    const [only, ...others] = (body.kind === 'start' ? body.key : body.endKey) ?? [];
    return others.length === 0 && only?.op === 'builtin' && only.name === 'cpu';
  });
}

interface Sides {
  readonly probe: ProbeSpec;
  readonly pair: PairSpec;
  readonly shared: SharedScope;
  readonly sink: DiagnosticSink;
  readonly saved: SavedValues;
}

const familyOfOne = ({ attachment, hook }: ResolvedAttachment): HookFamily => ({
  attachment,
  hook,
  members: [attachment],
});

/** Checks what one hook of a side asks for, without a trace. */
function trial(sides: Sides): Sides {
  const sink = new DiagnosticSink();
  const saved = new SavedValues(sink);
  // A start is asked for what the ends keep of it.
  for (const [text, slot] of sides.saved.slots) saved.slots.set(text, slot);
  return { ...sides, sink, saved, shared: { ...sides.shared, programName: () => 'trial' } };
}

const knowBoth = ['the probe\'s own "where", "let", "update" and "fields" know both sides'];

const notJoined = { missing: "an end's own conditions are decided before its start is looked for", hints: knowBoth };
const notEnded = { missing: 'this is the start', hints: knowBoth };

function scopeOfStart(family: HookFamily, alternative: AlternativeSpec | undefined, { probe, shared }: Sides): Scope {
  const { main, label } = family.attachment;
  const hookIndex = hookIndexBy(family);
  return scopeFor(shared, { probe, point: main, label, hookIndex, alternative, duration: notEnded, start: notEnded });
}

/** Names of the program and, where each target needs one, of theirs. */
function namedTargets(
  family: HookFamily,
  prefix: string,
  { probe, shared }: Sides,
): Pick<TypedProgram, 'name' | 'targets'> {
  const suffix = prefix + family.attachment.main.mechanism;
  const named = (text: string): string => shared.programName(probe.name.value, text);
  return programNames(family, shared.hookNames, (member) => member.main, suffix, named);
}

function endPrograms(end: ResolvedAlternative, startScope: Scope, keyTypes: KeyTypes, sides: Sides): TypedAlternative {
  const families = familiesOf(end.attachments, (recorded) => {
    endProgram(familyOfOne(recorded), end, { startScope, keyTypes }, trial(sides));
  });
  const programs = families.flatMap((family) => endProgram(family, end, { startScope, keyTypes }, sides));
  return { label: end.label, ...matchesOf(end), programs };
}

function endProgram(
  family: HookFamily,
  end: ResolvedAlternative,
  { startScope, keyTypes }: { startScope: Scope; keyTypes: KeyTypes },
  sides: Sides,
): TypedProgram[] {
  const { probe, pair, shared, sink, saved } = sides;
  const {
    attachment: { main, label },
    hook,
  } = family;
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
  const parts = { probe, point: main, label, hookIndex: hookIndexBy(family), alternative: end.spec };
  const scope = scopeFor(shared, { ...parts, duration: durationValue(saved), start });
  const endKey = checkKey(pair.key.end, scope, sink);
  if (endKey === undefined || !agree(keyTypes, endKey, pair, sink)) return [];
  const conditionsBefore = [...parseConditions(end.spec.where, sink), ...parseConditions(pair.where.end, sink)];
  return [
    mainProgram({
      ...namedTargets(family, '', sides),
      shared,
      probe,
      point: main,
      label,
      hook,
      scope,
      sink,
      endKey,
      // A let that is of no use here may be of use once the start is known, so this scope checks its own.
      before: {
        scope: scopeFor(shared, { ...parts, duration: notJoined, start: notJoined }),
        conditions: conditionsBefore,
      },
      conditions: parseConditions(probe.where, sink),
    }),
  ];
}

function startPrograms(start: ResolvedAlternative, keyTypes: KeyTypes, sides: Sides): TypedAlternative {
  const families = familiesOf(start.attachments, (recorded) => {
    startProgram(familyOfOne(recorded), start, keyTypes, trial(sides));
  });
  const programs = families.flatMap((family) => startProgram(family, start, keyTypes, sides));
  return { label: start.label, ...matchesOf(start), programs };
}

function startProgram(
  family: HookFamily,
  start: ResolvedAlternative,
  keyTypes: KeyTypes,
  sides: Sides,
): TypedProgram[] {
  const { pair, sink, saved } = sides;
  const {
    attachment: { main, label },
    hook,
  } = family;
  const scope = scopeOfStart(family, start.spec, sides);
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
      ...namedTargets(family, 'start_', sides),
      point: main,
      label,
      span: hook.span,
      body: { kind: 'start' as const, where, key, saved: values },
    },
  ];
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
