/** The kernel's own addresses → frames, from /proc/kallsyms: functions of modules, BPF programs and ftrace's trampolines included. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import { safeText } from '../diagnostics/terminal-text.js';
import type { Host } from '../host.js';
import { type KallsymsTable, readKallsyms } from './kallsyms.js';
import type { Frame } from './symbolizer.js';

/** No function is that long: further from a symbol than this lies something that the table does not know. */
const longestFunction = 0x10_0000;
/** Modules and BPF programs come and go; reading the table takes a tenth of a second. */
const rereadMs = 10_000;
/** Distinct addresses; a busy kernel's stacks have some ten thousand. */
const mostFrames = 65_536;

export class KernelAddresses {
  readonly #host: Host;
  readonly #report: (problem: Diagnostic) => void;
  #symbols: KallsymsTable | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  readonly #frames = new Map<bigint, Frame>();

  constructor(host: Host, report: (problem: Diagnostic) => void) {
    this.#host = host;
    this.#report = report;
  }

  frame(address: bigint): Frame {
    const known = this.#frames.get(address);
    if (known !== undefined) return known;
    const frame = this.#resolve(address);
    if (this.#frames.size >= mostFrames) this.#frames.clear();
    this.#frames.set(address, frame);
    return frame;
  }

  #resolve(address: bigint): Frame {
    const unknown = { name: '[kernel]', offset: 0, module: '[kernel]', address, inlined: [] };
    if (BigInt.asUintN(64, address) >> 48n !== 0xffffn) return unknown;
    const place = Number(BigInt.asUintN(48, address));
    let symbols = this.#table();
    // What lies outside of the kernel proper may be newer than the table, also where an older symbol seems to hold it.
    if (place < symbols.core.start || place >= symbols.core.end) symbols = this.#table(rereadMs);
    const found = symbols.table.find(place);
    if (found === undefined || place - found.start >= longestFunction) return unknown;
    const { name, module } = symbols.nameAt(found.name);
    return {
      name: safeText(name),
      offset: place - found.start,
      module: module === '' ? '[kernel]' : safeText(module),
      address,
      inlined: [],
    };
  }

  #table(oldestMs = Number.POSITIVE_INFINITY): KallsymsTable {
    const nowMs = performance.now();
    if (this.#symbols !== undefined && (this.#symbols.hidden || nowMs - this.#readAtMs < oldestMs))
      return this.#symbols;
    const first = this.#symbols === undefined;
    this.#readAtMs = nowMs;
    this.#symbols = readKallsyms(this.#text());
    if (first && this.#symbols.hidden) this.#report(hiddenAddresses());
    return this.#symbols;
  }

  #text(): Uint8Array {
    try {
      return this.#host.readFile('/proc/kallsyms');
    } catch {
      // No /proc, or no CONFIG_KALLSYMS: as good as hidden.
      return new Uint8Array(0);
    }
  }
}

function hiddenAddresses(): Diagnostic {
  return diagnostic(
    'privilege',
    'functions of the kernel have no names in stacks: /proc/kallsyms shows no addresses to this process',
    undefined,
    {
      severity: 'warning',
      hints: ['run as root, or with the capability CAP_SYSLOG; the sysctl "kernel.kptr_restrict" must not be 2'],
    },
  );
}
