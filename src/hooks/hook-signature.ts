/** What a hook gives, in the words of `list -v` and `init`: names and types of its arguments and of what it returns, with the members of structs one level under. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { describeType } from '../language/expression/describe.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { LocatedText } from '../language/spec.js';
import type { StructType, Type } from '../language/types.js';
import type { Attachment, ProgramPoint, ResolveContext, Way } from './hook.js';
import { findHookKind } from './registry.js';
import { resolveHook } from './resolve-hook.js';

export interface HookSignature {
  readonly args: readonly GivenValue[];
  /** Why there are none, where there are none. */
  readonly noArgs?: string;
  readonly retval?: GivenValue;
}

export interface GivenValue {
  /** `args.sk` */
  readonly name: string;
  readonly type: string;
  /** Of a struct, or of one that it points at. */
  readonly members: readonly { readonly name: string; readonly type: string }[];
}

/** `undefined` for a hook that cannot be resolved. What it returns is told for entries of functions as well: `call:` has both. */
export function hookSignature(
  hook: string,
  context: Pick<ResolveContext, 'kernel' | 'host'>,
): HookSignature | undefined {
  const attachment = attachmentOf(hook, context);
  if (attachment === undefined) return undefined;
  const { main, entry } = attachment;
  const list = 'value' in main.args ? main.args : (entry?.args ?? main.args);
  const retval = returned(main) ?? returned(attachmentOf(wholeCall(hook), context)?.main);
  return {
    args: 'value' in list ? given(list.value) : [],
    ...('missing' in list ? { noArgs: list.missing } : {}),
    ...(retval === undefined ? {} : { retval: { name: 'retval', ...describe(retval) } }),
  };
}

/** The kind that sees a function's return as well as its entry. */
const wholeCall = (hook: string): string =>
  hook.replace(/^(?:function|fentry|kprobe):/, 'call:').replace(/^uprobe:/, 'ucall:');

/** By its best way, all that a pattern matches; `undefined` after telling why there is none. */
export function attachmentsOf(
  hook: string,
  context: Pick<ResolveContext, 'kernel' | 'host'>,
  sink: DiagnosticSink,
): Way | undefined {
  const colon = Math.max(hook.indexOf(':'), 0);
  const source = { name: 'the command line', text: hook };
  const span = (start: number, end: number): Span => ({ source, start, end });
  const kind = findHookKind({ value: hook.slice(0, colon), span: span(0, colon) }, sink);
  const target: LocatedText = {
    text: hook.slice(colon + 1),
    span: span(colon + 1, hook.length),
    offsetAt: (index) => Math.min(colon + 1 + index, hook.length),
  };
  const spec = { kind: { value: hook.slice(0, colon), span: span(0, colon) }, target, span: span(0, hook.length) };
  return kind && resolveHook(spec, kind, { ...context, sink })?.[0]?.attachments;
}

function attachmentOf(hook: string, context: Pick<ResolveContext, 'kernel' | 'host'>): Attachment | undefined {
  return attachmentsOf(hook, context, new DiagnosticSink())?.[0];
}

function returned(point: ProgramPoint | undefined): Type | undefined {
  if (point === undefined || 'missing' in point.retval) return undefined;
  return point.retval.value({ source: { name: '', text: '' }, start: 0, end: 0 }).type;
}

function given(list: ArgumentList): GivenValue[] {
  const nowhere = { source: { name: '', text: '' }, start: 0, end: 0 };
  return list.names().map((name) => {
    const value = list.get(name)?.(nowhere);
    const why = list.unreadable?.(name) ?? 'cannot be read';
    return {
      name: `args.${name}`,
      ...(value === undefined ? { type: `(${why})`, members: [] } : describe(value.type)),
    };
  });
}

function describe(type: Type): Pick<GivenValue, 'type' | 'members'> {
  const struct = type.kind === 'pointer' ? type.target : type;
  return { type: describeType(type), members: struct.kind === 'struct' ? membersOf(struct) : [] };
}

/** Members of nested structs without a name are the struct's own. */
function membersOf(struct: StructType): GivenValue['members'] {
  return struct.members.flatMap(({ name, type }) => {
    if (name !== '') return [{ name, type: describeType(type) }];
    return type.kind === 'struct' ? membersOf(type) : [];
  });
}
