/** One program or library: its symbols, its debug information, and what language's rules it follows. Each part is read when it is asked for. */
import type { BinaryReader, DebugInfo } from '../binary-reader.js';
import type { Host } from '../host.js';
import { debugFilePath, findDebugFile } from './debug-files.js';
import { DwarfTypes } from './dwarf-types.js';
import { type ElfFile, readElf } from './elf.js';
import { type FunctionSymbols, functionSymbols } from './elf-symbols.js';
import { fileBytes } from './file-bytes.js';
import { type GoBuild, goBuild } from './go-build.js';
import { goFunctions } from './go-functions.js';

export interface Binary {
  readonly path: string;
  readonly elf: ElfFile;
  readonly symbols: FunctionSymbols;
  /** Set for what Go's compiler made. */
  readonly go: GoBuild | undefined;
  readonly reader: BinaryReader | string;
  debug(): BinaryDebug | NoDebug;
  /** Machine code from an offset of the file on. */
  code(fileOffset: number, bytes: number): Uint8Array;
}

export interface BinaryDebug {
  readonly info: DebugInfo;
  readonly types: DwarfTypes;
}

/** Why there is no debug information, and what would help. */
export interface NoDebug {
  readonly missing: 'addon' | 'none' | 'unreadable';
  readonly why: string;
  readonly hints: readonly string[];
}

const opened = new WeakMap<Host, Map<string, Binary>>();

/** A text says in words why it cannot be probed. The same file is opened once for all of a host's probes, unless it changed meanwhile. */
export function openBinary(host: Host, path: string): Binary | string {
  const stat = host.stat(path);
  const key = `${path} ${stat?.size} ${stat?.modifiedMs}`;
  const known = opened.get(host) ?? new Map<string, Binary>();
  opened.set(host, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  const file = fileBytes(host, path);
  const elf = readElf(file);
  if (typeof elf === 'string') return elf;
  const binary = new LazyBinary(host, path, elf, (offset, bytes) => file.read(offset, bytes));
  known.set(key, binary);
  return binary;
}

class LazyBinary implements Binary {
  private kept: { symbols?: FunctionSymbols; debug?: BinaryDebug | NoDebug; go?: GoBuild | undefined } = {};

  constructor(
    private readonly host: Host,
    readonly path: string,
    readonly elf: ElfFile,
    readonly code: Binary['code'],
  ) {}

  get reader(): BinaryReader | string {
    return this.host.binaryReader?.() ?? 'native addons cannot be loaded here';
  }

  get go(): GoBuild | undefined {
    if (!('go' in this.kept)) this.kept.go = goBuild(this.elf);
    return this.kept.go;
  }

  get symbols(): FunctionSymbols {
    this.kept.symbols ??= this.readSymbols();
    return this.kept.symbols;
  }

  private readSymbols(): FunctionSymbols {
    const stripped = !this.elf.sections.some(({ type }) => type === symbolTable);
    if (!stripped) return functionSymbols(this.elf);
    // What a Go program needs for its own stack traces is never stripped.
    const fromTable = this.go === undefined ? undefined : goFunctions(this.elf);
    if (fromTable !== undefined) return fromTable;
    const debugFile = findDebugFile(this.host, this.path, this.elf);
    return functionSymbols(this.elf, debugFile?.elf);
  }

  debug(): BinaryDebug | NoDebug {
    this.kept.debug ??= this.openDebug();
    return this.kept.debug;
  }

  private openDebug(): BinaryDebug | NoDebug {
    const file = findDebugFile(this.host, this.path, this.elf);
    if (file === undefined) return noDebugInfo(this.path, this.elf);
    const { reader } = this;
    if (typeof reader === 'string') {
      const hints = ['build it with "scripts/setup"', 'or declare the arguments: signature: "(name: type) -> type"'];
      return { missing: 'addon', why: `debug information is read by an addon, and ${reader}`, hints };
    }
    try {
      const info = reader.openDebugInfo(file.path);
      const label = `the debug information of "${this.path}"`;
      return { info, types: new DwarfTypes(info, label, this.path) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return {
        missing: 'unreadable',
        why: `the debug information in "${file.path}" cannot be read: ${reason}`,
        hints: ['declare the arguments: signature: "(name: type) -> type"'],
      };
    }
  }
}

const symbolTable = 2;

function noDebugInfo(path: string, elf: ElfFile): NoDebug {
  const beside = debugFilePath(elf);
  return {
    missing: 'none',
    why: `there is no debug information for "${path}"`,
    hints: [
      'declare the arguments: signature: "(name: type) -> type"',
      `or build it with -g${beside === undefined ? '' : `, or install its debug symbols (its -dbgsym package on Debian), which come as ${beside}`}`,
    ],
  };
}
