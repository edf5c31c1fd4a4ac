/**
 * The memory of one process: address → function. Its mappings are read when the process is first seen, and its binaries are
 * opened then, so that all is there after its end. They are read again when time has passed: libraries come, and
 * a process may become another program. What lay at an address before is still known then.
 */
import { crc32 } from 'node:zlib';
import type { Host, OpenFile } from '../host.js';
import type { Binary } from './binary.js';
import type { BinaryCache } from './binary-cache.js';
import { PerfMap } from './perf-map.js';
import { type Mapping, mappingAt, parseMaps } from './process-maps.js';
import { type ProcessStatus, processStart, processStatus, procText } from './process-status.js';

export interface UserPlace {
  readonly name: string;
  readonly offset: number;
  readonly module: string;
  /** Stays so as long as the mappings do; a just-in-time compiler's code does not. */
  readonly lasting: boolean;
}

interface Table {
  readonly mappings: readonly Mapping[];
  /** By `fileKey`. */
  readonly binaries: Map<string, Binary>;
}

/** Programs that a process was before, and mappings that it had. */
const mostOlderTables = 2;
/** Of one process: a hostile one may map as many files as it has mappings. */
const mostFiles = 256;

export class ProcessMemory {
  readonly #host: Host;
  readonly #pid: number;
  readonly #status: ProcessStatus;
  readonly #cache: BinaryCache;
  readonly #vdso: () => Binary | undefined;
  /** The newest first. */
  #tables: readonly Table[] = [];
  #checksum = 0;
  #perfMap: PerfMap | undefined;

  private constructor(
    host: Host,
    pid: number,
    status: ProcessStatus,
    cache: BinaryCache,
    vdso: () => Binary | undefined,
  ) {
    this.#host = host;
    this.#pid = pid;
    this.#status = status;
    this.#cache = cache;
    this.#vdso = vdso;
  }

  /** `undefined` where the process is gone. */
  static of(host: Host, pid: number, cache: BinaryCache, vdso: () => Binary | undefined): ProcessMemory | undefined {
    const status = processStatus(host, pid);
    if (status === undefined) return undefined;
    const memory = new ProcessMemory(host, pid, status, cache, vdso);
    memory.readAgain();
    return memory;
  }

  /** `another`: the id is that of a process that began later. `gone`: what is known stays known. */
  readAgain(): 'same' | 'changed' | 'gone' | 'another' {
    const startTime = processStart(this.#host, this.#pid);
    if (startTime === undefined) return 'gone';
    if (startTime !== this.#status.startTime) return 'another';
    const text = this.#mapsText();
    if (text === '') return 'gone';
    const checksum = crc32(text);
    if (checksum === this.#checksum) return 'same';
    this.#checksum = checksum;
    const table = { mappings: parseMaps(text), binaries: new Map<string, Binary>() };
    this.#open(table);
    this.#tables = [table, ...this.#tables].slice(0, 1 + mostOlderTables);
    return 'changed';
  }

  /** How many mappings are kept: what it takes of this process's own memory. */
  get size(): number {
    return this.#tables.reduce((sum, { mappings }) => sum + mappings.length, 0);
  }

  find(address: number): UserPlace | undefined {
    for (const table of this.#tables) {
      const mapping = mappingAt(table.mappings, address);
      if (mapping !== undefined) return this.#findIn(table, mapping, address);
    }
    return undefined;
  }

  close(): void {
    this.#perfMap?.close();
  }

  #findIn(table: Table, mapping: Mapping, address: number): UserPlace {
    const fileOffset = address - mapping.start + mapping.fileOffset;
    const isFile = mapping.inode !== 0n && mapping.path.startsWith('/');
    const binary = mapping.path === '[vdso]' ? this.#vdso() : isFile ? this.#binary(table, mapping) : undefined;
    const place = binary?.find(fileOffset);
    if (place?.name !== undefined)
      return { name: place.name, offset: place.offset, module: mapping.path, lasting: true };
    if (place !== undefined) {
      return { name: bracketed(mapping.path), offset: place.offset, module: mapping.path, lasting: true };
    }
    // Compiled at run time: in memory without a name, or in a file that exists for that only.
    const compiled = this.#jit(address);
    if (compiled !== undefined) return compiled;
    if (isFile) return { name: bracketed(mapping.path), offset: fileOffset, module: mapping.path, lasting: false };
    const region = mapping.path === '' ? '[anon]' : bracketed(mapping.path);
    return { name: region, offset: address - mapping.start, module: region, lasting: false };
  }

  #jit(address: number): UserPlace | undefined {
    this.#perfMap ??= this.#openPerfMap();
    const found = this.#perfMap?.find(address);
    if (found === undefined) return undefined;
    return { name: found.name, offset: address - found.start, module: '[jit]', lasting: false };
  }

  /** Whoever may write into /tmp can write such a file: only the process's own user and root are believed. */
  #openPerfMap(): PerfMap | undefined {
    const file = this.#host.openFile?.(`/proc/${this.#pid}/root/tmp/perf-${this.#status.ownPid}.map`);
    if (file === undefined) return undefined;
    if (file.uid === this.#status.uid || file.uid === 0) return new PerfMap(file);
    file.close();
    return undefined;
  }

  /** Opens what code may lie in now, since tomorrow the process, and with it the way to its files, may be gone. */
  #open(table: Table): void {
    for (const mapping of table.mappings) {
      if (!mapping.executable) continue;
      if (mapping.inode !== 0n && mapping.path.startsWith('/')) this.#binary(table, mapping);
      else if (mapping.path === '') this.#perfMap ??= this.#openPerfMap();
    }
  }

  #binary(table: Table, mapping: Mapping): Binary | undefined {
    const key = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    const known = table.binaries.get(key) ?? this.#tables[0]?.binaries.get(key);
    if (known !== undefined && !known.closed) {
      table.binaries.set(key, known);
      return known;
    }
    if (table.binaries.size >= mostFiles && known === undefined) return undefined;
    const file = this.#openMapped(mapping);
    if (file === undefined) return undefined;
    const binary = this.#cache.of(file, mapping.path, `/proc/${this.#pid}/root`);
    table.binaries.set(key, binary);
    return binary;
  }

  /**
   * `map_files` is the very file, also when it is deleted or replaced, but takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE. A path may
   * meanwhile be another file's.
   */
  #openMapped({ start, end, path, inode }: Mapping): OpenFile | undefined {
    const folder = `/proc/${this.#pid}`;
    const candidates = [`map_files/${start.toString(16)}-${end.toString(16)}`, `root${path}`, 'exe'];
    for (const candidate of [...candidates.map((each) => `${folder}/${each}`), path]) {
      const file = this.#host.openFile?.(candidate);
      if (file === undefined) continue;
      if (candidate.includes('/map_files/') || file.inode === inode) return file;
      file.close();
    }
    return undefined;
  }

  /** Empty where there is none. The first thread of a process may have ended before the others, and then has no memory. */
  #mapsText(): string {
    const text = procText(this.#host, `/proc/${this.#pid}/maps`) ?? '';
    if (text !== '') return text;
    for (const thread of this.#host.readDirectory(`/proc/${this.#pid}/task`).slice(0, 16)) {
      const ofThread = procText(this.#host, `/proc/${this.#pid}/task/${thread}/maps`) ?? '';
      if (ofThread !== '') return ofThread;
    }
    return '';
  }
}

/** `[libc.so.6]` for a path, `[heap]` for what is in brackets already. */
function bracketed(path: string): string {
  return path.startsWith('[') ? path : `[${path.slice(path.lastIndexOf('/') + 1)}]`;
}
