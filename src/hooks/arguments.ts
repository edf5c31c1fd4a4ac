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

/** Each by its name, and by its position as well: `args.0`. */
export function argumentList(owner: string, args: readonly NamedAccess[]): ArgumentList {
  const byName = new Map<string, (span: Span) => Typed>();
  for (const [position, { name, type, access }] of args.entries()) {
    const value = (span: Span): Typed => contextValue(type, access, span);
    byName.set(String(position), value);
    byName.set(name, value);
  }
  return { owner, names: () => args.map((each) => each.name), get: (name) => byName.get(name) };
}

export function contextValue(type: Type, access: ContextAccess, span: Span): Typed {
  // A struct or array in a tracepoint's record is an address, from which members are read.
  if (type.kind === 'struct' || type.kind === 'array') {
    const base: Typed = { op: 'context', access, type: { kind: 'pointer', space: 'kernel', target: type }, span };
    return { op: 'place', base, space: 'kernel', steps: [], type, span };
  }
  return { op: 'context', access, type, span };
}

/** Whether a value of the type is all of a register or of a slot of the context: no struct, no floating-point number. */
export function inRegister(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'bool' || type.kind === 'enum' || type.kind === 'pointer';
}

/** A function's parameters; unnamed ones are reached by position: `args.0`. */
export function parameterAccesses(
  parameters: readonly Parameter[],
  access: (index: number) => ContextAccess,
): NamedAccess[] {
  return parameters.map((parameter, index) => ({
    name: parameter.name === '' ? String(index) : parameter.name,
    type: parameter.type,
    access: access(index),
  }));
}

/** Integer arguments that the calling conventions of x86-64 and arm64 pass in registers. */
const registerArguments = { x86_64: 6, arm64: 8 } as const;

/** Those parameters that are in registers: the ones before any that is not, since where those after it are is not known. */
export function registerAccesses(
  parameters: readonly Parameter[],
  arch: keyof typeof registerArguments,
): NamedAccess[] {
  const other = parameters.findIndex(({ type }) => !inRegister(type));
  const end = Math.min(other < 0 ? parameters.length : other, registerArguments[arch]);
  return parameterAccesses(parameters.slice(0, end), (index) => ({ via: 'register', index }));
}
