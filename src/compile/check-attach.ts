/** A probe with `attach:`. Hooks that see both sides of a call become a pair keyed by the call, if the body uses what only the entry has. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Attachment, HookSpec, ProgramPoint, ResolveContext } from '../hooks/hook.js';
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
import { piecesOf } from './kept-pieces.js';
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
  const labels = [...new Set(resolved.flatMap((each) => each.attachments.map(({ attachment }) => attachment.label)))];
  const saved = new SavedValues(context.sink);
  const keyNames = callKeyNames(resolved);
  const alternatives = resolved.map((alternative) =>
    checkAlternative(alternative, { probe, labels, saved, shared, sink: context.sink, keyNames }),
  );
  const started = alternatives.some(({ programs }) => programs.some((program) => program.body.kind === 'start'));
  const pair: TypedPair = {
    key: keyNames.map((name) => ({ name, type: types.u64 })),
    saved: [...saved.slots.values()].map(({ name, type }) => ({ name, type })),
    maxEntries: defaultCallEntries,
  };
  return { groups: [{ role: 'main', alternatives }], ...(started ? { pair } : {}) };
}

function checkAlternative(alternative: ResolvedAlternative, attach: Attach): TypedAlternative {
  const conditions = attachConditions(attach.probe, alternative, attach.sink);
  const programs = alternative.attachments.flatMap(({ attachment, hook }) => {
    const common: Common = { ...attach, alternative: alternative.spec, hook, conditions };
    return attachment.entry === undefined
      ? [plainProgram(attachment, common)]
      : callPrograms(attachment, attachment.entry, common);
  });
  return { label: alternative.label, programs };
}

/** What all alternatives of a probe share. */
interface Attach {
  readonly probe: ProbeSpec;
  readonly labels: readonly string[];
  readonly saved: SavedValues;
  readonly shared: SharedScope;
  readonly sink: DiagnosticSink;
  readonly keyNames: readonly CallKeyName[];
}

interface Common extends Attach {
  readonly alternative: AlternativeSpec;
  readonly hook: HookSpec;
  readonly conditions: readonly ParsedCondition[];
}

function plainProgram({ main, label }: Attachment, common: Common): TypedProgram {
  const scope = scopeFor(common.shared, { ...common, point: main, label });
  const name = common.shared.programName(common.probe.name.value, main.mechanism);
  return mainProgram({ ...common, name, point: main, label, scope });
}

function callPrograms(attachment: Attachment, entry: NonNullable<Attachment['entry']>, common: Common): TypedProgram[] {
  const { main, label } = attachment;
  const { shared, sink, saved } = common;
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
  const { callKey: ownKey } = attachment;
  const keyAt = (point: ProgramPoint): readonly Typed[] =>
    ownKey === undefined ? callKey(point, common) : common.keyNames.map((part) => ownKey(common.hook.span)[part]);
  const end = body(own, late, sink, name, { endKey: keyAt(main), startFilters: early.length > 0 });
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

type CallKeyName = 'call' | 'thread';

/** Addresses of frames tell calls of the kernel's functions apart; those of processes are addresses of many. */
function callKeyNames(resolved: readonly ResolvedAlternative[]): readonly CallKeyName[] {
  const inProcesses = resolved.some(({ attachments }) =>
    attachments.some(({ attachment }) => attachment.entry?.mechanism === 'uprobe'),
  );
  return inProcesses ? ['call', 'thread'] : ['call'];
}

/** The same at the entry of a call and at its return, and different for calls in progress at the same time, also where a function calls itself. */
function callKey({ mechanism }: ProgramPoint, { keyNames, hook: { span } }: Common): readonly Typed[] {
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
  return keyNames.map((name) => (name === 'call' ? call() : thread));
}

/** Of an argument that is kept in pieces the one that is kept there. */
function keptPart(value: Typed | undefined, piece: number | undefined): Typed | undefined {
  if (piece === undefined || value === undefined) return value;
  return piecesOf(value)?.[piece]?.value;
}
