/**
 * TLS libraries of all processes: found in what is mapped, in those that run and in those that start, and probed where their plain text passes. A library is probed once for all processes that share its file, in
 * whatever mount namespace they are.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { goEntry, goReturns } from '../hooks/go-function.js';
import type { Host } from '../host.js';
import { type Binary, openBinary } from '../kernel/binary.js';
import { cheapPlace } from '../kernel/cheap-place.js';
import type { FunctionSymbol } from '../kernel/elf-symbols.js';
import { findBinary } from '../kernel/libraries.js';
import type { AttachTarget } from '../runtime/native-addon.js';
import { kernelDevice } from '../runtime/own-process.js';

export type AttachProgram = (program: string, target: AttachTarget) => void;

/** Cookies as templates/bpf/capture-tls.hbs has them. */
const sends = 1;
const tellsByPointer = 2;

const openssl: readonly { readonly name: string; readonly cookie: number }[] = [
  { name: 'SSL_read', cookie: 0 },
  { name: 'SSL_write', cookie: sends },
  { name: 'SSL_read_ex', cookie: tellsByPointer },
  { name: 'SSL_write_ex', cookie: sends | tellsByPointer },
];
const endings = ['SSL_free', 'SSL_clear'];
const goPrefix = 'crypto/tls.(*Conn).';
/** Larger ones are none of a TLS library's. */
const largestFunction = 64 * 1024;
const systemLibraries = ['libssl.so.3', 'libssl.so.1.1'];
const library = /^lib(?:ssl|node|boringssl)\b.*\.so/;

export class TlsLibraries {
  readonly #known = new Set<string>();

  /** `attach` throws where the kernel refuses; `warn` is said once for a key. */
  constructor(
    private readonly host: Host,
    private readonly attach: AttachProgram,
    private readonly warn: (key: string, message: string) => void,
  ) {}

  /** Those of all processes, and those of this system, before a process has them: one that uses them only for a moment would be over. */
  look(): void {
    for (const name of systemLibraries) {
      const found = findBinary(this.host, name);
      if ('missing' in found) continue;
      const names = [fileOf(found.path), `here ${found.path}`];
      if (this.#isNew(names)) this.#probe(found.path, found.path, names);
    }
    for (const name of readdirSync('/proc')) if (/^[0-9]+$/.test(name)) this.lookAt(Number(name));
  }

  /** Those that a process has mapped by now. */
  lookAt(pid: number): void {
    if (pid === process.pid) return;
    for (const { file, path, main } of mappedFiles(pid)) {
      if (!main && !library.test(basename(path))) continue;
      // On layered file systems what is mapped may have another number than what is looked up.
      const names = sharesMounts(pid) ? [file, `here ${path}`] : [file];
      if (this.#isNew(names)) this.#probe(`/proc/${pid}/root${path}`, path, names);
    }
  }

  /** By any of its names: probed twice, all of it would be told of twice. */
  #isNew(names: readonly string[]): boolean {
    const known = names.some((each) => this.#known.has(each));
    for (const name of names) this.#known.add(name);
    return !known;
  }

  #probe(path: string, shown: string, names: readonly string[]): void {
    try {
      const binary = openBinary(this.host, path);
      if (typeof binary === 'string') return;
      if (binary.go === undefined) this.#probeOpenssl(binary);
      else this.#probeGo(binary);
    } catch (error) {
      // Its process ended meanwhile; the next that has it is another chance.
      if (!existsSync(path)) {
        for (const name of names) this.#known.delete(name);
        return;
      }
      const reason = error instanceof Error ? error.message : String(error);
      this.warn(`tls ${shown}`, `TLS of ${shown} is not seen: ${reason}`);
    }
  }

  #probeOpenssl(binary: Binary): void {
    const found = openssl.flatMap(({ name, cookie }) => {
      const symbol = binary.symbols.find(name);
      return symbol === undefined ? [] : [{ symbol, cookie }];
    });
    // The return first, so that every call whose entry is seen is also seen to return.
    for (const { symbol, cookie } of found) {
      this.#at('capture_tls_returned', binary, symbol.fileOffset, cookie, true);
      this.#at('capture_tls_calling', binary, cheapPlace(binary, symbol, this.host.arch), cookie);
    }
    if (found.length === 0) return;
    for (const name of endings) {
      const symbol = binary.symbols.find(name);
      if (symbol !== undefined) this.#at('capture_tls_freeing', binary, cheapPlace(binary, symbol, this.host.arch), 0);
    }
  }

  #probeGo(binary: Binary): void {
    if (this.host.arch !== 'x86_64') return;
    const symbolOf = (name: string): FunctionSymbol | undefined => binary.symbols.find(goPrefix + name);
    for (const [name, cookie] of [
      ['Read', 0],
      ['Write', sends],
    ] as const) {
      const symbol = symbolOf(name);
      if (symbol === undefined || symbol.size > largestFunction) continue;
      const returns = goReturns(binary, symbol, this.host.arch);
      const entry = goEntry(binary, symbol, this.host.arch);
      if (typeof returns === 'string' || typeof entry === 'string') continue;
      for (const offset of returns) this.#at('capture_go_returned', binary, offset, cookie);
      this.#at('capture_go_calling', binary, entry, cookie);
    }
    const closing = symbolOf('Close');
    const entry = closing && goEntry(binary, closing, this.host.arch);
    if (typeof entry === 'number') this.#at('capture_go_closing', binary, entry, 0);
  }

  #at(program: string, { path }: Binary, offset: number, cookie: number, atReturn = false): void {
    this.attach(program, { kind: 'uprobe', path, offset, return: atReturn, pid: -1, cookie });
  }
}

/** Whether the process sees the same files under the same paths. */
function sharesMounts(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}

/** Device and inode as /proc/PID/maps has them. */
function fileOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  const device = kernelDevice(dev);
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  return `${hex(device >> 20n)}:${hex(device & 0xfffffn)} ${ino}`;
}

interface Mapped {
  /** Device and inode: the same for all who share it. */
  readonly file: string;
  readonly path: string;
  /** Whether it is the program itself. */
  readonly main: boolean;
}

/** Files with code; empty for a process that is gone, and for threads of the kernel. */
function mappedFiles(pid: number): Mapped[] {
  let maps = '';
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return [];
  }
  const found = new Map<string, Mapped>();
  for (const line of maps.split('\n')) {
    const match = /^\S+ ..x. \S+ (\S+) ([1-9][0-9]*) +(\/.*)$/.exec(line);
    if (match === null) continue;
    const file = `${match[1]} ${match[2]}`;
    const path = (match[3] ?? '').replace(/ \(deleted\)$/, '');
    if (!found.has(file)) found.set(file, { file, path, main: found.size === 0 });
  }
  return [...found.values()];
}
