/** `attach:` and the sides of `pair:` → attachments: each alternative of the user's times the ways that its hooks can be caught. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Attachment, ResolveContext } from '../hooks/hook.js';
import { findHookKind } from '../hooks/registry.js';
import { type ResolvedWay, resolveHook } from '../hooks/resolve-hook.js';
import type { AlternativeSpec, HookSpec, LocatedText, ProbeSpec } from '../language/spec.js';

export interface ResolvedAlternative {
  readonly spec: AlternativeSpec;
  readonly label: string;
  readonly attachments: readonly ResolvedAttachment[];
  readonly matches?: Matches;
}

/** Of patterns: how many hooks match and are caught this way, and how many match and cannot be. */
export interface Matches {
  readonly caught: number;
  readonly leftOut: number;
}

export interface ResolvedAttachment {
  readonly attachment: Attachment;
  readonly hook: HookSpec;
}

type Resolving = Omit<ResolveContext, 'signature'>;

/**
 * All ways to catch what the alternatives say, best first. An alternative that this kernel's types do not have is left out with a note as long as another one is there.
 */
export function resolveAlternatives(
  alternatives: readonly AlternativeSpec[],
  { signature, maxMatches }: Pick<ProbeSpec, 'signature' | 'maxMatches'>,
  context: Resolving,
): readonly ResolvedAlternative[] {
  const resolved: ResolvedAlternative[] = [];
  const failures: DiagnosticSink[] = [];
  for (const spec of alternatives) {
    const sink = new DiagnosticSink();
    const most = maxMatches === undefined ? undefined : Number(maxMatches.value);
    const ways = hooksTogether(spec, spec.signature ?? signature, most, { ...context, sink });
    if (ways === undefined) failures.push(sink);
    else context.sink.diagnostics.push(...sink.diagnostics);
    resolved.push(...(ways ?? []));
  }
  for (const failure of failures) {
    for (const each of failure.diagnostics) {
      const leftOut = resolved.length > 0 && each.code === 'hook-not-found';
      const left = leftOut
        ? {
            ...each,
            severity: 'note' as const,
            message: `${each.message}; this alternative is left out`,
            forOtherKernels: true as const,
          }
        : each;
      context.sink.diagnostics.push(left);
    }
  }
  return resolved;
}

function hooksTogether(
  spec: AlternativeSpec,
  signature: LocatedText | undefined,
  mostMatches: number | undefined,
  context: Resolving,
): ResolvedAlternative[] | undefined {
  const perHook = spec.hooks.map((hook): { hook: HookSpec; ways: readonly ResolvedWay[] } | undefined => {
    const kind = findHookKind(hook.kind, context.sink);
    const given = { ...context, ...(signature === undefined ? {} : { signature }) };
    const ways = kind && resolveHook(hook, kind, given, mostMatches);
    return ways && { hook, ways };
  });
  const found = perHook.filter((each) => each !== undefined);
  if (found.length < perHook.length || found.length === 0) return undefined;
  const most = Math.max(...found.map((each) => each.ways.length));
  // Hooks that attach together use their n-th ways together: all by fentry, or all by kprobe.
  return Array.from({ length: most }, (_, index) => {
    const ways = found.flatMap(({ hook, ways }) => {
      const way = ways[Math.min(index, ways.length - 1)];
      return way === undefined ? [] : [{ hook, way }];
    });
    return {
      spec,
      label: [...new Set(ways.map(({ way }) => way.label))].join(', '),
      attachments: ways.flatMap(({ hook, way }) => way.attachments.map((attachment) => ({ attachment, hook }))),
      ...countMatches(ways.map(({ way }) => way)),
    };
  });
}

function countMatches(ways: readonly ResolvedWay[]): { matches?: Matches } {
  if (ways.every(({ leftOut }) => leftOut === undefined)) return {};
  const caught = ways.reduce((sum, { attachments }) => sum + attachments.length, 0);
  return { matches: { caught, leftOut: ways.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0) } };
}

export const matchesOf = ({ matches }: ResolvedAlternative): { matches?: Matches } =>
  matches === undefined ? {} : { matches };
