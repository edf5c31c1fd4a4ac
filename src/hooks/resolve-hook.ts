/**
 * A hook as the user wrote it → the ways to catch it. One with a pattern (`function:tcp_*`, `syscall:{open,openat}`) becomes all that it matches, each resolved as if it had
 * been written alone; what a way cannot catch is left out of it and counted. Refused: patterns that match nothing, or more than the probe allows.
 */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { nearest } from '../diagnostics/suggest.js';
import { alternativesOf, hasWildcard, isPattern, matcher } from './glob.js';
import { type HookKind, type HookSpec, oneProgramEach, type ResolveContext, type Way } from './hook.js';

export interface ResolvedWay {
  /** `kprobe:tcp_*`; of several hooks all of their labels. */
  readonly label: string;
  readonly attachments: Way;
  /** Of a pattern: how many of its matches this way cannot catch. */
  readonly leftOut?: number;
}

/** Each takes the kernel some time to attach, and more to detach. */
export const defaultMatches = 512;

export function resolveHook(
  hook: HookSpec,
  kind: HookKind,
  context: ResolveContext,
  mostMatches = defaultMatches,
): readonly ResolvedWay[] | undefined {
  const text = hook.target.text.trim();
  if (!isPattern(text) || kind.candidates === undefined || kind.isLiteral?.(text) === true) {
    const ways = kind.resolve(hook, context);
    return ways?.map((attachments) => ({ label: labelOf(attachments), attachments }));
  }
  const patterns = alternativesOf(text);
  if ('wrong' in patterns) {
    context.sink.add('hook-target', `"${text}" is no pattern: ${patterns.wrong}`, hook.target.span, {
      hints: ['write * for any characters, ? for one, {a,b} for either'],
    });
    return undefined;
  }
  const written = patterns.filter((each) => !hasWildcard(each));
  const found = new Map<string, readonly Way[]>();
  const missing = resolveWritten(written, hook, kind, context, found);
  const names = new Set<string>();
  let leftOut = 0;
  for (const pattern of patterns.filter(hasWildcard)) {
    const sink = new DiagnosticSink();
    const matched = matchesOf(pattern, hook, kind, { ...context, sink });
    if (matched === undefined) {
      missing.push(sink);
      continue;
    }
    for (const name of matched.names) if (!found.has(name)) names.add(name);
    leftOut += matched.leftOut;
  }
  if (found.size + names.size > mostMatches) {
    tooMany(text, [...found.keys(), ...names], mostMatches, hook, context);
    return undefined;
  }
  for (const name of names) {
    const ways = kind.resolve(named(hook, name), { ...context, sink: new DiagnosticSink() });
    if (ways === undefined) leftOut++;
    else found.set(name, ways);
  }
  tellMissing(missing, found.size > 0, context);
  if (found.size > 0) return waysOfAll([...found.values()], text, leftOut);
  if (names.size > 0) {
    context.sink.add(
      'hook-unsupported',
      `none of the ${names.size} hooks that "${text}" matches can be caught by ${kind.kind}`,
      hook.target.span,
      { hints: [`one of them is ${[...names][0]}`] },
    );
  }
  return undefined;
}

const named = (hook: HookSpec, name: string): HookSpec => ({ ...hook, target: { ...hook.target, text: name } });

/** A hook that is caught in several places stands once. */
const labelOf = (way: Way): string => [...new Set(way.map((each) => each.label))].join(', ');

/** Names without `*` or `?`: each is there or is missed. */
function resolveWritten(
  written: readonly string[],
  hook: HookSpec,
  kind: HookKind,
  context: ResolveContext,
  found: Map<string, readonly Way[]>,
): DiagnosticSink[] {
  return written.flatMap((name) => {
    const sink = new DiagnosticSink();
    const ways = kind.resolve(named(hook, name), { ...context, sink });
    if (ways === undefined) return [sink];
    found.set(name, ways);
    context.sink.diagnostics.push(...sink.diagnostics);
    return [];
  });
}

function tellMissing(missing: readonly DiagnosticSink[], others: boolean, { sink }: ResolveContext): void {
  for (const each of missing.flatMap(({ diagnostics }) => diagnostics)) {
    const skipped = others && each.code === 'hook-not-found';
    sink.diagnostics.push(
      skipped ? { ...each, severity: 'note', message: `${each.message}: left out`, hints: [] } : each,
    );
  }
}

function matchesOf(
  pattern: string,
  hook: HookSpec,
  kind: HookKind,
  context: ResolveContext,
): { readonly names: readonly string[]; readonly leftOut: number } | undefined {
  const candidates = kind.candidates?.(named(hook, pattern), context);
  if (candidates === undefined) return undefined;
  const matches = candidates.matched === true ? () => true : matcher(pattern);
  const names = [...candidates.names].filter(matches);
  const leftOut = [...(candidates.unfit ?? [])].filter(matches).length;
  if (names.length > 0) return { names, leftOut };
  const message =
    leftOut > 0
      ? `what "${pattern}" matches cannot be caught: ${candidates.unfitReason}`
      : `nothing matches "${pattern}"`;
  context.sink.add('hook-not-found', message, hook.target.span, {
    hints: leftOut > 0 ? [] : [...nearPatterns(pattern, candidates.names), ...(candidates.hints ?? [])],
  });
  return undefined;
}

/** `tcp_conect*` → `tcp_connect*`: what stands before the first wildcard is compared with the beginnings of names. */
function nearPatterns(pattern: string, names: Iterable<string>): string[] {
  const [beginning = ''] = /^[^*?]*/.exec(pattern) ?? [];
  if (beginning.length < 3) return [];
  const rest = pattern.slice(beginning.length);
  const beginnings = new Set<string>();
  for (const name of names) {
    for (const length of [beginning.length - 1, beginning.length, beginning.length + 1])
      beginnings.add(name.slice(0, length));
  }
  const near = nearest(beginning, beginnings, 12).find((each) => {
    const matches = matcher(each + rest);
    return [...names].some(matches);
  });
  return near === undefined ? [] : [`did you mean "${near}${rest}"?`];
}

function tooMany(text: string, names: readonly string[], most: number, hook: HookSpec, { sink }: ResolveContext): void {
  const shown = names.slice(0, 3).join(', ');
  sink.add(
    'too-many-matches',
    `"${text}" matches ${names.length} hooks (${shown}, …), and a probe takes at most ${most}`,
    hook.target.span,
    { hints: ['write a longer pattern', `or allow so many: "max_matches: ${names.length}" in the probe`] },
  );
}

/** Each mechanism with all that it can catch: those that take a single program for all come first. */
function waysOfAll(resolved: readonly (readonly Way[])[], text: string, leftOut: number): readonly ResolvedWay[] {
  const byMechanism = new Map<string, Way[]>();
  const seen = new Set<string>();
  for (const way of resolved.flat()) {
    // A system call has two names, the kernel's and the C library's.
    const label = labelOf(way);
    if (seen.has(label)) continue;
    seen.add(label);
    const mechanism = /^[^:]*/.exec(way[0]?.label ?? '')?.[0] ?? '';
    byMechanism.set(mechanism, [...(byMechanism.get(mechanism) ?? []), way]);
  }
  const ways = [...byMechanism].map(([mechanism, each]) => ({
    label: `${mechanism}:${text}`,
    attachments: each.flat(),
    leftOut: leftOut + resolved.length - each.length,
  }));
  const each = (way: ResolvedWay): number => Number(way.attachments.some(({ main }) => oneProgramEach(main.mechanism)));
  return ways.sort((a, b) => each(a) - each(b));
}
