/** How hooks were caught, in words: `connect: tp_btf:inet_sock_set_state`, and why the ways before it were passed over. */
import type { AttachAlternative } from '../compile/manifest.js';
import type { Session } from '../runtime/session.js';

/** Of hooks with one way alone there is nothing to tell. */
export function choiceLines({ choices, refused }: Pick<Session, 'choices' | 'refused'>): string[] {
  return choices.flatMap(({ probe, group, chosen, passedOver }) => {
    if (group.alternatives.length < 2 && chosen.matches === undefined) return [];
    const side = group.role === 'main' ? '' : ` (${group.role})`;
    const reasons = passedOver.map(({ label, reason }) => `; ${label}: ${reason}`).join('');
    const matches = matchesText(chosen, refused.get(chosen.label));
    return [`${probe}${side}: ${chosen.label}${matches}${reasons}`];
  });
}

/** `, 214 hooks; 12 left out (…)` of a pattern. */
function matchesText(
  { matches }: AttachAlternative,
  refused: { readonly count: number; readonly reason: string } | undefined,
): string {
  if (matches === undefined) return '';
  const caught = matches.caught - (refused?.count ?? 0);
  const unfit = matches.leftOut > 0 ? `; ${matches.leftOut} left out, which cannot be probed` : '';
  const failed = refused === undefined ? '' : `; ${refused.count} refused: ${refused.reason}`;
  return `, ${caught} hook${caught === 1 ? '' : 's'}${unfit}${failed}`;
}
