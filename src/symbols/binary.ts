/** One mapped file: place in the file → function. Its symbols are read when the first address is asked for. */
import type { Host, OpenFile } from '../host.js';
import { type ElfFile, readElf } from '../kernel/elf.js';
import type { FileBytes } from '../kernel/file-bytes.js';
import { openDebugFile } from './debug-file.js';
import { type ElfAddresses, elfAddresses, type SymbolFile } from './elf-addresses.js';
import { openBytes } from './open-bytes.js';

export interface BinaryPlace {
  /** Missing where no symbol holds the address. */
  readonly name: string | undefined;
  /** Bytes into the function; without one the address in the file's own address space. */
  readonly offset: number;
}

const symbolTable = 2;

export class Binary {
  readonly #bytes: FileBytes;
  readonly #elf: ElfFile | undefined;
  readonly #openDebugFile: (elf: ElfFile) => OpenFile | undefined;
  readonly #file: OpenFile | undefined;
  #debugFile: OpenFile | undefined;
  #addresses: ElfAddresses | undefined;
  #closed = false;

  private constructor(
    bytes: FileBytes,
    file?: OpenFile,
    debugFile: (elf: ElfFile) => OpenFile | undefined = () => undefined,
  ) {
    this.#bytes = bytes;
    this.#file = file;
    this.#openDebugFile = debugFile;
    const elf = readElf(bytes);
    this.#elf = typeof elf === 'string' ? undefined : elf;
  }

  /** The binary owns the file from here on. `path` and `root`: where its debug file is looked for, see `openDebugFile`. */
  static ofFile(host: Host, file: OpenFile, path: string, root: string): Binary {
    return new Binary(openBytes(file), file, (elf) => openDebugFile(host, elf, path, root));
  }

  /** A file that is in memory only. */
  static ofBytes(bytes: FileBytes): Binary {
    return new Binary(bytes);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** `undefined` where the file is no ELF file, or maps nothing from there. */
  find(fileOffset: number): BinaryPlace | undefined {
    const address = this.#elf === undefined ? undefined : addressOf(this.#elf, fileOffset);
    if (address === undefined || this.#closed) return undefined;
    this.#addresses ??= this.#read();
    const found = this.#addresses.find(address);
    return found === undefined
      ? { name: undefined, offset: address }
      : { name: found.name, offset: address - found.start };
  }

  close(): void {
    this.#closed = true;
    this.#addresses = undefined;
    this.#file?.close();
    this.#debugFile?.close();
  }

  #read(): ElfAddresses {
    if (this.#elf === undefined) return elfAddresses([]);
    const files: SymbolFile[] = [{ elf: this.#elf, bytes: this.#bytes }];
    const stripped = !this.#elf.sections.some((section) => section.type === symbolTable);
    this.#debugFile = stripped ? this.#openDebugFile(this.#elf) : undefined;
    if (this.#debugFile !== undefined) {
      const bytes = openBytes(this.#debugFile);
      const elf = readElf(bytes);
      if (typeof elf !== 'string') files.push({ elf, bytes });
    }
    return elfAddresses(files);
  }
}

/** Segments share pages of the file, so code first. */
function addressOf(elf: ElfFile, fileOffset: number): number | undefined {
  const holds = elf.segments.filter(
    (each) => fileOffset >= each.fileOffset && fileOffset < each.fileOffset + each.fileSize,
  );
  const segment = holds.find((each) => each.executable) ?? holds[0];
  const address = segment === undefined ? -1 : fileOffset - segment.fileOffset + segment.address;
  // What a hostile file makes of it need not be one.
  return Number.isSafeInteger(address) && address >= 0 ? address : undefined;
}
