/**
 * Everything that running needs to know of a compiled pipeline, as plain JSON: the runtime, the decoders and the sinks see
 * this and the BPF object, and nothing of YAML, types or C. `Bundle` is the two together.
 */

import type { HttpRole } from '../hooks/http.js';
import type { Mechanism } from '../hooks/mechanism.js';
import type { MessageSlot } from '../hooks/message.js';
import type { MapKind } from '../language/map-kinds.js';
import type { CaptureManifest, HttpManifest } from './capture-manifest.js';

export interface Bundle {
  readonly manifest: Manifest;
  readonly object: Uint8Array;
}

export interface Manifest {
  /** Of this format; another number is refused. */
  readonly format: 1;
  readonly name: string;
  readonly description: string;
  readonly params: readonly ParamManifest[];
  readonly probes: readonly ProbeManifest[];
  readonly maps: readonly MapManifest[];
  readonly sinks: readonly SinkManifest[];
  /** The per-CPU array map behind the ledger: a row for each probe, of so many u64 counters in the order of `counterNames`. */
  readonly counters: { readonly map: string; readonly length: number };
  /** Whether a run may be limited to some processes: see templates/bpf/scope.hbs and runtime/scope.ts. */
  readonly scoped: boolean;
  /** Whether a program asks for hits of the reading process itself: see templates/bpf/own-process.hbs and runtime/own-process.ts. */
  readonly self?: boolean;
  /** Missing where no probe emits events and none looks at a stack. */
  readonly ring?: { readonly map: string; readonly bytes: number };
  /** Of probes of protocols: what captures the bytes of connections (templates/bpf/capture-*.hbs). */
  readonly capture?: CaptureManifest;
  /** Whether a program looks at stacks, whose addresses want names. */
  readonly stacks?: true;
  /** What the programs may cost: runtime/cpu-limit.ts keeps them to it. */
  readonly limits?: LimitsManifest;
}

/** Which of the kernel's numbers a limit sets (templates/bpf/limits.hbs) is told by its place: the pipeline's is the first, then come those of probes, in their order. */
export interface LimitsManifest {
  /** Of one processor: 1 is the whole of it. */
  readonly cpuShare: number;
  readonly forMs: number;
}

/** A param lives in `.rodata`, so a changed value needs no compile. */
export interface ParamManifest {
  readonly name: string;
  readonly type: ValueType;
  readonly offset: number;
  readonly size: number;
  readonly value: JsonInteger | string | boolean | null;
}

export interface ProbeManifest {
  readonly name: string;
  /** The record's first four bytes. */
  readonly id: number;
  /** What to attach: for each group the first alternative that this kernel supports. A pair has two groups. */
  readonly groups: readonly AttachGroup[];
  readonly event?: EventManifest;
  /** In the counters map. */
  readonly row: number;
  /** The pair's or call's own map of started, not yet ended things, where there is one. */
  readonly pairMap?: string;
  /** That map is a per-CPU array of one entry, which begins with its start's time, 0 for none. */
  readonly pairOfCpu?: true;
  /** Starts older than this many nanoseconds are given up; each entry of the pair's map begins with its start's time. */
  readonly ttlNs?: string;
  /** Of `iter` programs: takes their snapshot again and again, this often; else once. */
  readonly everyNs?: string;
  /** One hit in so many is taken. */
  /** Of its own: the pipeline's does not count for it. */
  readonly limits?: LimitsManifest;
  readonly sample?: number;
  /** So many events in so many nanoseconds are let through. */
  readonly rateLimit?: { readonly events: number; readonly perNs: string };
  readonly http?: HttpManifest;
}

/**
 * Each run of a probe's program ends in exactly one outcome: `sampledOut`, `filtered`, `passed`, `rateLimited`, `ringFull`, `unmatched`, `expired` or
 * `scratchBusy`, so hits are their sum. `emitted` = `passed` for a probe with fields. The others are counted besides.
 */
export const counterNames = [
  'filtered',
  'passed',
  /** The event had no room in the ring buffer; its map updates took place. */
  'ringFull',
  /** An end without a start. */
  'unmatched',
  /** An end whose start was older than the ttl. */
  'expired',
  /** Too many programs had interrupted each other on one processor: no scratch memory was left. */
  'scratchBusy',
  /** Left out by `sample`, or to keep the pipeline to its limits; whole. */
  'sampledOut',
  /** The event was left out by `rate_limit`; its map updates took place. */
  'rateLimited',
  /** Starts seen. */
  'started',
  /** Starts that replaced one that had not ended. */
  'restarted',
  /** Starts or map entries that had no room. */
  'mapFull',
  'faultedReads',
  'truncatedStrings',
  /** Stacks without frames: of a task of the kernel's own there is no user stack. */
  'emptyStacks',
  /** The frames of a stack that was new had no room in the ring buffer; the next hit with it tries again. */
  'lostStacks',
  /** Events that were given a number (`seq`). */
  'numbered',
] as const;
export type CounterName = (typeof counterNames)[number];

export interface AttachGroup {
  readonly role: 'main' | 'start' | 'end';
  readonly alternatives: readonly AttachAlternative[];
}

export interface AttachAlternative {
  /** As the user wrote it: `fentry:tcp_connect`. */
  readonly label: string;
  /** Where it stands in the pipeline's text: UTF-16 offsets, `[start, end)`. */
  readonly place: { readonly start: number; readonly end: number };
  readonly programs: readonly ProgramManifest[];
  /** Of patterns: how many hooks match and are caught this way, and how many match and cannot be. */
  readonly matches?: { readonly caught: number; readonly leftOut: number };
}

/** About params alone: integers as decimal text. An empty `any` never holds. */
export type ParamCondition =
  | { readonly param: string }
  | { readonly compare: ParamComparison; readonly left: ParamOperand; readonly right: ParamOperand }
  | { readonly not: ParamCondition }
  | { readonly all: readonly ParamCondition[] }
  | { readonly any: readonly ParamCondition[] };
export type ParamComparison = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ParamOperand = { readonly param: string } | { readonly integer: string };

export interface ProgramManifest {
  readonly program: string;
  /** It is attached only where this holds: else it would leave out every hit. */
  readonly needs?: ParamCondition;
  readonly mechanism: Mechanism;
  /** `sched:sched_switch`, `tcp_connect`, `/usr/lib/…/libc.so.6`; for `interval` and `profile` the period in nanoseconds, for `perf` the event; for `lsm` and `iter` the hook and the objects. */
  readonly target: string;
  /** Within the function (kprobe) or the file (uprobe). */
  readonly offset: number;
  readonly symbol?: string;
  /** The event by its numbers, and how often: see `PerfSampling` in hooks/hook.ts. */
  readonly perf?: {
    readonly type: number;
    readonly config: string;
    readonly every: string;
    readonly unit: 'events' | 'per second';
  };
  /** What a message holds that the program is run with: `size` bytes, and texts elsewhere. */
  readonly message?: { readonly size: number; readonly slots: readonly MessageSlot[] };
  /** In the file, of a u16 that the kernel raises while a uprobe is attached (`ref_ctr_offset`): a USDT probe's counter of listeners. */
  readonly semaphore?: number;
  /** More places in the file where the same program is attached. */
  readonly moreOffsets?: readonly number[];
  /** Of a pattern: all that the program is attached to, the first one included. Uprobes of one program are all in one file. */
  readonly targets?: readonly TargetManifest[];
}

export interface TargetManifest {
  readonly target: string;
  readonly offset: number;
  /** What the program gets of `bpf_get_attach_cookie()`: tells it which target it runs for. */
  readonly cookie: number;
}

/** How the bytes of a slot, key or map value are read and shown. */
export type ValueType =
  | { readonly kind: 'int'; readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean; readonly as?: Presentation }
  | { readonly kind: 'bool' }
  | {
      readonly kind: 'enum';
      readonly bytes: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly names: Readonly<Record<string, string>>;
    }
  /** A u32 byte count, then `max` + 2 bytes; the slot is padded to 4. A count of `max` + 2 marks one that was cut to `max` bytes; else it includes the NUL. */
  | { readonly kind: 'string'; readonly max: number }
  /** A u32 byte count, then `max` bytes, padded to 4. */
  | { readonly kind: 'bytes'; readonly max: number }
  /** Zero-padded text of exactly `size` bytes (a comm, a string as a map key). */
  | { readonly kind: 'text'; readonly size: number }
  | { readonly kind: 'ip' }
  /** A network: how many of its bits count, as a u32, then 16 bytes, in which IPv4 lies as ::ffff:a.b.c.d. */
  | { readonly kind: 'cidr' }
  | { readonly kind: 'mac' }
  /** The id of a stack, whose frames a record of their own told before (`stackRecord`); 0 for a stack without frames. */
  | { readonly kind: 'kstack' | 'ustack' };

/**
 * `timestamp` slots hold CLOCK_MONOTONIC nanoseconds and are shown as wall-clock time; `duration` is nanoseconds; `hex` an address;
 * `errno` and `signal` are shown as names.
 */
export type Presentation = 'duration' | 'timestamp' | 'hex' | 'errno' | 'signal';

export interface Slot {
  readonly name: string;
  readonly type: ValueType;
  readonly offset: number;
  readonly size: number;
}

/**
 * Where an event has its probe's id, a record that tells a stack has this: u32 `stackRecord`, u32 process (its id, 0 for a stack of the kernel's), u64 the
 * stack's id, u64 how many frames, then so many u64 addresses, innermost first. It comes before whatever names the stack, and may come again.
 */
export const stackRecord = 0xffff_ffff;

/** A record: u32 probe id, u32 zero, then the slots. `size` is a multiple of 8. */
export interface RecordLayout {
  readonly size: number;
  readonly slots: readonly Slot[];
}

export interface EventManifest {
  readonly layout: RecordLayout;
  readonly fields: readonly FieldManifest[];
}

export interface FieldManifest {
  readonly name: string;
  /** What is shown, from the record's slots. Usually one slot. */
  readonly value: UserExpression;
}

/** A user-stage expression over slots, evaluated by generated code in `events/`. */
export type UserExpression =
  | { readonly op: 'slot'; readonly slot: number; readonly type: ValueType }
  | { readonly op: 'const'; readonly value: JsonInteger | string | boolean }
  /** A user-stage function: its name in the registry of `events/functions.ts`. */
  | { readonly op: 'call'; readonly function: string; readonly arguments: readonly UserExpression[] };

/** A 64-bit integer in JSON: decimal digits. */
export interface JsonInteger {
  readonly integer: string;
}

export interface MapManifest {
  readonly name: string;
  /** The BPF map to read: for `reset` the array-of-maps around it. */
  readonly map: string;
  readonly kind: MapKind;
  readonly perCpu: boolean;
  readonly maxEntries: number;
  readonly keySize: number;
  readonly valueSize: number;
  /** For arrays one u32 column. */
  readonly key: readonly Slot[];
  /** Members of the value; one of name `""` where the value has no members. */
  readonly value: readonly AggregateSlot[];
  readonly everyNs?: string;
  readonly reset: boolean;
  readonly top?: number;
  readonly order: 'asc' | 'desc';
  /** Of a map that makes room by giving up older entries: where the entries that were added to it are counted, among the u64 of `.data.added_entries` (templates/bpf/evictions.hbs). */
  readonly evictIndex?: number;
  /** Whether the user asked for an order; what has one of its own keeps it otherwise. */
  readonly ordered?: boolean;
  /** Missing: by the first number of the value. */
  readonly orderBy?: ColumnExpression;
  readonly columns?: readonly ColumnManifest[];
  /** What it is filled with before anything is attached: bytes in hexadecimal. Of a per-CPU map one processor has the value. */
  readonly entries?: readonly { readonly key: string; readonly value: string }[];
  /** False for what is only looked into: no row of it goes to a sink. */
  readonly shown: boolean;
  /** Of a map that counts requests of this side alone. */
  readonly requests?: HttpRole;
}

/** A value computed when the map is shown. */
export interface ColumnManifest {
  readonly name: string;
  readonly value: ColumnExpression;
  readonly as?: Presentation;
  /** Whether it is a text, no number. */
  readonly text?: true;
}

/** Over one row of a map, evaluated in `events/`: exact in integers, but for `/` and averages, which give decimals. */
export type ColumnExpression =
  | { readonly op: 'key'; readonly key: number }
  | { readonly op: 'value'; readonly value: number; readonly part: ValuePart }
  | { readonly op: 'const'; readonly value: JsonInteger | string | boolean }
  | { readonly op: 'unary'; readonly operator: '-' | '~' | 'not'; readonly operand: ColumnExpression }
  | {
      readonly op: 'binary';
      readonly operator: string;
      readonly left: ColumnExpression;
      readonly right: ColumnExpression;
    }
  | {
      readonly op: 'if';
      readonly condition: ColumnExpression;
      readonly whenTrue: ColumnExpression;
      readonly whenFalse: ColumnExpression;
    }
  | { readonly op: 'call'; readonly function: string; readonly arguments: readonly ColumnExpression[] };

/** `value`: the whole of what has no parts. */
export type ValuePart = 'value' | 'count' | 'sum' | 'min' | 'max' | 'avg';

/**
 * An aggregation's bytes within the map's value, all u64 and 8-byte aligned. `count`, `sum` (two's complement when `signed`): one; `min`, `max`:
 * one, biased so that 0 means nothing yet (max: x, or x + 2^63 when signed; min: the bitwise complement of that); `avg`: count, sum; `stats`: count, sum, min, max;
 * `hist`: 65 buckets (bucket 0 holds 0, bucket n holds [2^(n-1), 2^n)), and for signed values 64 more before them for the negatives, mirrored; `lhist`: below, the buckets, above;
 * `bhist`: a bucket up to and with each bound, one for what is above them, and the sum of all.
 */
export type AggregateSlot =
  | { readonly name: string; readonly aggregation: 'count'; readonly offset: number }
  | {
      readonly name: string;
      readonly aggregation: 'sum' | 'min' | 'max' | 'avg' | 'stats' | 'hist';
      readonly offset: number;
      readonly signed: boolean;
      readonly as?: Presentation;
    }
  | {
      readonly name: string;
      readonly aggregation: 'lhist';
      readonly offset: number;
      readonly signed: boolean;
      readonly as?: Presentation;
      readonly min: string;
      readonly max: string;
      readonly step: string;
    }
  | {
      readonly name: string;
      readonly aggregation: 'bhist';
      readonly offset: number;
      readonly signed: boolean;
      readonly as?: Presentation;
      readonly bounds: readonly string[];
    }
  | {
      readonly name: string;
      readonly aggregation: 'value';
      readonly offset: number;
      readonly size: number;
      readonly type: ValueType;
    };

/** A condition over an event as it is shown: `key` 0 is the value of the first of `fields`. */
export interface SinkCondition {
  readonly probe: string;
  readonly fields: readonly string[];
  readonly value: ColumnExpression;
}

export interface SinkManifest {
  readonly kind: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly fields?: readonly string[];
  /** What its `where` says of each probe's events. */
  readonly conditions?: readonly SinkCondition[];
  /** As they stand in the YAML: `${NAME}` is filled in at each run, and never kept. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where the options that are texts stand in the pipeline's text, by their path (`headers.Authorization`): UTF-16 offsets. */
  readonly optionPlaces: Readonly<Record<string, { readonly start: number; readonly end: number }>>;
}
