/** Functions of C++ and Rust by the names that their authors wrote: `ns::Class::method`, with parameters or without. */
import type { BinaryReader } from '../binary-reader.js';
import type { FunctionSymbol, FunctionSymbols } from './elf-symbols.js';

export interface DemangledSymbol {
  readonly symbol: FunctionSymbol;
  /** With its parameters. */
  readonly name: string;
}

interface Readings {
  readonly symbol: FunctionSymbol;
  readonly short: string;
  /** With parameters. */
  readonly full: string;
}

const mangled = /^_(?:Z|R)/;

/** Every function that the name can mean; overloads are several. */
export function findDemangled(
  name: string,
  symbols: FunctionSymbols,
  reader: BinaryReader,
): readonly DemangledSymbol[] {
  return meant(name, readingsFor(withoutClone(name), symbols, reader));
}

function meant(name: string, readings: readonly Readings[]): readonly DemangledSymbol[] {
  const wanted = withoutClone(name);
  const found = readings.filter(
    ({ short, full }) => withoutClone(short) === wanted || withoutClone(full) === wanted || full === name,
  );
  // What compilers copied of a function for themselves is meant only where nothing else is.
  const own = found.filter(({ full }) => full === withoutClone(full) || full === name);
  const chosen = (own.length > 0 ? own : found).map(({ symbol, full }) => ({ symbol, name: full }));
  // A constructor has two symbols, often of the same code.
  return [...new Map(chosen.map((each) => [each.symbol.fileOffset, each])).values()];
}

/** From the fourth question on all of a file's names are kept demangled, by both of their readings. */
interface Asked {
  times: number;
  index?: ReadonlyMap<string, readonly Readings[]>;
}

const asked = new WeakMap<FunctionSymbols, Asked>();
const fewTimes = 3;

function readingsFor(wanted: string, symbols: FunctionSymbols, reader: BinaryReader): readonly Readings[] {
  const known = asked.get(symbols) ?? { times: 0 };
  asked.set(symbols, known);
  if (++known.times > fewTimes) return indexOf(symbols, reader, known).get(wanted) ?? [];
  const part = lastName(wanted);
  // An author's name stands in the mangled one as it is, so few need demangling.
  const candidates = [...symbols.all()].filter(({ name }) => part === undefined || name.includes(part));
  return readingsOf(candidates, reader);
}

function indexOf(
  symbols: FunctionSymbols,
  reader: BinaryReader,
  known: Asked,
): ReadonlyMap<string, readonly Readings[]> {
  if (known.index !== undefined) return known.index;
  const index = new Map<string, Readings[]>();
  for (const each of readingsOf([...symbols.all()], reader)) {
    for (const key of new Set([withoutClone(each.short), withoutClone(each.full)])) {
      const entries = index.get(key);
      if (entries === undefined) index.set(key, [each]);
      else entries.push(each);
    }
  }
  known.index = index;
  return index;
}

function readingsOf(symbols: readonly FunctionSymbol[], reader: BinaryReader): readonly Readings[] {
  const of = symbols.filter(({ name }) => mangled.test(name));
  const names = of.map(({ name }) => name);
  const [plain, whole] = [reader.demangle(names, false), reader.demangle(names, true)];
  return of.flatMap((symbol, index) => {
    const [short, full] = [plain[index], whole[index]];
    return short === undefined || full === undefined ? [] : [{ symbol, short, full }];
  });
}

/** Symbols as their authors wrote them, with parameters only where it needs them to mean this one function; those that no such text means stay as they are. */
export function readableNames(
  names: readonly string[],
  symbols: FunctionSymbols,
  reader: BinaryReader,
): readonly string[] {
  if (!names.some((name) => mangled.test(name))) return names;
  const known = asked.get(symbols) ?? { times: 0 };
  asked.set(symbols, known);
  const index = indexOf(symbols, reader, known);
  const readings = new Map([...index.values()].flat().map((each) => [each.symbol.name, each]));
  return names.map((name) => {
    const own = readings.get(name);
    if (own === undefined) return name;
    const text = [own.short, own.full].find((each) => {
      const [only, another] = meant(each, index.get(withoutClone(each)) ?? []);
      return another === undefined && only?.symbol.fileOffset === own.symbol.fileOffset;
    });
    return text ?? name;
  });
}

/** `name` for what stands for itself. */
export function demangledNames(names: readonly string[], reader: BinaryReader | undefined): readonly string[] {
  const of = names.filter((name) => mangled.test(name));
  if (reader === undefined || of.length === 0) return names;
  const texts = reader.demangle(of, false);
  const byName = new Map(of.map((name, index) => [name, texts[index] ?? name]));
  return names.map((name) => byName.get(name) ?? name);
}

/** What compilers add to copies that they make of a function: ` [clone .constprop.0]`. */
function withoutClone(name: string): string {
  return name.replace(/(?: \[clone [^\]]*\])+$/, '');
}

/** The innermost name, without parameters and template arguments; `undefined` for operators. */
function lastName(name: string): string | undefined {
  if (/\boperator\b/.test(name)) return undefined;
  const open = name.indexOf('(', name.startsWith('(') ? 1 : 0);
  const plain = (open < 0 ? name : name.slice(0, open)).replace(/<.*>/g, '');
  return /([A-Za-z_][A-Za-z0-9_]*)[^A-Za-z0-9_]*$/.exec(plain)?.[1];
}
