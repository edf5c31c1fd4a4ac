/** Whether a binary was made by Go's compiler, and by which version of it: `.go.buildinfo` (src/debug/buildinfo in Go's sources). */
import { type ElfFile, stringAt } from './elf.js';

export interface GoBuild {
  /** `1.19`; 0.0 where it is not known. */
  readonly major: number;
  readonly minor: number;
}

const magic = '\xff Go buildinf:';
const inlineStrings = 2;

export function goBuild(elf: ElfFile): GoBuild | undefined {
  const section = elf.sections.find(({ name }) => name === '.go.buildinfo');
  if (section === undefined) {
    return elf.sections.some(({ name }) => name === '.note.go.buildid') ? { major: 0, minor: 0 } : undefined;
  }
  const bytes = elf.contents(section);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = data.indexOf(magic, 0, 'latin1');
  const text = at < 0 || data.length < at + 33 ? '' : versionText(data, at, elf);
  const [, major, minor] = /^(?:devel )?go(\d+)\.(\d+)/.exec(text) ?? [];
  return { major: Number(major ?? 0), minor: Number(minor ?? 0) };
}

/** Since Go 1.18 the version stands behind the header of 32 bytes; before, a pointer to a string of Go's did. */
function versionText(data: Buffer, at: number, elf: ElfFile): string {
  if (((data[at + 15] ?? 0) & inlineStrings) !== 0)
    return data.toString('latin1', at + 33, at + 33 + (data[at + 32] ?? 0));
  const header = bytesAt(elf, Number(data.readBigUInt64LE(at + 16)), 16);
  if (header === undefined) return '';
  const text = bytesAt(elf, Number(header.readBigUInt64LE(0)), Math.min(64, Number(header.readBigUInt64LE(8))));
  return text === undefined ? '' : stringAt(Buffer.concat([text, Buffer.alloc(1)]), 0);
}

function bytesAt(elf: ElfFile, address: number, length: number): Buffer | undefined {
  const segment = elf.segments.find(
    (each) => address >= each.address && address + length <= each.address + each.fileSize,
  );
  if (segment === undefined || length <= 0) return undefined;
  const bytes = elf.read(segment.fileOffset + address - segment.address, length);
  return bytes.length < length ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether arguments are in registers: since Go 1.17 on x86-64 and 1.18 on arm64 (src/cmd/compile/abi-internal.md). Unknown versions are new ones. */
export function passesInRegisters({ major, minor }: GoBuild, arch: 'x86_64' | 'arm64'): boolean {
  return major !== 1 || minor >= (arch === 'x86_64' ? 17 : 18);
}
