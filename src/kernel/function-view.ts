/** A function of a binary as its debug information has it: its parameters and results, and where each is when it begins and when it returns. */
import type { DebugFunction, DebugParameter } from '../binary-reader.js';
import type { BinaryTypes } from '../language/layered-types.js';
import { type StructType, type Type, voidType } from '../language/types.js';
import type { Binary, NoDebug } from './binary.js';
import { cConvention, type Passed } from './calling-convention.js';
import type { DwarfTypes } from './dwarf-types.js';
import type { FunctionSymbol } from './elf-symbols.js';
import { type Arch, entryPlace, returnAddressBytes } from './entry-location.js';
import { passesInRegisters } from './go-build.js';
import { goConvention } from './go-convention.js';
import { takesRegisters } from './prologue.js';
import { rustConvention } from './rust-convention.js';
import { sizeOfType } from './type-layout.js';

export interface FunctionView {
  readonly parameters: readonly PlacedValue[];
  /** One; several in Go; none where it returns nothing. */
  readonly results: readonly PlacedValue[];
  readonly types: BinaryTypes;
}

export interface PlacedValue {
  /** Empty where the source gives none. */
  readonly name: string;
  readonly type: Type;
  /** `optimized`: the compiler left it out. */
  readonly place: Passed | { readonly in: 'optimized' };
}

const rust = 0x1c;
/** DW_OP_deref. */
const deref = 0x06;
/** Something that is passed in no way. */
const unknown: Type = { kind: 'function', parameters: [], returns: voidType };

/** A function of a binary's symbols; or why nothing is known of it. */
export function viewFunction(binary: Binary, symbol: FunctionSymbol, arch: Arch): FunctionView | NoDebug {
  const debug = binary.debug();
  if ('missing' in debug) return debug;
  const found = debug.info.functionAt(symbol.address);
  if (found === undefined) {
    return {
      missing: 'none',
      why: `the debug information of "${binary.path}" does not describe this function`,
      hints: ['declare the arguments: signature: "(name: type) -> type"'],
    };
  }
  const { types } = debug;
  const source = types.source(found.id);
  const view = binary.go !== undefined ? goView(binary, found, types, arch) : cView(binary, symbol, found, types, arch);
  return { ...view, types: () => source };
}

function goView(binary: Binary, found: DebugFunction, types: DwarfTypes, arch: Arch): Omit<FunctionView, 'types'> {
  const inRegisters = binary.go !== undefined && passesInRegisters(binary.go, arch);
  const typed = found.parameters.map((each) => ({ ...each, type: types.type(each.type) }));
  const [taken, given] = [typed.filter((each) => !each.result), typed.filter((each) => each.result)];
  const places = goConvention(
    taken.map((each) => each.type),
    given.map((each) => each.type),
    arch,
    inRegisters,
  );
  const place = (each: { name: string; type: Type }, at: Passed | undefined): PlacedValue => ({
    // Results without a name are called ~r0 and so on.
    name: each.name.replace(/^~/, ''),
    type: each.type,
    place: at ?? { in: 'unknown' },
  });
  return {
    parameters: taken.map((each, index) => place(each, places.parameters[index])),
    results: given.map((each, index) => place(each, places.results[index])),
  };
}

function cView(
  binary: Binary,
  symbol: FunctionSymbol,
  found: DebugFunction,
  types: DwarfTypes,
  arch: Arch,
): Omit<FunctionView, 'types'> {
  const keepsConvention = (passed: Passed): boolean => {
    if (found.ownConvention) return false;
    if (found.external || isUnoptimized(found)) return true;
    const registers =
      passed.in === 'registers'
        ? passed.registers
        : passed.in === 'leaves'
          ? passed.leaves.map(({ register }) => register)
          : passed.in === 'memory'
            ? [passed.register]
            : undefined;
    return registers === undefined || takesRegisters(binary, symbol.fileOffset, registers, arch);
  };
  const parameters = found.parameters.map((each) => ({ ...each, type: types.type(each.type) }));
  const returns = types.type(found.returns);
  const told = new Set(parameters.filter((each) => isReference(each, found.frameBase, arch)).map(({ type }) => type));
  const byReference = (type: StructType): boolean => told.has(type) || types.passedByReference(type);
  // Of what is only declared nothing is known but its name.
  const complete = (type: Type): Type => (types.isIncomplete(type) && !told.has(type) ? unknown : type);
  const taken = parameters.map((each) => complete(each.type));
  const convention =
    found.language === rust
      ? rustConvention(taken, complete(returns), arch)
      : cConvention(taken, complete(returns), arch, byReference);
  return {
    parameters: parameters.map(({ name, type }, index) => {
      const raw = found.parameters[index];
      const usual = convention.parameters[index] ?? { in: 'unknown' as const };
      return {
        name,
        type,
        place: raw === undefined ? usual : placeAtEntry(raw, type, usual, { ...found, arch, keepsConvention }),
      };
    }),
    results:
      returns.kind === 'void'
        ? []
        : [{ name: '', type: returns, place: found.ownConvention ? { in: 'optimized' } : convention.result }],
  };
}

interface EntryRules {
  readonly arch: Arch;
  /** Whether a caller puts the value where the convention says. */
  keepsConvention(passed: Passed): boolean;
}

/** Unoptimized code keeps the address of a class that it was given, in memory or a register, and says that the value is where that points. */
function isReference(
  { operations, type }: Pick<DebugParameter, 'operations'> & { readonly type: Type },
  frameBase: DebugFunction['frameBase'],
  arch: Arch,
): boolean {
  if (type.kind !== 'struct') return false;
  return operations.at(-1)?.code === deref || entryPlace(operations, frameBase, arch)?.in === 'memory';
}

/** As GCC says; clang and rustc do not say. */
function isUnoptimized({ producer }: DebugFunction): boolean {
  return producer?.startsWith('GNU ') === true && !/ -O([1-9sgz]|fast)?( |$)/.test(producer);
}

/**
 * The compiler's own word for where a parameter is, before what the convention says: a function that only its own file calls may be called in any way. What it says for the whole body of a
 * function is where the first instructions are about to put it, unless that is where a caller does.
 */
function placeAtEntry(
  raw: DebugParameter,
  type: Type,
  usual: Passed,
  {
    frameBase,
    external,
    ownConvention,
    arch,
    keepsConvention,
  }: Pick<DebugFunction, 'frameBase' | 'external' | 'ownConvention'> & EntryRules,
): PlacedValue['place'] {
  const told = entryPlace(raw.operations, frameBase, arch);
  const byConvention = (): PlacedValue['place'] => (keepsConvention(usual) ? usual : { in: 'optimized' });
  // An empty class has a place that nobody fills.
  if (usual.in === 'nothing') return usual;
  // What holds for the whole body need not hold before its first instruction.
  if (raw.place === 'single' && external && !ownConvention && usual.in !== 'unknown') return usual;
  if (raw.operations.length === 0) {
    if (raw.constant !== undefined) return { in: 'constant', value: raw.constant };
    return byConvention();
  }
  if (told === undefined) return usual.in === 'vector' ? usual : byConvention();
  switch (told.in) {
    case 'stack':
      return told.offset >= returnAddressBytes[arch] ? told : byConvention();
    case 'registers':
      // The register holds the address of what is passed by reference; one register cannot hold a larger struct.
      if (usual.in === 'memory' || sizeOfType(type) > 8 * told.registers.length) return usual;
      return told;
    default:
      return told;
  }
}
