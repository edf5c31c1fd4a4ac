/**
 * A pipeline after validation: what the user wrote, in a regular form, every part with its place in the YAML. No kernel
 * was asked yet. Short forms are already their long forms (`attach: x` is one alternative of one hook).
 */
import type { Source, Span } from '../diagnostics/source.js';
import type { MapKind } from './map-kinds.js';

export interface Located<Value> {
  readonly value: Value;
  readonly span: Span;
}

/** The text of an expression, of a type, or of a hook, and where each of its characters stands in the YAML. */
export interface LocatedText {
  readonly text: string;
  readonly span: Span;
  /** The source offset of the character at `index` of `text` (`index` may be `text.length`). */
  offsetAt(index: number): number;
}

export interface PipelineSpec {
  readonly source: Source;
  readonly name: Located<string>;
  readonly description: string;
  readonly params: readonly ParamSpec[];
  /** Names of those that stand in hooks, where their values are filled in already. */
  readonly hookParams: ReadonlySet<string>;
  readonly structs: readonly StructSpec[];
  readonly maps: readonly MapSpec[];
  readonly probes: readonly ProbeSpec[];
  readonly sinks: readonly SinkSpec[];
  readonly limits?: LimitsSpec;
}

/** What the pipeline may cost, or a probe. */
export interface LimitsSpec {
  /** Of one processor: 1 is the whole of it. */
  readonly cpuShare: number;
  /** How long it may be exceeded. */
  readonly forMs: number;
}

export interface ParamSpec {
  readonly name: Located<string>;
  readonly type: LocatedText;
  readonly description: string;
  readonly required: boolean;
  /** The default or, once `--set` was applied, the value set. */
  readonly value?: Located<string | bigint | boolean>;
}

/** The layout of a struct of programs. */
export interface StructSpec {
  readonly name: Located<string>;
  /** What debug information calls it, where that is another name. */
  readonly debugName?: string;
  readonly members: readonly StructMemberSpec[];
  /** Of one that is a text: names of members. */
  readonly text?: { readonly pointer: Located<string>; readonly length: Located<string> };
}

export interface StructMemberSpec {
  readonly name: Located<string>;
  readonly type: LocatedText;
  readonly offset: MemberOffset;
}

/** Bytes from a struct's beginning: always, or since a version 1.MINOR of Go, the newest first. */
export type MemberOffset =
  | { readonly always: number }
  | { readonly since: readonly { readonly minor: number; readonly offset: number }[] };

export type Aggregation = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'stats' | 'hist' | 'lhist' | 'bhist';

export interface NamedType {
  readonly name: Located<string>;
  readonly type: LocatedText;
}

export interface MapSpec {
  readonly name: Located<string>;
  readonly type: Located<MapKind>;
  /** Missing: inferred from the first update. `single` is a key without member names (`key: u16`). */
  readonly key?: { readonly single: LocatedText } | { readonly members: readonly NamedType[] };
  /** Each text is an aggregation (`count`, `hist`, …) or a type. */
  readonly value: { readonly single: LocatedText } | { readonly members: readonly NamedType[] };
  readonly maxEntries?: Located<bigint>;
  readonly onFull?: Located<'drop' | 'evict'>;
  /** Nanoseconds. */
  readonly every?: Located<bigint>;
  readonly reset: boolean;
  /** False for a map that only probes read. */
  readonly show: boolean;
  readonly top?: Located<bigint>;
  readonly order?: Located<'asc' | 'desc'>;
  /** The key, value or column by which it is ordered; missing: the first number of its value. */
  readonly orderBy?: Located<string>;
  /** Values computed when it is shown. */
  readonly columns: readonly NamedExpression[];
  /** What it holds before anything is attached. */
  readonly entries?: { readonly list: readonly EntrySpec[]; readonly span: Span };
}

export interface EntrySpec {
  /** One text, or the parts of a key that was written as a list. */
  readonly key: LocatedText | readonly LocatedText[];
  /** Missing in a list of keys. */
  readonly value?: EntryValue;
  readonly span: Span;
}

export type EntryValue =
  | { readonly single: LocatedText }
  | { readonly members: readonly { readonly name: Located<string>; readonly text: LocatedText }[] };

export interface NamedExpression {
  readonly name: Located<string>;
  readonly expression: LocatedText;
}

/** One hook, split at its first colon: `kprobe:tcp_connect` is kind `kprobe`, target `tcp_connect`. */
export interface HookSpec {
  readonly kind: Located<string>;
  readonly target: LocatedText;
  readonly span: Span;
}

/** One of the alternatives under `attach` (or a pair's side): all of its hooks attach together. */
export interface AlternativeSpec {
  readonly hooks: readonly HookSpec[];
  readonly where?: LocatedText;
  readonly let: readonly NamedExpression[];
  readonly signature?: LocatedText;
  readonly span: Span;
}

export interface PairSpec {
  readonly start: readonly AlternativeSpec[];
  readonly end: readonly AlternativeSpec[];
  /** Of one or more parts, as many at the end as at the start. */
  readonly key: { readonly start: readonly LocatedText[]; readonly end: readonly LocatedText[] };
  readonly where: { readonly start?: LocatedText; readonly end?: LocatedText };
  /** Nanoseconds. */
  readonly ttl?: Located<bigint>;
  readonly maxEntries?: Located<bigint>;
  readonly span: Span;
}

export interface UpdateSpec {
  /** `connects[dport]`, `traffic[key].sent`. */
  readonly target: LocatedText;
  readonly expression: LocatedText;
}

export interface ProbeSpec {
  readonly name: Located<string>;
  /** Exactly one of `attach` and `pair` is there. */
  readonly attach?: readonly AlternativeSpec[];
  readonly pair?: PairSpec;
  readonly signature?: LocatedText;
  /** Of snapshots: nanoseconds from one to the next. */
  readonly every?: Located<bigint>;
  readonly where?: LocatedText;
  readonly let: readonly NamedExpression[];
  readonly update: readonly UpdateSpec[];
  /** In column order. `name` alone has an expression that is the name itself. */
  readonly fields: readonly NamedExpression[];
  /** How many hooks a pattern may match. */
  readonly maxMatches?: Located<bigint>;
  /** Of its own: the pipeline's does not count for it. */
  readonly limits?: LimitsSpec;
  /** One hit in so many is taken. */
  readonly sample?: Located<bigint>;
  readonly rateLimit?: Located<{ readonly events: bigint; readonly perNs: bigint }>;
  /** Of http: hooks. */
  readonly http?: HttpOptions;
}

/** Which requests an http: hook sees, and how it names them. Filters: one of a list must hold, and so for every list that is there. */
export interface HttpOptions {
  /** Of the side that serves. */
  readonly ports?: readonly number[];
  readonly processes?: readonly number[];
  readonly comms?: readonly string[];
  /** Paths, in which * stands for any characters. */
  readonly executables?: readonly string[];
  readonly cgroups?: readonly string[];
  /** Bytes that are captured from where a head begins. */
  readonly requestHead: number;
  readonly responseHead: number;
  /** `/users/{id}`, `/static/**`. */
  readonly routes: readonly string[];
  readonly guessRoutes: boolean;
  /** Whether TLS libraries are probed for what they carry. */
  readonly tls: boolean;
  readonly redact: { readonly query: readonly string[]; readonly headers: readonly string[]; readonly usual: boolean };
  readonly services: readonly ServiceRule[];
  /** Whether a traceparent is put into requests that are sent without one. */
  readonly propagate: boolean;
}

/** All that it has must hold for a process to be called so; * stands for any characters. */
export interface ServiceRule {
  readonly name: string;
  readonly exe?: string;
  readonly comm?: string;
  readonly cmdline?: string;
  readonly cgroup?: string;
  readonly port?: number;
}

export interface SinkSpec {
  /** `stdout`, `file`, `http`. */
  readonly kind: Located<string>;
  /** Unique among the pipeline's sinks: the kind, and a number where a kind stands twice (`http-2`). */
  readonly name: string;
  /** Probe and map names; missing for all. */
  readonly from?: readonly Located<string>[];
  readonly where?: LocatedText;
  readonly fields?: readonly Located<string>[];
  /** The options of its kind, checked against its schema. Values may hold `${NAME}` still: see `environment.ts`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The options that are texts, by their path (`url`, `headers.Authorization`), with their places. */
  readonly optionTexts?: ReadonlyMap<string, LocatedText>;
  /** Where the keys of its options stand, by their path (`batch.max_events`). */
  readonly optionKeys?: ReadonlyMap<string, Span>;
  readonly span: Span;
}
