/**
 * The surface of the C++ addon in `native/` (over the system's libbpf), and its loading. Everything here is live: it
 * needs Linux and, but for the queries that say so, CAP_BPF and CAP_PERFMON.
 *
 * A failing call throws a `NativeError`. Calls that may wait (map reads, swaps) return promises and run off the main
 * thread. Objects, links and rings are closed explicitly; closing twice is harmless; a process exit detaches all.
 */

export interface NativeAddon {
  /** libbpf's version, `1.1.2`. */
  readonly libbpfVersion: string;
  /** Parses a BPF ELF object. Nothing reaches the kernel before `load()`. */
  openObject(object: Uint8Array, name: string): NativeObject;
  /**
   * Asks the kernel whether a mechanism works for a target, by making the smallest real attachment and undoing it.
   * `undefined` means yes; otherwise the reason.
   */
  probeAttach(request: ProbeRequest): NativeErrorInfo | undefined;
  /**
   * tracefs: an already mounted instance, or else one mounted privately (fsopen, fsmount: no mount point, no other
   * process sees it) and reached as `/proc/self/fd/N`. Throws without privilege.
   */
  tracefsPath(): string;
  /** Where the memory of a view begins, for programs that read it; holds as long as the view's buffer does. */
  addressOf(bytes: Uint8Array): bigint;
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds. */
  clockOffset(): bigint;
  /** Effective capabilities of this process as a bit set (bit 39 is CAP_BPF, 38 CAP_PERFMON, 21 CAP_SYS_ADMIN). */
  capabilities(): bigint;
  /** CPUs that may ever be online, as the kernel counts them for per-CPU maps. */
  possibleCpus(): number;
  onlineCpus(): readonly number[];
  /**
   * Makes the kernel account for the runs of BPF programs, of all on the machine (`programStats`, bpftool), until the function that it gives
   * is called; others who ask for it keep it on. Two clock readings a run are its cost, some 20 ns. Needs CAP_SYS_ADMIN.
   */
  enableStatistics(): () => void;
  /** Every BPF program that the kernel holds, whoever loaded it, in the order of their numbers. Needs CAP_SYS_ADMIN. */
  allPrograms(): readonly KernelProgram[];
}

export interface KernelProgram {
  readonly id: number;
  /** Its first 15 bytes; empty where it has none. */
  readonly name: string;
  /** As libbpf calls it: `tracing`, `kprobe`. */
  readonly type: string;
  /** Since it was loaded, while statistics were enabled. */
  readonly runCount: bigint;
  readonly runTimeNs: bigint;
}

export type ProbeRequest =
  | { readonly kind: 'fentry' | 'fexit'; readonly function: string }
  | { readonly kind: 'tp_btf'; readonly name: string }
  | { readonly kind: 'raw_tracepoint'; readonly name: string }
  | { readonly kind: 'tracepoint'; readonly category: string; readonly name: string }
  | { readonly kind: 'lsm'; readonly hook: string }
  | { readonly kind: 'iter'; readonly objects: string }
  | { readonly kind: 'kprobe' | 'kretprobe'; readonly function: string; readonly offset?: number }
  | { readonly kind: 'uprobe' | 'uretprobe'; readonly path: string; readonly offset: number }
  | { readonly kind: 'perf'; readonly name: string; readonly type: number; readonly config: bigint }
  /** One link for many places: since Linux 5.18 with CONFIG_FPROBE, and since 6.6. */
  | { readonly kind: 'kprobe_multi'; readonly function: string }
  | { readonly kind: 'uprobe_multi'; readonly path: string; readonly offset: number };

export interface NativeErrorInfo {
  /** `EPERM`, `ENOENT`, … */
  readonly errno: string;
  readonly errnoNumber: number;
  /** What was tried, in words: `attach fentry to tcp_connect`. */
  readonly attempted: string;
  /** libbpf's own lines and the verifier's log, whole; empty where there is none. */
  readonly log: string;
}

/** An Error whose own properties are a `NativeErrorInfo`; `name` is `NativeError`. */
export interface NativeError extends Error, NativeErrorInfo {}

export function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && error.name === 'NativeError' && 'attempted' in error;
}

export interface NativeObject {
  programs(): readonly { readonly name: string; readonly section: string }[];
  maps(): readonly NativeMapInfo[];
  /** Before load: leaves a program out, or takes it in (all are in by default). */
  setAutoload(program: string, on: boolean): void;
  /** Before load: makes a kprobe or uprobe program one that attaches to many places by one link, and to none otherwise. */
  setMulti(program: string, kind: 'kprobe' | 'uprobe'): void;
  /** Before load. */
  setMaxEntries(map: string, entries: number): void;
  /** Before load: overwrites bytes of a data section's (`.rodata`, `.data`, `.bss`) initial value. */
  setInitialValue(section: string, offset: number, bytes: Uint8Array): void;
  /** Creates maps, relocates and verifies. On refusal the error's `log` holds the verifier's log of that program. */
  load(): void;
  attach(program: string, target: AttachTarget): NativeLink;
  /** Readings of maps and rings from here on wait once for programs that run now: after a switch in memory told them to leave. */
  settle(): void;
  /** Every link at once, which is much faster than one by one; see `NativeLink.detach()`. */
  detachAll(): void;
  /** After load: the kernel's own account of a program; figures are zero unless statistics are enabled. */
  programStats(program: string): ProgramStats;
  /**
   * After load: runs a program that takes messages, of which `contexts` holds the addresses (64 bits each, in native byte order), some of them at a time: its arguments are where their addresses stand, and how many. As
   * BPF_PROG_TEST_RUN does it, on the calling thread, so that the program may read this process' memory.
   */
  run(program: string, contexts: Uint8Array): void;
  map(name: string): NativeMap;
  /** Starts a thread that waits for records of a ring buffer map. One ring a map. */
  openRing(map: string, options: RingOptions): NativeRing;
  close(): void;
}

export interface NativeMapInfo {
  readonly name: string;
  /** BPF_MAP_TYPE_*, as the kernel numbers them. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

export type AttachTarget =
  /** tp_btf, raw_tracepoint, fentry, fexit, lsm: what the program's section already says. */
  | { readonly kind: 'section' }
  /** Runs its program only in the steps of `openIterator()`. */
  | { readonly kind: 'iter'; readonly objects: string }
  /** `cookie` here and below: what `bpf_get_attach_cookie()` gives the program; 0 where it is missing. */
  | { readonly kind: 'tracepoint'; readonly category: string; readonly name: string; readonly cookie?: number }
  | {
      readonly kind: 'kprobe';
      readonly function: string;
      readonly offset: number;
      readonly return: boolean;
      readonly cookie?: number;
    }
  | {
      readonly kind: 'uprobe';
      readonly path: string;
      /** In the file, not in memory. */
      readonly offset: number;
      readonly return: boolean;
      /** Of a u16 in the file, which the kernel raises in every process that has it while this is attached. */
      readonly semaphore?: number;
      /** -1 for every process. */
      readonly pid: number;
      readonly cookie?: number;
    }
  /** Of programs that `setMulti` was called for: all of them, or none and an error. As many cookies as places. */
  | {
      readonly kind: 'kprobes';
      readonly functions: readonly string[];
      readonly cookies: readonly number[];
      readonly return: boolean;
    }
  | {
      readonly kind: 'uprobes';
      readonly path: string;
      readonly offsets: readonly number[];
      readonly cookies: readonly number[];
      readonly return: boolean;
      readonly pid: number;
    }
  /** A `sockops` program: for all sockets of a cgroup. */
  | { readonly kind: 'cgroup'; readonly path: string }
  /** An `sk_msg` program: for what the sockets of a map of the object send. */
  | { readonly kind: 'sockets'; readonly map: string }
  /** A software clock that runs the program each `periodNs`; on one CPU (`interval:`) or on every one (`profile:`). */
  | { readonly kind: 'clock'; readonly periodNs: bigint; readonly cpus: 'one' | 'all' }
  /** A perf event on every processor that is online now. */
  | ({ readonly kind: 'perf'; readonly name: string } & PerfEventNumbers);

/** Type and config of perf_event_open(2); the program runs every so many events, or about so many times a second. */
export interface PerfEventNumbers {
  readonly type: number;
  readonly config: bigint;
  readonly every: bigint;
  readonly unit: 'events' | 'per second';
}

export interface NativeLink {
  /** Of an attached `iter` program: begins a walk over the kernel's objects. */
  openIterator(): NativeIterator;
  /** What is read of the object's maps and rings after this is final: it waits for programs that still ran on another CPU. */
  detach(): void;
}

export interface NativeIterator {
  /**
   * Runs the program over at most `objects` more of them (1 to 32767), off the main thread: it must write one byte (`bpf_seq_write`) for each. Gives how many there were; 0 when none are left, after
   * the program's last run without an object.
   */
  step(objects: number): Promise<number>;
  close(): void;
}

export interface ProgramStats {
  /** The kernel's number of the program, as `bpftool prog` shows it. */
  readonly id: number;
  readonly runCount: bigint;
  readonly runTimeNs: bigint;
  /** Runs that the kernel left out because the program was already running on that CPU. */
  readonly recursionMisses: bigint;
}

export interface NativeMap {
  readonly info: NativeMapInfo;
  /**
   * All entries, read in batches where the kernel can, off the main thread. `keys` is count × keySize bytes, `values`
   * count × valueSize, where per-CPU maps hold possibleCpus() values a key, each rounded up to 8 bytes. Queues and stacks are emptied by
   * it: their values come in the order in which they would be popped, with empty keys.
   */
  readAll(): Promise<MapEntries>;
  lookup(key: Uint8Array): Uint8Array | undefined;
  /** For a queue or stack a push, for a Bloom filter an addition, with an empty key. */
  update(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): boolean;
  /**
   * For an array-of-maps with one slot: puts a new, empty inner map in the slot, waits until no program uses the old
   * one any more (the kernel's own guarantee for such updates), then reads the old one whole and frees it.
   */
  swapInnerAndRead(): Promise<MapEntries>;
  /** The same read for the inner map that is in the slot now, without a swap. */
  readInner(): Promise<MapEntries>;
}

export interface MapEntries {
  readonly count: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

export interface RingOptions {
  /** The longest time a record waits, in milliseconds (the thread also wakes when the program asks for it). */
  readonly intervalMs: number;
  /** The same once a hundred such intervals brought nothing; `intervalMs` where it is missing. The first record ends it. */
  readonly idleIntervalMs?: number;
  /**
   * Called on the main thread when records wait. `ring` maps the kernel's pages without copying (twice over, so that no
   * record is split); records lie from `start` to `end`, each an 8-byte kernel header (u32 length, top bits BPF_RINGBUF_BUSY and
   * BPF_RINGBUF_DISCARD, and u32 page offset) followed by its bytes, padded to 8. All of them are committed; discarded ones are still there, marked. The
   * bytes stay as they are until `release(end)`; no further batch comes before that.
   */
  readonly onBatch: (start: number, end: number) => void;
  /** At most this many bytes a batch, so that the ring is freed often. */
  readonly maxBatchBytes: number;
}

export interface NativeRing {
  /** The data pages, mapped read-only: writing into it crashes the process. */
  readonly memory: ArrayBuffer;
  /** Gives back the bytes up to `end` (as passed to `onBatch`) to the kernel, and lets the next batch come. */
  release(end: number): void;
  /**
   * Calls `onBatch` for whatever is there now, synchronously, until the ring is empty. For the end of a run. Throws EBUSY where a batch
   * is not released.
   */
  drain(): void;
  /** Stops the thread and unmaps. `memory` must not be used any more. */
  close(): void;
}
