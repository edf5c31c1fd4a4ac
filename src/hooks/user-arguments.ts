/** The arguments and the return value of a function of a program: as declared by `signature`, else as its debug information has them, else words by their position. */
import type { Binary, NoDebug } from '../kernel/binary.js';
import { type FunctionView, type PlacedValue, viewFunction } from '../kernel/function-view.js';
import { passesInRegisters } from '../kernel/go-build.js';
import { goConvention } from '../kernel/go-convention.js';
import type { DeclaredStructs } from '../language/declared-structs.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { BinaryTypes } from '../language/layered-types.js';
import { type FunctionType, type Type, u64, voidType } from '../language/types.js';
import { argumentList, contextValue, registerAccesses } from './arguments.js';
import { noRetval, type ProgramPoint, type ResolveContext } from './hook.js';
import { placedValue, resultsTogether } from './placed-value.js';
import type { UserTarget } from './user-target.js';

type Arch = ResolveContext['kernel']['arch'];

/** As many as any architecture has registers for. */
const unknownParameters = Array.from({ length: 8 }, () => ({ name: '', type: u64 }));

export interface UserFunction {
  readonly args: ArgumentList;
  readonly retval: ProgramPoint['retval'];
  readonly types: BinaryTypes;
}

/** Debug information is looked at when something is asked that only it can tell. */
export function userFunction(
  target: UserTarget,
  signature: FunctionType | undefined,
  arch: Arch,
  structs?: DeclaredStructs,
): UserFunction {
  const owner = `${target.written.binary}:${target.written.symbol}`;
  let kept: FunctionView | NoDebug | undefined;
  const view = (): FunctionView | NoDebug => {
    kept ??= viewOf(target, arch);
    return kept;
  };
  const ownTypes: BinaryTypes = () => binaryTypes(target.binary, view());
  const { path, go } = target.binary;
  const types = structs?.beside(ownTypes, { path, ...(go === undefined ? {} : { go }) }) ?? ownTypes;
  if (signature !== undefined) return { ...declared(owner, target.binary, signature, arch), types };
  const described = (): FunctionView | undefined => {
    const found = view();
    return 'missing' in found ? undefined : found;
  };
  const unknown = positional(owner, target.binary, arch);
  const named = (parameters: readonly PlacedValue[]): readonly (PlacedValue & { index: number })[] =>
    parameters.map((each, index) => ({
      ...each,
      index,
      name: each.name === '' || each.name === '_' ? String(index) : each.name,
    }));
  const find = (name: string): PlacedValue | undefined =>
    named(described()?.parameters ?? []).find((each) => each.name === name || String(each.index) === name);
  return {
    types,
    args: {
      owner,
      names: () => {
        const found = described();
        return found === undefined ? unknown.names() : named(found.parameters).map(({ name }) => name);
      },
      get: (name) => {
        if (described() === undefined) return unknown.get(name);
        const parameter = find(name);
        const value = parameter === undefined ? undefined : placedValue(parameter, arch);
        return typeof value === 'function' ? value : undefined;
      },
      absent: (name) => {
        const found = view();
        if ('missing' in found) {
          const code = found.missing === 'addon' ? 'addon-missing' : 'debug-info-missing';
          return { code, message: `the type of "${name}" is not known: ${found.why}`, hints: found.hints };
        }
        const parameter = find(name);
        const why = parameter === undefined ? undefined : placedValue(parameter, arch);
        if (typeof why !== 'string') return undefined;
        return {
          code: 'argument-unreadable',
          message: `the argument "${name}" ${why}`,
          hints: hintsFor(parameter?.place),
        };
      },
    },
    get retval() {
      return retvalOf(owner, described(), arch);
    },
  };
}

function viewOf(target: UserTarget, arch: Arch): FunctionView | NoDebug {
  if (target.symbol === undefined) {
    return { missing: 'none', why: 'a place written as a number is no function', hints: ['name the function instead'] };
  }
  return viewFunction(target.binary, target.symbol, arch);
}

/** Where the function itself is not described, the file's other types may be. */
function binaryTypes(binary: Binary, view: FunctionView | NoDebug): ReturnType<BinaryTypes> {
  if (!('missing' in view)) return view.types();
  const debug = binary.debug();
  return 'missing' in debug ? undefined : debug.types.source(undefined);
}

function hintsFor(place: PlacedValue['place'] | undefined): readonly string[] {
  return place?.in === 'optimized' ? ['build it with -O0 or -Og, or probe a function that calls this one'] : [];
}

function declared(
  owner: string,
  binary: Binary,
  signature: FunctionType,
  arch: Arch,
): Pick<UserFunction, 'args' | 'retval'> {
  const retval: ProgramPoint['retval'] =
    signature.returns.kind === 'void'
      ? noRetval('the signature says that it returns nothing', 'add "-> int" or another type to it')
      : { value: (span) => contextValue(signature.returns, { via: 'return register' }, span) };
  if (binary.go === undefined)
    return { args: argumentList(owner, registerAccesses(signature.parameters, arch)), retval };
  return { args: goArguments(owner, binary, signature.parameters, arch), retval };
}

/** Without a signature the arguments are known by position only, as the registers hold them. */
function positional(owner: string, binary: Binary, arch: Arch): ArgumentList {
  return binary.go === undefined
    ? argumentList(owner, registerAccesses(unknownParameters, arch))
    : goArguments(owner, binary, unknownParameters, arch);
}

function goArguments(
  owner: string,
  { go }: Binary,
  parameters: readonly { readonly name: string; readonly type: Type }[],
  arch: Arch,
): ArgumentList {
  const types = parameters.map(({ type }) => type);
  const inRegisters = go !== undefined && passesInRegisters(go, arch);
  const places = goConvention(types, [], arch, inRegisters).parameters;
  const values = parameters.map(({ name, type }, index) => ({
    name: name === '' ? String(index) : name,
    value: placedValue({ name, type, place: places[index] ?? { in: 'unknown' } }, arch),
  }));
  return {
    owner,
    names: () => values.map(({ name }) => name),
    get: (name) => {
      const found = values.find((each, index) => each.name === name || String(index) === name)?.value;
      return typeof found === 'function' ? found : undefined;
    },
  };
}

function retvalOf(owner: string, view: FunctionView | undefined, arch: Arch): ProgramPoint['retval'] {
  if (view === undefined) return { value: (span) => contextValue(u64, { via: 'return register' }, span) };
  const result = resultsTogether(view.results);
  if (result === undefined || result.type === voidType) return noRetval(`${owner} returns nothing`);
  if (result.place.in === 'optimized') return noRetval(`the compiler changed how ${owner} gives its value back`);
  const value = placedValue(result, arch);
  if (typeof value === 'function') return { value };
  return noRetval(`the value that ${owner} returns ${value}`);
}
