/** `attach:` and the sides of `pair:` → attachments: each alternative of the user's times the ways that its hooks can be caught. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Attachment, ResolveContext, Way } from '../hooks/hook.js';
import { findHookKind } from '../hooks/registry.js';
import type { AlternativeSpec, HookSpec, LocatedText } from '../language/spec.js';

export interface ResolvedAlternative {
  readonly spec: AlternativeSpec;
  readonly label: string;
  readonly attachments: readonly { readonly attachment: Attachment; readonly hook: HookSpec }[];
}

/**
 * All ways to catch what the alternatives say, best first. An alternative that this kernel's types do not have is left out with a note as long as another one is there.
 */
export function resolveAlternatives(
  alternatives: readonly AlternativeSpec[],
  signature: LocatedText | undefined,
  context: Omit<ResolveContext, 'signature'>,
): readonly ResolvedAlternative[] {
  const resolved: ResolvedAlternative[] = [];
  const failures: DiagnosticSink[] = [];
  for (const spec of alternatives) {
    const sink = new DiagnosticSink();
    const ways = hooksTogether(spec, spec.signature ?? signature, { ...context, sink });
    if (ways === undefined) failures.push(sink);
    else context.sink.diagnostics.push(...sink.diagnostics);
    for (const attachments of ways ?? []) {
      resolved.push({ spec, label: labelOf(attachments), attachments });
    }
  }
  for (const failure of failures) {
    for (const each of failure.diagnostics) {
      const leftOut = resolved.length > 0 && each.code === 'hook-not-found';
      const left = leftOut
        ? { ...each, severity: 'note' as const, message: `${each.message}; this alternative is left out` }
        : each;
      context.sink.diagnostics.push(left);
    }
  }
  return resolved;
}

/** A hook that is caught in several places stands once. */
function labelOf(attachments: ResolvedAlternative['attachments']): string {
  return [...new Set(attachments.map((each) => each.attachment.label))].join(', ');
}

function hooksTogether(
  spec: AlternativeSpec,
  signature: LocatedText | undefined,
  context: Omit<ResolveContext, 'signature'>,
): ResolvedAlternative['attachments'][] | undefined {
  const perHook = spec.hooks.map((hook): { hook: HookSpec; ways: readonly Way[] } | undefined => {
    const kind = findHookKind(hook.kind, context.sink);
    const ways = kind?.resolve(hook, { ...context, ...(signature === undefined ? {} : { signature }) });
    return ways && { hook, ways };
  });
  const found = perHook.filter((each) => each !== undefined);
  if (found.length < perHook.length || found.length === 0) return undefined;
  const most = Math.max(...found.map((each) => each.ways.length));
  // Hooks that attach together use their n-th ways together: all by fentry, or all by kprobe.
  return Array.from({ length: most }, (_, index) =>
    found.flatMap(({ hook, ways }) =>
      (ways[Math.min(index, ways.length - 1)] ?? []).map((attachment) => ({ attachment, hook })),
    ),
  );
}
