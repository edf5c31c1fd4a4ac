/**
 * The functions of a Go program from `.gopclntab`, which its own stack traces need, so that `-ldflags=-s -w` leaves it there. Layout: src/runtime/symtab.go (pcHeader) of Go 1.18 (magic
 * 0xfffffff0) and since 1.20 (0xfffffff1).
 */
import { type ElfFile, stringAt } from './elf.js';
import type { FunctionSymbol, FunctionSymbols } from './elf-symbols.js';

const magics = new Set([0xfffffff0, 0xfffffff1]);
const headerBytes = 72;
const entryBytes = 8;

interface Table {
  readonly data: Buffer;
  readonly count: number;
  readonly textStart: number;
  readonly names: number;
  readonly functions: number;
}

/** `undefined` where there is no such table, or one of another version. */
export function goFunctions(elf: ElfFile): FunctionSymbols | undefined {
  const table = readTable(elf);
  if (table === undefined) return undefined;
  let all: Map<string, FunctionSymbol> | undefined;
  const symbols = (): Map<string, FunctionSymbol> => {
    all ??= readAll(table, elf);
    return all;
  };
  return {
    find: (name) => symbols().get(name),
    names: () => symbols().keys(),
    all: () => symbols().values(),
    aliases: (symbol) =>
      [...symbols().values()].flatMap(({ name, fileOffset }) =>
        fileOffset === symbol.fileOffset && name !== symbol.name ? [name] : [],
      ),
  };
}

function readTable(elf: ElfFile): Table | undefined {
  const section = elf.sections.find(({ name }) => /(^|\.)gopclntab$/.test(name));
  if (section === undefined) return undefined;
  const bytes = elf.contents(section);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (data.length < headerBytes || !magics.has(data.readUInt32LE(0)) || data[7] !== 8) return undefined;
  const word = (at: number): number => Number(data.readBigUInt64LE(at));
  const table = { data, count: word(8), names: word(32), functions: word(64) };
  if (table.functions + (table.count + 1) * entryBytes > data.length || table.names > data.length) return undefined;
  // Where the linker leaves it to the loader (and since Go 1.26) it is 0: the text section begins there, but for what C code comes first.
  const text = elf.sections.find(({ name }) => name === '.text');
  const textStart = word(24) || text?.address;
  return textStart === undefined ? undefined : { ...table, textStart };
}

function readAll({ data, count, textStart, names, functions }: Table, elf: ElfFile): Map<string, FunctionSymbol> {
  const found = new Map<string, FunctionSymbol>();
  for (let index = 0; index < count; index++) {
    const at = functions + index * entryBytes;
    const start = data.readUInt32LE(at);
    const record = functions + data.readUInt32LE(at + 4);
    if (record + 8 > data.length) continue;
    const name = stringAt(data, names + data.readInt32LE(record + 4));
    const address = textStart + start;
    const segment = elf.segments.find((each) => address >= each.address && address < each.address + each.fileSize);
    if (name === '' || segment === undefined || found.has(name)) continue;
    const size = Math.max(0, data.readUInt32LE(at + entryBytes) - start);
    const fileOffset = address - segment.address + segment.fileOffset;
    found.set(name, { name, fileOffset, address, size, indirect: false });
  }
  return found;
}
