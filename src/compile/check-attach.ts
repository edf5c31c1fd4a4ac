/** A probe with `attach:`. Hooks that see both sides of a call become a pair keyed by thread, if the body uses what only the entry has. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Attachment, HookSpec, ResolveContext } from '../hooks/hook.js';
import { Checker } from '../language/expression/checker.js';
import type { Typed } from '../language/expression/typed.js';
import type { AlternativeSpec, ProbeSpec } from '../language/spec.js';
import * as types from '../language/types.js';
import { checkCondition, decidedAtEntry, type ParsedCondition } from './check-body.js';
import {
  attachConditions,
  durationValue,
  type MainParts,
  mainProgram,
  type SharedScope,
  scopeFor,
} from './check-probe.js';
import { type ResolvedAlternative, resolveAlternatives } from './resolve-alternatives.js';
import { SavedValues } from './saved-values.js';
import type { TypedAlternative, TypedGroup, TypedPair, TypedProgram } from './typed-pipeline.js';

const defaultCallEntries = 10_240;

export interface CheckedProbe {
  readonly groups: readonly TypedGroup[];
  readonly pair?: TypedPair;
}

export function checkAttach(
  probe: ProbeSpec,
  attach: readonly AlternativeSpec[],
  shared: SharedScope,
  context: Omit<ResolveContext, 'signature'>,
): CheckedProbe {
  const resolved = resolveAlternatives(attach, probe.signature, context);
  const labels = resolved.flatMap((each) => each.attachments.map(({ attachment }) => attachment.label));
  const saved = new SavedValues(context.sink);
  const alternatives = resolved.map((alternative) =>
    checkAlternative(probe, alternative, labels, saved, shared, context.sink),
  );
  const started = alternatives.some(({ programs }) => programs.some((program) => program.body.kind === 'start'));
  const pair: TypedPair = {
    key: [{ name: 'thread', type: types.u64 }],
    saved: [...saved.slots.values()].map(({ name, type }) => ({ name, type })),
    maxEntries: defaultCallEntries,
  };
  return { groups: [{ role: 'main', alternatives }], ...(started ? { pair } : {}) };
}

function checkAlternative(
  probe: ProbeSpec,
  alternative: ResolvedAlternative,
  labels: readonly string[],
  saved: SavedValues,
  shared: SharedScope,
  sink: DiagnosticSink,
): TypedAlternative {
  const conditions = attachConditions(probe, alternative, sink);
  const programs = alternative.attachments.flatMap(({ attachment, hook }) => {
    const common: Common = { probe, alternative: alternative.spec, labels, shared, sink, hook, conditions };
    return attachment.entry === undefined
      ? [plainProgram(attachment, common)]
      : callPrograms(attachment, attachment.entry, saved, common);
  });
  return { label: alternative.label, programs };
}

interface Common {
  readonly probe: ProbeSpec;
  readonly alternative: AlternativeSpec;
  readonly labels: readonly string[];
  readonly shared: SharedScope;
  readonly sink: DiagnosticSink;
  readonly hook: HookSpec;
  readonly conditions: readonly ParsedCondition[];
}

function plainProgram({ main, label }: Attachment, common: Common): TypedProgram {
  const scope = scopeFor(common.shared, { ...common, point: main, label });
  const name = common.shared.programName(common.probe.name.value, main.mechanism);
  return mainProgram({ ...common, name, point: main, label, scope });
}

function callPrograms(
  attachment: Attachment,
  entry: NonNullable<Attachment['entry']>,
  saved: SavedValues,
  common: Common,
): TypedProgram[] {
  const { main, label } = attachment;
  const { shared, sink } = common;
  const directArgs = 'value' in main.args;
  const body = (
    own: SavedValues,
    conditions: readonly ParsedCondition[],
    to: DiagnosticSink,
    name: string,
    end: Partial<MainParts>,
  ): TypedProgram => {
    const args = directArgs || !('value' in entry.args) ? main.args : { value: own.argumentsOf(entry.args.value) };
    const scope = scopeFor(shared, { ...common, point: main, label, args, duration: durationValue(own) });
    return mainProgram({ ...common, name, sink: to, point: main, label, scope, conditions, ...end });
  };
  const name = shared.programName(common.probe.name.value, main.mechanism === 'tracepoint' ? 'exit' : main.mechanism);
  const trial = new SavedValues(new DiagnosticSink());
  body(trial, common.conditions, new DiagnosticSink(), name, {});
  // Where the body uses nothing of the entry there is no entry program, and all is decided at the return.
  if (!trial.used) return [body(trial, common.conditions, sink, name, {})];
  const { early, late } = splitConditions(common, entry, label);
  const own = new SavedValues(sink);
  const key = threadKey(common.hook.span);
  const end = body(own, late, sink, name, { endKey: [key], startFilters: early.length > 0 });
  for (const [text, slot] of own.slots) saved.slots.set(text, saved.slots.get(text) ?? slot);
  const entryScope = scopeFor(shared, { ...common, point: entry, label });
  const entryArgs = entryScope.args;
  const start: TypedProgram = {
    name: shared.programName(common.probe.name.value, entry.mechanism === 'tracepoint' ? 'enter' : entry.mechanism),
    point: entry,
    label,
    span: common.hook.span,
    body: {
      kind: 'start',
      where: early,
      key: [key],
      saved: [...own.slots.values()].flatMap(({ name, source, span }) => {
        const value =
          'argument' in source && 'value' in entryArgs ? entryArgs.value.get(source.argument)?.(span) : undefined;
        return value === undefined ? [] : [{ name, value }];
      }),
    },
  };
  // The return is attached first, so that every call whose entry is seen is also seen to return.
  return [end, start];
}

/** Conditions that the entry can decide are decided there, so that calls nobody wants cost no map entry. */
function splitConditions(
  common: Common,
  entry: NonNullable<Attachment['entry']>,
  label: string,
): { early: Typed[]; late: ParsedCondition[] } {
  const early: Typed[] = [];
  const late: ParsedCondition[] = [];
  for (const condition of common.conditions) {
    const quiet = new DiagnosticSink();
    const scope = scopeFor(common.shared, { ...common, point: entry, label });
    const typed = checkCondition(condition, new Checker(scope, quiet));
    if (typed !== undefined && !quiet.failed && decidedAtEntry(typed)) early.push(typed);
    else late.push(condition);
  }
  return { early, late };
}

/** The thread: both ids of it in one number. */
export function threadKey(span: Typed['span']): Typed {
  return { op: 'builtin', name: 'tid', type: types.u32, span };
}
