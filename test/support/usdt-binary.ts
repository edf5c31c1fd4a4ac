/** A small ELF file with USDT notes, made by hand: the same bytes on any machine, and places that no compiler would write. */

export interface SampleNote {
  readonly provider: string;
  readonly name: string;
  /** As the file was linked. */
  readonly place: number;
  readonly semaphore?: number;
  readonly operands: string;
}

export interface SampleBinary {
  readonly notes: readonly SampleNote[];
  /** By how much the file was moved after its notes were written. */
  readonly prelinked?: number;
  readonly machine?: number;
}

/** Where the only segment is linked to; it maps the file from its beginning. */
export const linkedAt = 0x400000;
const base = linkedAt + 0x800;
const headerSize = 64;
const programHeaderSize = 56;
const sectionHeaderSize = 64;
const noteType = 7;
const stringsType = 3;

export function usdtBinary({ notes, prelinked = 0, machine = 62 }: SampleBinary): Uint8Array {
  const noteBytes = Buffer.concat(notes.map(noteOf));
  const names = Buffer.from('\0.note.stapsdt\0.stapsdt.base\0.shstrtab\0');
  const notesAt = headerSize + programHeaderSize;
  const namesAt = notesAt + noteBytes.length;
  const sectionsAt = namesAt + names.length;
  const sections = [
    section(0, 0, 0, 0, 0),
    section(names.indexOf('.note'), noteType, 0, notesAt, noteBytes.length),
    section(names.indexOf('.stapsdt.base'), 1, base + prelinked, 0, 1),
    section(names.indexOf('.shstrtab'), stringsType, 0, namesAt, names.length),
  ];
  const header = Buffer.alloc(headerSize);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(machine, 18);
  header.writeBigUInt64LE(BigInt(headerSize), 32);
  header.writeBigUInt64LE(BigInt(sectionsAt), 40);
  header.writeUInt16LE(programHeaderSize, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt16LE(sectionHeaderSize, 58);
  header.writeUInt16LE(sections.length, 60);
  header.writeUInt16LE(sections.length - 1, 62);
  return Buffer.concat([header, segment(0x10000), noteBytes, names, ...sections]);
}

function noteOf({ provider, name, place, semaphore = 0, operands }: SampleNote): Buffer {
  const addresses = Buffer.alloc(24);
  addresses.writeBigUInt64LE(BigInt(place), 0);
  addresses.writeBigUInt64LE(BigInt(base), 8);
  addresses.writeBigUInt64LE(BigInt(semaphore), 16);
  const content = Buffer.concat([addresses, Buffer.from(`${provider}\0${name}\0${operands}\0`)]);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(8, 0);
  head.writeUInt32LE(content.length, 4);
  head.writeUInt32LE(3, 8);
  const padding = Buffer.alloc((4 - (content.length % 4)) % 4);
  return Buffer.concat([head, Buffer.from('stapsdt\0'), content, padding]);
}

function segment(size: number): Buffer {
  const bytes = Buffer.alloc(programHeaderSize);
  bytes.writeUInt32LE(1, 0);
  bytes.writeUInt32LE(5, 4);
  bytes.writeBigUInt64LE(BigInt(linkedAt), 16);
  bytes.writeBigUInt64LE(BigInt(size), 32);
  bytes.writeBigUInt64LE(BigInt(size), 40);
  return bytes;
}

function section(name: number, type: number, address: number, offset: number, size: number): Buffer {
  const bytes = Buffer.alloc(sectionHeaderSize);
  bytes.writeUInt32LE(name, 0);
  bytes.writeUInt32LE(type, 4);
  bytes.writeBigUInt64LE(BigInt(address), 16);
  bytes.writeBigUInt64LE(BigInt(offset), 24);
  bytes.writeBigUInt64LE(BigInt(size), 32);
  return bytes;
}
