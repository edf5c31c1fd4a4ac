/**
 * The BTF file format: header, kinds, and the two sections. Source: Documentation/bpf/btf.rst and
 * include/uapi/linux/btf.h (Linux 6.18). All of the type section is 32-bit words, so a file of the other endianness is
 * swapped word by word once, and nothing after this file knows of endianness.
 */

export const BtfKind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** A type's position in the type section and its id count from 1 in vmlinux and from the base's end in a module. */
export interface BtfSections {
  /** The type section, in this machine's byte order. */
  readonly words: Uint32Array;
  /** The string section: NUL-terminated, starting with an empty string (in a module it may start otherwise). */
  readonly strings: Buffer;
}

const magic = 0xeb9f;
const smallestHeader = 24;
const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The sections of a raw BTF file (`/sys/kernel/btf/vmlinux`, an ELF's `.BTF`), or in words why it is not one. */
export function readSections(bytes: Uint8Array): BtfSections | string {
  if (bytes.length < smallestHeader) return `${bytes.length} bytes are too few for a BTF header`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getUint16(0, true) === magic;
  if (!little && view.getUint16(0, false) !== magic) return 'it does not begin with the BTF magic number 0xeb9f';
  const version = view.getUint8(2);
  if (version !== 1) return `its BTF version is ${version}, and only 1 is known`;
  const headerLength = view.getUint32(4, little);
  const typeOffset = view.getUint32(8, little);
  const typeLength = view.getUint32(12, little);
  const stringOffset = view.getUint32(16, little);
  const stringLength = view.getUint32(20, little);
  const typeStart = headerLength + typeOffset;
  const stringStart = headerLength + stringOffset;
  if (headerLength < smallestHeader || headerLength > bytes.length) return `its header length is ${headerLength}`;
  if (typeLength % 4 !== 0 || typeStart + typeLength > bytes.length) return 'its type section does not fit the file';
  if (stringStart + stringLength > bytes.length) return 'its string section does not fit the file';
  if (stringLength > 0 && bytes[stringStart + stringLength - 1] !== 0) return 'its string section has no end';
  return {
    words: wordsOf(bytes.subarray(typeStart, typeStart + typeLength), little === hostIsLittle),
    strings: Buffer.from(bytes.buffer, bytes.byteOffset + stringStart, stringLength),
  };
}

function wordsOf(section: Uint8Array, sameOrder: boolean): Uint32Array {
  if (sameOrder && section.byteOffset % 4 === 0) {
    return new Uint32Array(section.buffer, section.byteOffset, section.byteLength / 4);
  }
  const copy = new Uint8Array(section);
  if (!sameOrder) Buffer.from(copy.buffer).swap32();
  return new Uint32Array(copy.buffer);
}

/** The words that follow a type's three common words: `fixed[kind] + each[kind] * vlen`; -1 for kinds that do not exist. */
export const trailingWords = {
  fixed: wordsByKind(-1, [
    [1, BtfKind.INT, BtfKind.VAR, BtfKind.DECL_TAG],
    [3, BtfKind.ARRAY],
    [0, BtfKind.STRUCT, BtfKind.UNION, BtfKind.DATASEC, BtfKind.ENUM64, BtfKind.ENUM, BtfKind.FUNC_PROTO],
    [0, BtfKind.PTR, BtfKind.FWD, BtfKind.TYPEDEF, BtfKind.VOLATILE, BtfKind.CONST, BtfKind.RESTRICT],
    [0, BtfKind.FUNC, BtfKind.FLOAT, BtfKind.TYPE_TAG],
  ]),
  each: wordsByKind(0, [
    [3, BtfKind.STRUCT, BtfKind.UNION, BtfKind.DATASEC, BtfKind.ENUM64],
    [2, BtfKind.ENUM, BtfKind.FUNC_PROTO],
  ]),
};

function wordsByKind(otherwise: number, rows: readonly (readonly [number, ...number[]])[]): Int8Array {
  const table = new Int8Array(32).fill(otherwise);
  for (const [words, ...kinds] of rows) for (const kind of kinds) table[kind] = words;
  return table;
}
