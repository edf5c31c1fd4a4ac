/**
 * Which hooks there are. In: a pattern, or nothing for all of the kernel's. Out: hooks ready to paste into a pipeline, by kind, made of names alone: no type is read. Kernel functions are told once, as
 * `function:`, since `kprobe:`, `fentry:`, `call:` and the others take the same names.
 */
import { type Diagnostic, DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { LocatedText } from '../language/spec.js';
import { hasWildcard, matcher } from './glob.js';
import type { Candidates, HookKind, HookSpec, ResolveContext } from './hook.js';
import { hookKinds } from './registry.js';

export interface HookList {
  readonly hooks: readonly string[];
  /** What could not be looked at, and why. */
  readonly diagnostics: readonly Diagnostic[];
}

type Context = Pick<ResolveContext, 'kernel' | 'host'>;

/** Other words for the same functions. */
const sameNames = new Set(['fentry', 'fexit', 'kprobe', 'kretprobe', 'call']);

export function listHooks(pattern: string | undefined, context: Context): HookList {
  const text = (pattern ?? '*').trim();
  const [, word = '', target = ''] = /^([a-z_]+):(.*)$/s.exec(text) ?? [];
  const kind = hookKinds.find((each) => each.kind === word);
  if (kind !== undefined) return ofKind(kind, target, text, context);
  const hooks: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const each of hookKinds) {
    if (sameNames.has(each.kind) || each.inBinaries === true) continue;
    const sink = new DiagnosticSink();
    const found = candidatesOf(each, located('*:*'), { ...context, sink });
    diagnostics.push(...sink.diagnostics);
    const fits = fitting(text);
    for (const name of found?.names ?? []) {
      const hook = `${each.kind}:${name}`;
      if (fits(name, hook)) hooks.push(hook);
    }
  }
  return { hooks, diagnostics };
}

/** A pattern without a kind is of the whole hook, of what stands behind the kind, or of the name at its end. */
function fitting(text: string): (name: string, hook: string) => boolean {
  const matches = matcher(text);
  return (name, hook) => matches(name) || matches(name.slice(name.lastIndexOf(':') + 1)) || matches(hook);
}

function ofKind(kind: HookKind, target: string, whole: string, context: Context): HookList {
  const sink = new DiagnosticSink();
  const pattern = completed(kind, target);
  const text = located(pattern, whole, whole.length - target.length);
  const candidates = candidatesOf(kind, text, { ...context, sink });
  const matches = candidates?.matched === true ? () => true : matcher(pattern);
  const hooks: string[] = [];
  for (const name of candidates?.names ?? []) if (matches(name)) hooks.push(`${kind.kind}:${name}`);
  return { hooks, diagnostics: sink.diagnostics };
}

/** `uprobe:/bin/bash` is all of its functions, `tracepoint:sched` all of that category, `function:` all. */
function completed(kind: HookKind, target: string): string {
  if (target === '') return kind.kind === 'tracepoint' ? '*:*' : '*';
  if (target.includes(':') || hasWildcard(target)) return target;
  if (kind.inBinaries === true) return `${target}:*`;
  return kind.kind === 'tracepoint' ? `${target}:*` : target;
}

function candidatesOf(kind: HookKind, target: LocatedText, context: ResolveContext): Candidates | undefined {
  const hook: HookSpec = { kind: { value: kind.kind, span: target.span }, target, span: target.span };
  return (kind.listed ?? kind.candidates)?.call(kind, hook, context);
}

function located(text: string, whole = text, start = 0): LocatedText {
  const source = { name: 'the command line', text: whole };
  return {
    text,
    span: { source, start, end: whole.length },
    offsetAt: (index) => Math.min(start + index, whole.length),
  };
}
