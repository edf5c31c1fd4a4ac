/**
 * What a kind of hook is. In: a hook as the user wrote it and what the kernel offers. Out: the ways to catch it, best first, each with the names and types that its programs see.
 * Refused, at the hook's place: targets that do not exist, with the nearest real names. Nothing is attached or asked of the running kernel here: which way is taken is decided at load.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import type { Host } from '../host.js';
import type { Kernel } from '../kernel/kernel.js';
import type { DeclaredStructs } from '../language/declared-structs.js';
import type { ArgumentList, Given } from '../language/expression/scope.js';
import type { Typed } from '../language/expression/typed.js';
import type { BinaryTypes } from '../language/layered-types.js';
import type { HookSpec, LocatedText } from '../language/spec.js';
import type { Mechanism } from './mechanism.js';
import type { MessageLayout } from './message.js';

export interface HookKind {
  /** The word before the colon. */
  readonly kind: string;
  /** For help: what stands after the colon. */
  readonly target: string;
  readonly description: string;
  /** Ways to catch it, best first; all attachments of one way are made together. `undefined` after telling why there is none. */
  resolve(hook: HookSpec, context: ResolveContext): readonly Way[] | undefined;
  /** What a pattern (`tcp_*`) is compared with; `undefined` after telling why nothing can be known. A kind without it takes no patterns. */
  candidates?(hook: HookSpec, context: ResolveContext): Candidates | undefined;
  /** The targets for `list`, where they are others than patterns match. */
  listed?(hook: HookSpec, context: ResolveContext): Candidates | undefined;
  /** Whether a target begins with a program or library, so that there is no list of all. */
  readonly inBinaries?: true;
  /** Whether a target that looks like a pattern is none. */
  isLiteral?(text: string): boolean;
}

/** Targets as they are written behind the colon. */
export interface Candidates {
  readonly names: Iterable<string>;
  /** Those that are there but cannot be caught: they are left out and counted. */
  readonly unfit?: Iterable<string>;
  /** Whether they match the pattern already, and need not be compared with it. */
  readonly matched?: boolean;
  /** Why they cannot: `the kernel permits no probe there`. */
  readonly unfitReason?: string;
  /** For when nothing matches. */
  readonly hints?: readonly string[];
}

export interface ResolveContext {
  readonly kernel: Kernel;
  readonly host: Host;
  readonly signature?: LocatedText;
  /** Those of `structs:`. */
  readonly structs?: DeclaredStructs;
  readonly sink: DiagnosticSink;
}

export type Way = readonly Attachment[];

/** Whether the kernel binds a program to its one target when it loads it; by the others one program serves many targets. */
export function oneProgramEach(mechanism: Mechanism): boolean {
  return ['tp_btf', 'raw_tracepoint', 'fentry', 'fexit', 'lsm', 'iter'].includes(mechanism);
}

/** One thing to catch by one mechanism: a program, or a program at the entry and one at the return. */
export interface Attachment {
  /** `fentry:tcp_connect`; what `hook.name` is. */
  readonly label: string;
  readonly main: ProgramPoint;
  /** For hooks that see both sides: where `args` and the time of entry are kept. */
  readonly entry?: ProgramPoint;
  /** What an entry and its return have in common, where that is neither the thread nor an address in its stack. */
  readonly callKey?: (span: Span) => CallKey;
}

export interface CallKey {
  /** Tells calls of the same thread apart. */
  readonly call: Typed;
  readonly thread: Typed;
}

/** Which perf event (type and config of perf_event_open(2)), and how often: every so many events, or so many times a second. */
export interface PerfSampling {
  readonly type: number;
  readonly config: bigint;
  readonly every: bigint;
  readonly unit: 'events' | 'per second';
}

/** A place where a program runs, and what it is given there. */
export interface ProgramPoint {
  readonly mechanism: Mechanism;
  /** The ELF section that tells libbpf the program's type: `fentry/tcp_connect`, `kprobe`. */
  readonly section: string;
  readonly target: string;
  readonly offset: number;
  readonly symbol?: string;
  /** In the file, of a USDT probe's counter of listeners. */
  readonly semaphore?: number;
  /** Where the current task is none of the hook's: why, and what to read instead. */
  readonly noTask?: { readonly missing: string; readonly hints: readonly string[] };
  /** More places in the same file where the same program runs: a function's other returns. */
  readonly moreOffsets?: readonly number[];
  /** Of a function of a program: the types that its debug information has. */
  readonly binary?: BinaryTypes;
  readonly perf?: PerfSampling;
  /** Of a protocol's messages: what they hold, as far as it was asked for. */
  readonly message?: MessageLayout;
  readonly args: Given<ArgumentList>;
  readonly retval: Given<(span: Span) => Typed>;
}

export const noRetval = (why: string, ...hints: string[]): ProgramPoint['retval'] => ({ missing: why, hints });
export const noArgs = (why: string, ...hints: string[]): ProgramPoint['args'] => ({ missing: why, hints });

export type { HookSpec };
