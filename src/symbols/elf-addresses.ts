/**
 * The functions of one ELF file by address. Of a symbol only its address, size and the place of its name stay in memory; the
 * name is read from the file when it is asked for, since a binary such as node has a hundred thousand and tens of megabytes of names.
 */
import type { ElfFile, ElfSection, ElfSegment } from '../kernel/elf.js';
import type { FileBytes } from '../kernel/file-bytes.js';
import { AddressTableBuilder } from './address-table.js';

export interface ElfAddresses {
  readonly count: number;
  /** `address`: of the file's own address space. */
  find(address: number): { readonly name: string; readonly start: number } | undefined;
}

/** A file whose symbol table is read, and its reader. */
export interface SymbolFile {
  readonly elf: ElfFile;
  readonly bytes: FileBytes;
}

const symbolTable = 2;
const dynamicSymbolTable = 11;
const symbolSize = 24;
/** Read at once: a whole table may be as long as a file claims. */
const symbolsAtOnce = 20_000;
const longestName = 4096;
/** Names beyond are found, only not told apart from others of the same place. */
const mostNames = 0x400_0000;

const functionType = 2;
const indirectFunctionType = 10;
const weakBinding = 2;
const noSection = 0;
/** SHN_ABS: a number and no address. */
const absoluteSection = 0xfff1;

/**
 * The symbols of all the files together, of which the first is the binary itself, and the others hold what was taken out of it. Their
 * addresses are the same, and only the first one's segments are right.
 */
export function elfAddresses(files: readonly SymbolFile[]): ElfAddresses {
  const builder = new AddressTableBuilder();
  const segments = files[0]?.elf.segments ?? [];
  const strings: { readonly bytes: FileBytes; readonly section: ElfSection; readonly base: number }[] = [];
  let base = 0;
  for (const { elf, bytes } of files) {
    for (const section of elf.sections) {
      const names = elf.sections[section.link];
      if (section.type !== symbolTable && section.type !== dynamicSymbolTable) continue;
      if (names === undefined || section.name.endsWith('(compressed)')) continue;
      // Names are known by 32 bits: an offset in all of the string tables behind each other.
      if (base + names.size > 0xffff_ffff) continue;
      strings.push({ bytes, section: names, base });
      addSymbols(builder, bytes, section, names, segments, base);
      base += names.size;
    }
  }
  const table = builder.build();
  return {
    count: table.count,
    find(address) {
      const found = table.find(address);
      if (found === undefined) return undefined;
      const tableOfName = strings.findLast((each) => each.base <= found.name);
      if (tableOfName === undefined) return undefined;
      const offset = found.name - tableOfName.base;
      const { bytes, section } = tableOfName;
      const length = Math.min(longestName, section.size - offset);
      const name = nameIn(bytes.read(section.offset + offset, length));
      return name === '' ? undefined : { name, start: found.start };
    },
  };
}

function addSymbols(
  builder: AddressTableBuilder,
  file: FileBytes,
  section: ElfSection,
  names: ElfSection,
  segments: readonly ElfSegment[],
  base: number,
): void {
  const step = symbolsAtOnce * symbolSize;
  const text = file.read(names.offset, Math.min(names.size, mostNames));
  for (let from = 0; from < section.size; from += step) {
    const bytes = file.read(section.offset + from, Math.min(step, section.size - from));
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + symbolSize <= bytes.length; at += symbolSize) {
      const name = data.getUint32(at, true);
      const rank = rankOf(data.getUint8(at + 4));
      const index = data.getUint16(at + 6, true);
      if (rank === undefined || name === 0 || name >= names.size || index === noSection || index === absoluteSection)
        continue;
      const address = longAt(data, at + 8);
      if (address > Number.MAX_SAFE_INTEGER) continue;
      // Symbols without a type are code only in assembly, and then lie where code does.
      if (rank >= untypedRank && !isCode(segments, address)) continue;
      const size = longAt(data, at + 16);
      if (!builder.add(address, size > 2 ** 40 ? 0 : size, base + name, rank + 2 * underscores(text, name))) return;
    }
    if (bytes.length < step) return;
  }
}

const localRank = 0x40;
const untypedRank = 0x80;

/** Of aliases the one that other files call, then the plainest (`write` before `__write`), then the strong one; `undefined` for what is no function. */
function rankOf(info: number): number | undefined {
  const type = info & 0xf;
  const binding = info >>> 4;
  const rank = binding === 0 ? localRank : binding === weakBinding ? 1 : 0;
  if (type === functionType || type === indirectFunctionType) return rank;
  return type === 0 && binding !== 0 ? untypedRank + rank : undefined;
}

function underscores(text: Uint8Array, at: number): number {
  let count = 0;
  while (count < 15 && text[at + count] === 0x5f) count++;
  return count;
}

function isCode(segments: readonly ElfSegment[], address: number): boolean {
  return segments.some((each) => each.executable && address >= each.address && address < each.address + each.fileSize);
}

/** Without the version (`malloc@@GLIBC_2.2.5`). */
function nameIn(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, zero < 0 ? bytes.length : zero).toString('utf8');
  const at = text.indexOf('@');
  return at <= 0 ? text : text.slice(0, at);
}

function longAt(data: DataView, at: number): number {
  return data.getUint32(at + 4, true) * 0x1_0000_0000 + data.getUint32(at, true);
}
