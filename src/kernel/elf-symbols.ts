/**
 * The functions of a binary, by name, as places in its file: what a uprobe attaches to. Names are found by searching the
 * string tables' bytes, and only what is found becomes a string, since a large binary has hundreds of thousands.
 */
import { type ElfFile, type ElfSegment, stringAt } from './elf.js';

export interface FunctionSymbol {
  /** Without the version: `malloc` for `malloc@@GLIBC_2.2.5`. */
  readonly name: string;
  /** Where the function begins, in bytes from the file's start. */
  readonly fileOffset: number;
  /** In the file's own address space, as its debug information counts. */
  readonly address: number;
  /** Bytes; zero where the linker did not say. */
  readonly size: number;
  /** A GNU indirect function: this is the resolver, run once, and not the function that callers then call. */
  readonly indirect: boolean;
}

export interface FunctionSymbols {
  find(name: string): FunctionSymbol | undefined;
  /** Every name once, in the tables' order. Reads all of the tables. */
  names(): Iterable<string>;
  /** Every function once by name, in its newest version. Reads all of the tables. */
  all(): Iterable<FunctionSymbol>;
  /** Other names of the same place. */
  aliases(symbol: FunctionSymbol): readonly string[];
}

const symbolTable = 2;
const dynamicSymbolTable = 11;
const versionTable = 0x6fffffff;
const hiddenVersion = 0x8000;
const wordsPerSymbol = 6;
const objectType = 1;
const functionType = 2;
const indirectFunctionType = 10;

/** One of `.symtab` (missing in stripped binaries) and `.dynsym`. */
interface SymbolTable {
  /** Elf64_Sym as six words: name, info | other | section, value (2), size (2). */
  readonly words: Uint32Array;
  readonly strings: Buffer;
  /** `.gnu.version`, a number a dynamic symbol. */
  readonly versions: Uint16Array | undefined;
}

/** `debugFile`: what was split off from the file, which has the symbols that were stripped from it. */
export function functionSymbols(elf: ElfFile, debugFile?: ElfFile): FunctionSymbols {
  // The dynamic symbols come first: they are few, and what programs call.
  const tables = [
    [elf, dynamicSymbolTable] as const,
    [elf, symbolTable] as const,
    ...(debugFile === undefined ? [] : [[debugFile, symbolTable] as const]),
  ].map(([file, type]) => {
    let table: SymbolTable | undefined;
    return () => {
      table ??= readTable(file, type);
      return table;
    };
  });
  return {
    find(name) {
      for (const table of tables) {
        const found = findIn(table(), name, elf.segments);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    *names() {
      const seen = new Set<string>();
      for (const table of tables) {
        const { words, strings } = table();
        for (let at = 0; at < words.length; at += wordsPerSymbol) {
          if (!isFunction(words, at)) continue;
          const name = withoutVersion(stringAt(strings, words[at] ?? 0));
          if (name === '' || seen.has(name)) continue;
          seen.add(name);
          yield name;
        }
      }
    },
    *all() {
      const seen = new Set<string>();
      for (const read of tables) {
        const table = read();
        for (let at = 0; at < table.words.length; at += wordsPerSymbol) {
          const found = isFunction(table.words, at) ? symbolAt(table, at, elf.segments) : undefined;
          if (found === undefined || found.name === '' || seen.has(found.name)) continue;
          if (isOlderVersion(table, at, found.name)) continue;
          seen.add(found.name);
          yield found;
        }
      }
    },
    aliases(symbol) {
      const names = new Set<string>();
      for (const table of tables) {
        const { words, strings } = table();
        for (let at = 0; at < words.length; at += wordsPerSymbol) {
          if (!isFunction(words, at) || fileOffset(words, at, elf.segments) !== symbol.fileOffset) continue;
          names.add(withoutVersion(stringAt(strings, words[at] ?? 0)));
        }
      }
      names.delete(symbol.name);
      return [...names];
    },
  };
}

/** Of a variable by its name, as the file was linked; `undefined` where the symbols are stripped, or more than one has the name. */
export function variableAddress(elf: ElfFile, name: string): number | undefined {
  const found = new Set<number>();
  for (const type of [dynamicSymbolTable, symbolTable]) {
    const { words, strings } = readTable(elf, type);
    const offsets = nameOffsets(strings, name);
    for (let at = 0; offsets.size > 0 && at < words.length; at += wordsPerSymbol) {
      const word = words[at + 1] ?? 0;
      if (!offsets.has(words[at] ?? 0) || (word & 0xf) !== objectType || word >>> 16 === 0) continue;
      found.add((words[at + 3] ?? 0) * 0x1_0000_0000 + (words[at + 2] ?? 0));
    }
  }
  return found.size === 1 ? [...found][0] : undefined;
}

function readTable(elf: ElfFile, type: number): SymbolTable {
  const section = elf.sections.find((each) => each.type === type);
  const strings = section && elf.sections[section.link];
  if (section === undefined || strings === undefined) {
    return { words: new Uint32Array(0), strings: Buffer.alloc(0), versions: undefined };
  }
  const versions = type === dynamicSymbolTable ? elf.sections.find((each) => each.type === versionTable) : undefined;
  return {
    words: new Uint32Array(wholeUnits(elf.contents(section), wordsPerSymbol * 4)),
    strings: bufferOf(elf.contents(strings)),
    versions: versions && new Uint16Array(wholeUnits(elf.contents(versions), 2)),
  };
}

/** Of several versions of a name the default one, which is what a program links to today. */
function findIn(table: SymbolTable, name: string, segments: readonly ElfSegment[]): FunctionSymbol | undefined {
  const { words } = table;
  const offsets = nameOffsets(table.strings, name);
  let older: FunctionSymbol | undefined;
  for (let at = 0; offsets.size > 0 && at < words.length; at += wordsPerSymbol) {
    if (!offsets.has(words[at] ?? 0) || !isFunction(words, at)) continue;
    const place = fileOffset(words, at, segments);
    if (place === undefined) continue;
    const indirect = ((words[at + 1] ?? 0) & 0xf) === indirectFunctionType;
    const found = { name, fileOffset: place, address: addressAt(words, at), size: words[at + 4] ?? 0, indirect };
    if (!isOlderVersion(table, at, name)) return found;
    older ??= found;
  }
  return older;
}

function symbolAt(
  { words, strings }: SymbolTable,
  at: number,
  segments: readonly ElfSegment[],
): FunctionSymbol | undefined {
  const place = fileOffset(words, at, segments);
  if (place === undefined) return undefined;
  const name = withoutVersion(stringAt(strings, words[at] ?? 0));
  return {
    name,
    fileOffset: place,
    address: addressAt(words, at),
    size: words[at + 4] ?? 0,
    indirect: ((words[at + 1] ?? 0) & 0xf) === indirectFunctionType,
  };
}

/** In `.symtab` the version stands in the name: `@@` the default one, a single `@` an older one. */
function isOlderVersion({ words, strings, versions }: SymbolTable, at: number, name: string): boolean {
  if (versions !== undefined) return ((versions[at / wordsPerSymbol] ?? 0) & hiddenVersion) !== 0;
  const end = (words[at] ?? 0) + name.length;
  return strings[end] === 0x40 && strings[end + 1] !== 0x40;
}

/**
 * Where the name can begin in a string table. Linkers share tails (`malloc` may be the end of `__libc_malloc`), so it need
 * not begin where a string does; it ends with a NUL, or with a version (`malloc@@GLIBC_2.2.5`, only in `.symtab`).
 */
function nameOffsets(strings: Buffer, name: string): ReadonlySet<number> {
  const offsets = new Set<number>();
  if (!/^[\x21-\x7e]+$/.test(name)) return offsets;
  for (const end of ['\0', '@']) {
    const needle = Buffer.from(name + end, 'latin1');
    for (let at = strings.indexOf(needle); at >= 0; at = strings.indexOf(needle, at + 1)) offsets.add(at);
  }
  return offsets;
}

/** Defined here (SHN_UNDEF is an import), and a function. */
function isFunction(words: Uint32Array, at: number): boolean {
  const word = words[at + 1] ?? 0;
  const type = word & 0xf;
  return (type === functionType || type === indirectFunctionType) && word >>> 16 !== 0;
}

function fileOffset(words: Uint32Array, at: number, segments: readonly ElfSegment[]): number | undefined {
  const address = addressAt(words, at);
  const segment = segments.find((each) => address >= each.address && address < each.address + each.fileSize);
  return segment === undefined ? undefined : address - segment.address + segment.fileOffset;
}

function addressAt(words: Uint32Array, at: number): number {
  return (words[at + 3] ?? 0) * 0x1_0000_0000 + (words[at + 2] ?? 0);
}

function withoutVersion(name: string): string {
  const at = name.indexOf('@');
  return at <= 0 ? name : name.slice(0, at);
}

/** A copy, so that it is aligned, without a rest that is no whole unit. */
function wholeUnits(bytes: Uint8Array, unit: number): ArrayBuffer {
  return new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % unit))).buffer;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
