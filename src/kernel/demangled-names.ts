/** Functions of C++ and Rust by the names that their authors wrote: `ns::Class::method`, with parameters or without. */
import type { BinaryReader } from '../binary-reader.js';
import type { FunctionSymbol, FunctionSymbols } from './elf-symbols.js';

export interface DemangledSymbol {
  readonly symbol: FunctionSymbol;
  /** With its parameters. */
  readonly name: string;
}

const mangled = /^_(?:Z|R)/;

/** Every function that the name can mean; overloads are several. */
export function findDemangled(
  name: string,
  symbols: FunctionSymbols,
  reader: BinaryReader,
): readonly DemangledSymbol[] {
  const wanted = withoutClone(name);
  const part = lastName(wanted);
  // An author's name stands in the mangled one as it is, so few need demangling.
  const candidates = [...symbols.names()].filter(
    (each) => mangled.test(each) && (part === undefined || each.includes(part)),
  );
  const [plain, whole] = [reader.demangle(candidates, false), reader.demangle(candidates, true)];
  const found: (DemangledSymbol & { readonly clone: boolean })[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const full = whole[index];
    const short = plain[index];
    if (full === undefined || short === undefined) continue;
    if (withoutClone(short) !== wanted && withoutClone(full) !== wanted && full !== name) continue;
    const symbol = symbols.find(candidate);
    if (symbol !== undefined) found.push({ symbol, name: full, clone: full !== withoutClone(full) });
  }
  const own = found.filter(({ clone, name: full }) => !clone || full === name);
  return distinct(own.length > 0 ? own : found);
}

/** `name` for what stands for itself. */
export function demangledNames(names: readonly string[], reader: BinaryReader | undefined): readonly string[] {
  const of = names.filter((name) => mangled.test(name));
  if (reader === undefined || of.length === 0) return names;
  const texts = reader.demangle(of, false);
  const byName = new Map(of.map((name, index) => [name, texts[index] ?? name]));
  return names.map((name) => byName.get(name) ?? name);
}

/** A constructor has two symbols, often of the same code. */
function distinct(found: readonly DemangledSymbol[]): readonly DemangledSymbol[] {
  return [...new Map(found.map((each) => [each.symbol.fileOffset, each])).values()];
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
