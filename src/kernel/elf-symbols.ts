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
  /** Bytes; zero where the linker did not say. */
  readonly size: number;
  /** A GNU indirect function: this is the resolver, run once, and not the function that callers then call. */
  readonly indirect: boolean;
}

export interface FunctionSymbols {
  find(name: string): FunctionSymbol | undefined;
  /** Every name once, in the tables' order. Reads all of the tables. */
  names(): Iterable<string>;
  /** Other names of the same place. */
  aliases(symbol: FunctionSymbol): readonly string[];
}

const symbolTables = [2, 11];
const wordsPerSymbol = 6;
const functionType = 2;
const indirectFunctionType = 10;

/** One of `.symtab` (missing in stripped binaries) and `.dynsym`. */
interface SymbolTable {
  /** Elf64_Sym as six words: name, info | other | section, value (2), size (2). */
  readonly words: Uint32Array;
  readonly strings: Buffer;
}

export function functionSymbols(elf: ElfFile): FunctionSymbols {
  const tables = readTables(elf);
  return {
    find(name) {
      for (const table of tables) {
        const found = findIn(table, name, elf.segments);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    *names() {
      const seen = new Set<string>();
      for (const table of tables) {
        for (let at = 0; at < table.words.length; at += wordsPerSymbol) {
          if (!isFunction(table.words, at)) continue;
          const name = withoutVersion(stringAt(table.strings, table.words[at] ?? 0));
          if (name === '' || seen.has(name)) continue;
          seen.add(name);
          yield name;
        }
      }
    },
    aliases(symbol) {
      const names = new Set<string>();
      for (const table of tables) {
        for (let at = 0; at < table.words.length; at += wordsPerSymbol) {
          if (!isFunction(table.words, at) || fileOffset(table.words, at, elf.segments) !== symbol.fileOffset) continue;
          names.add(withoutVersion(stringAt(table.strings, table.words[at] ?? 0)));
        }
      }
      names.delete(symbol.name);
      return [...names];
    },
  };
}

/** The dynamic symbols come first: they are few, and what programs call. */
function readTables(elf: ElfFile): readonly SymbolTable[] {
  const sections = elf.sections.filter((section) => symbolTables.includes(section.type));
  sections.sort((a, b) => b.type - a.type);
  return sections.flatMap((section) => {
    const strings = elf.sections[section.link];
    if (strings === undefined) return [];
    const bytes = elf.contents(section);
    const whole = bytes.slice(0, bytes.length - (bytes.length % (wordsPerSymbol * 4)));
    return [{ words: new Uint32Array(whole.buffer), strings: bufferOf(elf.contents(strings)) }];
  });
}

function findIn(
  { words, strings }: SymbolTable,
  name: string,
  segments: readonly ElfSegment[],
): FunctionSymbol | undefined {
  const offsets = nameOffsets(strings, name);
  if (offsets.size === 0) return undefined;
  for (let at = 0; at < words.length; at += wordsPerSymbol) {
    if (!offsets.has(words[at] ?? 0) || !isFunction(words, at)) continue;
    const place = fileOffset(words, at, segments);
    if (place === undefined) continue;
    const indirect = ((words[at + 1] ?? 0) & 0xf) === indirectFunctionType;
    return { name, fileOffset: place, size: words[at + 4] ?? 0, indirect };
  }
  return undefined;
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
  const address = (words[at + 3] ?? 0) * 0x1_0000_0000 + (words[at + 2] ?? 0);
  const segment = segments.find((each) => address >= each.address && address < each.address + each.fileSize);
  return segment === undefined ? undefined : address - segment.address + segment.fileOffset;
}

function withoutVersion(name: string): string {
  const at = name.indexOf('@');
  return at <= 0 ? name : name.slice(0, at);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
