/** Argument lists of functions and tracepoints, as the programs that catch them see them. */

import type { Span } from '../diagnostics/source.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { ContextAccess, Typed } from '../language/expression/typed.js';
import type { Parameter, Type } from '../language/types.js';

export interface NamedAccess {
  readonly name: string;
  readonly type: Type;
  readonly access: ContextAccess;
}

export function argumentList(owner: string, args: readonly NamedAccess[]): ArgumentList {
  const byName = new Map<string, (span: Span) => Typed>();
  for (const { name, type, access } of args) {
    byName.set(name, (span) => contextValue(type, access, span));
  }
  return { owner, names: () => args.map((each) => each.name), get: (name) => byName.get(name) };
}

export function contextValue(type: Type, access: ContextAccess, span: Span): Typed {
  // A struct or array in the context is an address, from which members are read.
  if ((type.kind === 'struct' || type.kind === 'array') && access.via !== 'slot') {
    const base: Typed = { op: 'context', access, type: { kind: 'pointer', space: 'kernel', target: type }, span };
    return { op: 'place', base, space: 'kernel', steps: [], type, span };
  }
  return { op: 'context', access, type, span };
}

/** A function's parameters; unnamed ones are reached by position: `args.0`. */
export function parameterAccesses(
  parameters: readonly Parameter[],
  access: (index: number) => ContextAccess,
  limit = Number.POSITIVE_INFINITY,
): NamedAccess[] {
  return parameters.slice(0, limit).flatMap((parameter, index): NamedAccess[] => {
    const positional = { name: String(index), type: parameter.type, access: access(index) };
    return parameter.name === '' ? [positional] : [{ ...positional, name: parameter.name }];
  });
}
