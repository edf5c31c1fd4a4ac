/** Addresses of processes → frames. */
import { safeText } from '../diagnostics/terminal-text.js';
import type { Host } from '../host.js';
import { bytesOf } from '../kernel/file-bytes.js';
import { Binary } from './binary.js';
import { BinaryCache } from './binary-cache.js';
import { parseMaps } from './process-maps.js';
import { ProcessMemory } from './process-memory.js';
import { procText } from './process-status.js';
import type { Frame } from './symbolizer.js';

/** Mappings older than this are looked at again before an address is named. */
const rereadMs = 250;
/** The processes named last. */
const mostProcesses = 1024;
/** Of all of them together; one process has some hundred, and may have 65,530. */
const mostMappings = 400_000;
/** Of one process. */
const mostFrames = 8192;
const longestName = 512;

interface KnownProcess {
  readonly memory: ProcessMemory | undefined;
  readonly frames: Map<bigint, Frame>;
  readAtMs: number;
}

export class UserAddresses {
  readonly #host: Host;
  readonly #demangle: (name: string) => string;
  readonly #nowMs: () => number;
  readonly #cache: BinaryCache;
  /** The one that was first seen or read last stands last. */
  readonly #processes = new Map<number, KnownProcess>();
  #vdso: Binary | 'none' | undefined;

  /** `nowMs`: a clock that never goes back. */
  constructor(host: Host, demangle: (name: string) => string, nowMs: () => number = () => performance.now()) {
    this.#host = host;
    this.#demangle = demangle;
    this.#nowMs = nowMs;
    this.#cache = new BinaryCache(host);
  }

  notice(pid: number): void {
    this.#process(pid);
  }

  frame(pid: number, address: bigint): Frame {
    const { memory, frames } = this.#process(pid);
    const known = frames.get(address);
    if (known !== undefined) return known;
    const place = address >= 0n && address < 2n ** 53n ? memory?.find(Number(address)) : undefined;
    if (place === undefined) return { name: '[unknown]', offset: 0, module: '[unknown]', address, inlined: [] };
    const frame = {
      name: shown(this.#demangle(place.name)),
      offset: place.offset,
      module: safeText(place.module),
      address,
      inlined: [],
    };
    if (frames.size >= mostFrames) frames.clear();
    if (place.lasting) frames.set(address, frame);
    return frame;
  }

  #process(pid: number): KnownProcess {
    const nowMs = this.#nowMs();
    const known = this.#processes.get(pid);
    if (known !== undefined && nowMs - known.readAtMs < rereadMs) return known;
    const found = this.#readAgain(known);
    if (found !== undefined) {
      found.readAtMs = nowMs;
      this.#processes.delete(pid);
      this.#processes.set(pid, found);
      return found;
    }
    known?.memory?.close();
    const memory = ProcessMemory.of(this.#host, pid, this.#cache, () => this.#vdsoBinary());
    const process = { memory, frames: new Map<bigint, Frame>(), readAtMs: nowMs };
    this.#processes.delete(pid);
    this.#processes.set(pid, process);
    this.#forgetOldest();
    return process;
  }

  /** `undefined` where the process has to be read from the beginning. */
  #readAgain(known: KnownProcess | undefined): KnownProcess | undefined {
    const answer = known?.memory?.readAgain();
    if (answer === undefined || answer === 'another') return undefined;
    if (answer === 'changed') known?.frames.clear();
    return known;
  }

  #forgetOldest(): void {
    let mappings = 0;
    for (const { memory } of this.#processes.values()) mappings += memory?.size ?? 0;
    for (const [pid, { memory }] of this.#processes) {
      if (this.#processes.size <= 1) return;
      if (this.#processes.size <= mostProcesses && mappings <= mostMappings) return;
      mappings -= memory?.size ?? 0;
      memory?.close();
      this.#processes.delete(pid);
    }
  }

  /** The kernel maps the same one into every process: this one's own is read. */
  #vdsoBinary(): Binary | undefined {
    this.#vdso ??= this.#readVdso() ?? 'none';
    return this.#vdso === 'none' ? undefined : this.#vdso;
  }

  #readVdso(): Binary | undefined {
    const own = parseMaps(procText(this.#host, '/proc/self/maps') ?? '').find(({ path }) => path === '[vdso]');
    if (own === undefined) return undefined;
    try {
      const bytes = this.#host.readPart?.('/proc/self/mem', own.start, own.end - own.start);
      return bytes === undefined ? undefined : Binary.ofBytes(bytesOf(bytes));
    } catch {
      return undefined;
    }
  }
}

/** Names of templates can be as long as a page. */
function shown(name: string): string {
  const safe = safeText(name);
  return safe.length <= longestName ? safe : `${safe.slice(0, longestName - 1)}…`;
}
