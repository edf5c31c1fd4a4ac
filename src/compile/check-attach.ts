/** A probe with `attach:`. Hooks that see both sides of a call become a pair keyed by the call, if the body uses what only the entry has. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import type { Attachment, CallKey, HookSpec, ProgramPoint, ResolveContext } from '../hooks/hook.js';
import { Checker } from '../language/expression/checker.js';
import type { ContextAccess, Typed } from '../language/expression/typed.js';
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
import { familiesOf, type HookFamily, hookIndexBy, programNames } from './hook-families.js';
import { piecesOf } from './kept-pieces.js';
import { matchesOf, type ResolvedAlternative, resolveAlternatives } from './resolve-alternatives.js';
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
  const resolved = resolveAlternatives(attach, probe, context);
  for (const { attachments } of resolved) {
    const message = attachments.find(({ attachment }) => attachment.main.message !== undefined);
    if (message === undefined || attachments.length === 1) continue;
    context.sink.add(
      'hook-target',
      `${message.hook.kind.value}: attaches together with no other hook`,
      message.hook.span,
      {
        hints: ['write a probe for each side'],
      },
    );
  }
  const saved = new SavedValues(context.sink);
  const keyNames = callKeyNames(resolved);
  const alternatives = resolved.map((alternative) =>
    checkAlternative(alternative, { probe, saved, shared, sink: context.sink, keyNames }),
  );
  const started = alternatives.some(({ programs }) => programs.some((program) => program.body.kind === 'start'));
  const pair: TypedPair = {
    key: keyNames.map((name) => ({ name, type: types.u64 })),
    saved: [...saved.slots.values()].map(({ name, type }) => ({ name, type })),
    ofCpu: false,
    maxEntries: defaultCallEntries,
  };
  return { groups: [{ role: 'main', alternatives }], ...(started ? { pair } : {}) };
}

function checkAlternative(alternative: ResolvedAlternative, attach: Attach): TypedAlternative {
  const conditions = attachConditions(attach.probe, alternative, attach.sink);
  const common = { ...attach, alternative: alternative.spec, conditions };
  const families = familiesOf(alternative.attachments, ({ attachment, hook }) => {
    const sink = new DiagnosticSink();
    const shared = { ...attach.shared, programName: () => 'trial' };
    familyPrograms(
      { attachment, hook, members: [attachment] },
      { ...common, shared, sink, saved: new SavedValues(sink) },
    );
  });
  const programs = families.flatMap((family) => familyPrograms(family, common));
  return { label: alternative.label, ...matchesOf(alternative), programs };
}

/** What all alternatives of a probe share. */
interface Attach {
  readonly probe: ProbeSpec;
  readonly saved: SavedValues;
  readonly shared: SharedScope;
  readonly sink: DiagnosticSink;
  readonly keyNames: readonly CallKeyName[];
}

interface OfAlternative extends Attach {
  readonly alternative: AlternativeSpec;
  readonly conditions: readonly ParsedCondition[];
}

interface Common extends OfAlternative {
  readonly hook: HookSpec;
  readonly family: HookFamily;
  readonly hookIndex: ReturnType<typeof hookIndexBy>;
}

function familyPrograms(family: HookFamily, ofAlternative: OfAlternative): TypedProgram[] {
  const { attachment, hook } = family;
  const common: Common = { ...ofAlternative, hook, family, hookIndex: hookIndexBy(family) };
  return attachment.entry === undefined
    ? [plainProgram(attachment, common)]
    : callPrograms(attachment, attachment.entry, common);
}

function plainProgram({ main, label }: Attachment, common: Common): TypedProgram {
  const scope = scopeFor(common.shared, { ...common, point: main, label });
  const program = namedTargets(common, main.mechanism, (member) => member.main);
  return mainProgram({ ...common, ...program, point: main, label, scope });
}

/** Names of the program and, where each target needs one, of theirs. */
function namedTargets(
  { shared, probe, family }: Common,
  suffix: string,
  side: (member: Attachment) => ProgramPoint,
): Pick<TypedProgram, 'name' | 'targets'> {
  return programNames(family, shared.hookNames, side, suffix, (text) => shared.programName(probe.name.value, text));
}

function callPrograms(attachment: Attachment, entry: NonNullable<Attachment['entry']>, common: Common): TypedProgram[] {
  const { main, label } = attachment;
  const { shared, sink, saved } = common;
  const directArgs = 'value' in main.args;
  const body = (
    own: SavedValues,
    conditions: readonly ParsedCondition[],
    to: DiagnosticSink,
    program: Pick<TypedProgram, 'name' | 'targets'>,
    end: Partial<MainParts>,
  ): TypedProgram => {
    const args = directArgs || !('value' in entry.args) ? main.args : { value: own.argumentsOf(entry.args.value) };
    const scope = scopeFor(shared, { ...common, point: main, label, args, duration: durationValue(own) });
    return mainProgram({ ...common, ...program, sink: to, point: main, label, scope, conditions, ...end });
  };
  const suffix = main.mechanism === 'tracepoint' ? 'exit' : main.mechanism;
  const program = namedTargets(common, suffix, (member) => member.main);
  const trial = new SavedValues(new DiagnosticSink());
  body(trial, common.conditions, new DiagnosticSink(), program, {});
  // Where the body uses nothing of the entry there is no entry program, and all is decided at the return.
  if (!trial.used) return [body(trial, common.conditions, sink, program, {})];
  const { early, late } = splitConditions(common, entry, label);
  const own = new SavedValues(sink);
  const { callKey: ownKey } = attachment;
  const { span } = common.hook;
  const keyAt = (point: ProgramPoint): readonly Typed[] => {
    const parts = {
      ...callKey(point, span),
      ...ownKey?.(span),
      hook: shared.hookNames.value(label, common.hookIndex, span),
    };
    return common.keyNames.map((name) => parts[name]);
  };
  const end = body(own, late, sink, program, { endKey: keyAt(main), startFilters: early.length > 0 });
  for (const [text, slot] of own.slots) saved.slots.set(text, saved.slots.get(text) ?? slot);
  const entryScope = scopeFor(shared, { ...common, point: entry, label });
  const entryArgs = entryScope.args;
  const start: TypedProgram = {
    ...namedTargets(
      common,
      entry.mechanism === 'tracepoint' ? 'enter' : entry.mechanism,
      (member) => member.entry ?? entry,
    ),
    point: entry,
    label,
    span,
    body: {
      kind: 'start',
      where: early,
      key: keyAt(entry),
      saved: [...own.slots.values()].flatMap(({ name, source, span }) => {
        const value =
          'argument' in source && 'value' in entryArgs
            ? keptPart(entryArgs.value.get(source.argument)?.(span), source.piece)
            : undefined;
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

type CallKeyName = 'call' | 'thread' | 'hook';

/** Addresses of frames tell calls of the kernel's functions apart; those of processes are addresses of many. */
function callKeyNames(resolved: readonly ResolvedAlternative[]): readonly CallKeyName[] {
  const entries = resolved.map(({ attachments }) =>
    attachments.flatMap(({ attachment: { entry } }) => (entry === undefined ? [] : [entry.mechanism])),
  );
  const inProcesses = entries.flat().includes('uprobe');
  // A function that ends in a jump to another one leaves it its frame: both calls are in progress there.
  const several = entries.some((each) => each.filter((mechanism) => mechanism !== 'tracepoint').length > 1);
  return ['call', ...(inProcesses ? (['thread'] as const) : []), ...(several ? (['hook'] as const) : [])];
}

/** The same at the entry of a call and at its return, and different for calls in progress at the same time, also where a function calls itself. */
function callKey({ mechanism }: ProgramPoint, span: Span): CallKey {
  const thread: Typed = { op: 'builtin', name: 'tid', type: types.u32, span };
  const frame = (at: Extract<ContextAccess, { via: 'frame' }>['at']): Typed => ({
    op: 'context',
    access: { via: 'frame', at },
    type: types.u64,
    span,
  });
  const call = (): Typed => {
    switch (mechanism) {
      case 'fentry':
      case 'fexit':
        return frame('trampoline');
      case 'kprobe':
      case 'uprobe':
        return frame('entry');
      case 'kretprobe':
      case 'uretprobe':
        return frame('return');
      default:
        // A thread is in one system call at a time.
        return thread;
    }
  };
  return { call: call(), thread };
}

/** Of an argument that is kept in pieces the one that is kept there. */
function keptPart(value: Typed | undefined, piece: number | undefined): Typed | undefined {
  if (piece === undefined || value === undefined) return value;
  return piecesOf(value)?.[piece]?.value;
}
