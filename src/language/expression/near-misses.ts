/** What was nearly right, and a name's spelling alone does not tell. */
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import type { Binary } from './ast.js';
import { findMember } from './members.js';
import type { ArgumentList } from './scope.js';
import type { Typed } from './typed.js';

/** `args.next_comm`, as the documented format of a tracepoint has it, where the kernel's own argument is `next` and has a `comm`. */
export function joinedArgument(name: string, list: ArgumentList, span: Span): string[] {
  for (const argument of list.names()) {
    if (!name.startsWith(`${argument}_`)) continue;
    const type = list.get(argument)?.(span).type;
    const target = type?.kind === 'pointer' ? type.target : type;
    const member = name.slice(argument.length + 1);
    if (target?.kind === 'struct' && findMember(target, member) !== undefined)
      return [`write args.${argument}.${member}`];
  }
  return [];
}

/** `comm == bash`: beside a text, a name that nothing has was meant as a text. `from`: the first diagnostic about the two sides. */
export function suggestQuotes(
  { left, right }: Binary,
  known: Typed | undefined,
  diagnostics: Diagnostic[],
  from: number,
): void {
  const [told, another] = diagnostics.slice(from);
  if (known === undefined || told?.code !== 'name-unknown' || another !== undefined) return;
  if (known.type.kind !== 'string' && known.type.kind !== 'comm') return;
  const unknown = [left, right].find((side) => side.span.start === told.span?.start);
  if (unknown?.kind !== 'name') return;
  diagnostics[from] = { ...told, hints: [...told.hints, `write a text in quotes: "${unknown.name}"`] };
}
