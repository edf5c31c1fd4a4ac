/**
 * The USDT probes of a binary (`<sys/sdt.h>`, SystemTap's probes of user space): what stands in its `.note.stapsdt`. A note names one place where a probe is; a probe that the
 * compiler has put in several places has a note for each. Source: the UserSpaceProbeImplementation page of SystemTap's wiki, and sdt.h itself.
 */
import { type ElfFile, type ElfSegment, stringAt } from './elf.js';

export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  readonly places: readonly UsdtPlace[];
}

export interface UsdtPlace {
  /** Of the instruction that is probed, in bytes from the file's start. */
  readonly fileOffset: number;
  /** The same as an address, as the file was linked. */
  readonly address: number;
  /** In the file: a u16 that counts who listens; the program computes the arguments only where it is not 0. */
  readonly semaphore?: number;
  /** As the assembler wrote them: `-4@%edi 8@-16(%rbp)`. */
  readonly operands: string;
}

const notesName = '.note.stapsdt';
/** A section of no size, whose address tells by how much a prelinked file has been moved since its notes were written. */
const baseName = '.stapsdt.base';
const owner = 'stapsdt\0';
const probeNote = 3;
const headerSize = 12;
/** The place, the base and the semaphore. */
const addressesSize = 24;

export function usdtProbes(elf: ElfFile): readonly UsdtProbe[] {
  const base = elf.sections.find((each) => each.name === baseName)?.address;
  const probes = new Map<string, { provider: string; name: string; places: UsdtPlace[] }>();
  for (const section of elf.sections.filter((each) => each.name === notesName)) {
    for (const note of notes(elf.contents(section))) {
      const moved = base === undefined ? 0 : base - note.base;
      const address = note.place + moved;
      const fileOffset = offsetIn(elf.segments, address);
      if (fileOffset === undefined) continue;
      const semaphore = note.semaphore === 0 ? undefined : offsetIn(elf.segments, note.semaphore + moved);
      const key = `${note.provider}:${note.name}`;
      const probe = probes.get(key) ?? { provider: note.provider, name: note.name, places: [] };
      probes.set(key, probe);
      probe.places.push({
        fileOffset,
        address,
        operands: note.operands,
        ...(semaphore === undefined ? {} : { semaphore }),
      });
    }
  }
  return [...probes.values()];
}

interface Note {
  readonly place: number;
  readonly base: number;
  /** 0 where there is none. */
  readonly semaphore: number;
  readonly provider: string;
  readonly name: string;
  readonly operands: string;
}

function* notes(bytes: Uint8Array): Generator<Note> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + headerSize <= data.length; ) {
    const nameSize = data.readUInt32LE(at);
    const size = data.readUInt32LE(at + 4);
    const nameAt = at + headerSize;
    const contentAt = nameAt + padded(nameSize);
    const end = contentAt + size;
    if (end > data.length) return;
    const isProbe =
      data.readUInt32LE(at + 8) === probeNote && data.toString('latin1', nameAt, nameAt + nameSize) === owner;
    if (isProbe && size > addressesSize) yield readNote(data.subarray(contentAt, end));
    at = contentAt + padded(size);
  }
}

const padded = (size: number): number => Math.ceil(size / 4) * 4;

function readNote(content: Buffer): Note {
  const providerAt = addressesSize;
  const provider = stringAt(content, providerAt);
  const nameAt = providerAt + provider.length + 1;
  const name = stringAt(content, nameAt);
  return {
    place: Number(content.readBigUInt64LE(0)),
    base: Number(content.readBigUInt64LE(8)),
    semaphore: Number(content.readBigUInt64LE(16)),
    provider,
    name,
    operands: stringAt(content, nameAt + name.length + 1),
  };
}

function offsetIn(segments: readonly ElfSegment[], address: number): number | undefined {
  const segment = segments.find((each) => address >= each.address && address < each.address + each.fileSize);
  return segment && address - segment.address + segment.fileOffset;
}
