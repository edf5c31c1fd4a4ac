/**
 * ELF files: sections, segments, build-id. 64-bit little-endian only, which is what x86_64 and arm64 Linux run.
 *
 * Our own reader, since of the packages on npm elfy knows no symbols and reads no 64-bit offsets, elf-parser prints
 * headers, and elfinfo (a beta of 2022) makes an object of each of node's hundred thousand symbols. Source of the
 * layouts: the System V ABI, and elf(5).
 */
import type { FileBytes } from './file-bytes.js';

export interface ElfSection {
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  /** Where it is in memory, as the file was linked; 0 where it is not loaded. */
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the section that goes with it: a symbol table's strings. */
  readonly link: number;
}

/** A PT_LOAD: where a piece of the file is mapped. */
export interface ElfSegment {
  readonly fileOffset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly executable: boolean;
}

export interface ElfFile {
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  /** EM_*: 62 is x86_64, 183 arm64. */
  readonly machine: number;
  contents(section: ElfSection): Uint8Array;
  read(offset: number, length: number): Uint8Array;
  /** Lower-case hex; `undefined` where the linker wrote none. */
  readonly buildId: string | undefined;
}

const programHeaderSize = 56;
const sectionHeaderSize = 64;
const loadSegment = 1;
const executableFlag = 1;
const noBits = 8;
const noteSection = 7;
const compressed = 0x800;
/** More than any real file has; what says more is no ELF file. */
const mostHeaders = 100_000;

/** A text says in words why the bytes are no such file. */
export function readElf(file: FileBytes): ElfFile | string {
  if (file.failure !== undefined)
    return file.failure === 'ENOENT' ? 'it is not there' : `it cannot be read (${file.failure})`;
  const header = view(file.read(0, 64));
  if (header.byteLength < 64 || header.getUint32(0) !== 0x7f454c46) return 'it is not an ELF file';
  if (header.getUint8(4) !== 2) return 'it is a 32-bit ELF file, and only 64-bit ones can be read';
  if (header.getUint8(5) !== 1) return 'it is a big-endian ELF file, and only little-endian ones can be read';
  const segments = readSegments(file, header);
  const sections = segments === undefined ? undefined : readSections(file, header);
  if (segments === undefined || sections === undefined) return 'its ELF headers do not fit the file';
  const contents = (section: ElfSection) => {
    return section.type === noBits ? new Uint8Array(0) : file.read(section.offset, section.size);
  };
  return {
    sections,
    segments,
    machine: header.getUint16(18, true),
    contents,
    read: (offset, length) => file.read(offset, length),
    get buildId() {
      const notes = sections.filter((section) => section.type === noteSection);
      return notes.map((section) => buildIdOf(contents(section))).find((id) => id !== undefined);
    },
  };
}

function readSegments(file: FileBytes, header: DataView): readonly ElfSegment[] | undefined {
  const count = header.getUint16(56, true);
  const table = view(file.read(longAt(header, 32), count * programHeaderSize));
  if (table.byteLength !== count * programHeaderSize) return undefined;
  const segments: ElfSegment[] = [];
  for (let at = 0; at < table.byteLength; at += programHeaderSize) {
    if (table.getUint32(at, true) !== loadSegment) continue;
    segments.push({
      executable: (table.getUint32(at + 4, true) & executableFlag) !== 0,
      fileOffset: longAt(table, at + 8),
      address: longAt(table, at + 16),
      fileSize: longAt(table, at + 32),
    });
  }
  return segments;
}

function readSections(file: FileBytes, header: DataView): readonly ElfSection[] | undefined {
  const offset = longAt(header, 40);
  if (offset === 0) return [];
  const first = view(file.read(offset, sectionHeaderSize));
  if (first.byteLength < sectionHeaderSize) return undefined;
  // Past 65,279 sections the counts stand in the first section's header.
  const count = header.getUint16(60, true) || longAt(first, 32);
  const named = header.getUint16(62, true);
  const namesIndex = named === 0xffff ? first.getUint32(40, true) : named;
  if (count > mostHeaders) return undefined;
  const table = view(file.read(offset, count * sectionHeaderSize));
  if (table.byteLength !== count * sectionHeaderSize) return undefined;
  const raw = Array.from({ length: count }, (_, index) => {
    const at = index * sectionHeaderSize;
    return {
      nameOffset: table.getUint32(at, true),
      type: table.getUint32(at + 4, true),
      flags: longAt(table, at + 8),
      address: longAt(table, at + 16),
      offset: longAt(table, at + 24),
      size: longAt(table, at + 32),
      link: table.getUint32(at + 40, true),
    };
  });
  const names = raw[namesIndex];
  const text = names === undefined ? Buffer.alloc(0) : Buffer.from(file.read(names.offset, names.size));
  return raw.map(({ nameOffset, flags, ...section }) => {
    const name = stringAt(text, nameOffset);
    // A compressed section's bytes are not what its name says; no reader here wants one.
    return (flags & compressed) === 0 ? { name, ...section } : { name: `${name} (compressed)`, ...section };
  });
}

/** The GNU build-id among notes (in an ELF file, or /sys/kernel/notes), as lower-case hex. */
export function buildIdOf(notes: Uint8Array): string | undefined {
  const data = view(notes);
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameSize = data.getUint32(at, true);
    const descriptionSize = data.getUint32(at + 4, true);
    const nameAt = at + 12;
    const descriptionAt = nameAt + Math.ceil(nameSize / 4) * 4;
    const end = descriptionAt + descriptionSize;
    if (end > notes.length) return undefined;
    const isGnu = nameSize === 4 && data.getUint32(nameAt) === 0x474e5500;
    if (isGnu && data.getUint32(at + 8, true) === 3) {
      return Buffer.from(notes.subarray(descriptionAt, end)).toString('hex');
    }
    at = Math.ceil(end / 4) * 4;
  }
  return undefined;
}

export function stringAt(strings: Buffer, offset: number): string {
  const end = strings.indexOf(0, offset);
  return end < 0 ? '' : strings.toString('latin1', offset, end);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number; past 2^53 only nonsense is, and that fits no file. */
function longAt(data: DataView, at: number): number {
  return data.getUint32(at + 4, true) * 0x1_0000_0000 + data.getUint32(at, true);
}
