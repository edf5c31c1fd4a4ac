/** A pipeline whose every name is resolved and every value typed: what C is generated from. Inert: the same YAML and the same BTF give the same one. */
import type { Span } from '../diagnostics/source.js';
import type { ProgramPoint } from '../hooks/hook.js';
import type { Typed } from '../language/expression/typed.js';
import type { Aggregation, HttpOptions, LimitsSpec, Located, MapSpec, PipelineSpec } from '../language/spec.js';
import type { Type } from '../language/types.js';
import type { AttachAlternative, ColumnExpression, ColumnManifest, SinkCondition } from './manifest.js';

export interface TypedPipeline {
  readonly spec: PipelineSpec;
  readonly params: readonly TypedParam[];
  readonly maps: readonly TypedMap[];
  readonly probes: readonly TypedProbe[];
  /** Of the sinks that have some, by name. */
  readonly conditions?: ReadonlyMap<string, readonly SinkCondition[]>;
}

export interface TypedParam {
  readonly name: string;
  readonly type: Type;
  readonly value: Located<string | bigint | boolean> | undefined;
}

export interface TypedMap {
  readonly spec: MapSpec;
  readonly key: readonly { readonly name: string; readonly type: Type }[];
  readonly value: readonly TypedMapMember[];
  readonly maxEntries: number;
  readonly entries: readonly TypedEntry[];
  /** Whether a program changes it. */
  readonly updated: boolean;
  readonly columns: readonly ColumnManifest[];
  readonly orderBy?: ColumnExpression;
}

/** What a map holds from the start: the bytes of each part of the key, and of the members of the value that are given. */
export interface TypedEntry {
  readonly key: readonly Uint8Array[];
  readonly value: ReadonlyMap<string, Uint8Array>;
}

export type TypedMapMember =
  | {
      readonly name: string;
      readonly aggregation: Exclude<Aggregation, 'lhist' | 'bhist'>;
      readonly signed: boolean;
      readonly type: Type;
    }
  | {
      readonly name: string;
      readonly aggregation: 'lhist';
      readonly signed: boolean;
      readonly type: Type;
      readonly min: bigint;
      readonly max: bigint;
      readonly step: bigint;
    }
  | {
      readonly name: string;
      readonly aggregation: 'bhist';
      readonly signed: boolean;
      readonly type: Type;
      readonly bounds: readonly bigint[];
    }
  | { readonly name: string; readonly aggregation: 'value'; readonly type: Type };

export interface TypedProbe {
  readonly name: string;
  readonly id: number;
  readonly groups: readonly TypedGroup[];
  /** The fields' names and types, agreed on by all of the probe's programs; empty for a probe that emits nothing. */
  readonly fields: readonly TypedField[];
  readonly pair?: TypedPair;
  /** Of its own. */
  readonly limits?: LimitsSpec;
  /** One hit in so many is taken. */
  readonly sample?: bigint;
  readonly rateLimit?: RateLimit;
  /** Of http: hooks. */
  readonly http?: HttpOptions;
  /** Nanoseconds from one snapshot to the next. */
  readonly every?: bigint;
}

/** So many events in so many nanoseconds. */
export interface RateLimit {
  readonly events: bigint;
  readonly perNs: bigint;
}

export interface TypedField {
  readonly name: string;
  readonly span: Span;
  readonly value: Typed;
}

/** What is kept between a start and its end. */
export interface TypedPair {
  readonly key: readonly PairSlot[];
  readonly saved: readonly PairSlot[];
  readonly maxEntries: number;
  /** Nanoseconds. */
  readonly ttl?: bigint;
  /** Joined by the processor alone, with nothing kept but the time: a word of each processor's own is enough, and no map has to be searched. */
  readonly ofCpu: boolean;
}

/** Numbers are kept in 64 bits, whatever their own width, so that different hooks of one pair agree. */
export interface PairSlot {
  readonly name: string;
  readonly type: Type;
}

export interface TypedGroup {
  readonly role: 'main' | 'start' | 'end';
  readonly alternatives: readonly TypedAlternative[];
}

export interface TypedAlternative {
  readonly label: string;
  readonly matches?: AttachAlternative['matches'];
  /** In the order in which they are attached. */
  readonly programs: readonly TypedProgram[];
}

export interface TypedProgram {
  /** A C identifier, unique in the pipeline. */
  readonly name: string;
  readonly point: ProgramPoint;
  /** All that it is attached to: several for a pattern. */
  readonly targets: readonly ProgramTarget[];
  readonly label: string;
  /** Where the hook stands in the YAML. */
  readonly span: Span;
  readonly body: StartBody | MainBody;
}

export interface ProgramTarget {
  readonly point: ProgramPoint;
  /** Which of the probe's hooks it is: what `hook.name` is a name of. */
  readonly hook: number;
  /** A C identifier, where each target needs a program of its own that calls the one for all. */
  readonly program?: string;
}

/** Stores the pair's entry. */
export interface StartBody {
  readonly kind: 'start';
  readonly where: readonly Typed[];
  readonly key: readonly Typed[];
  readonly saved: readonly { readonly name: string; readonly value: Typed }[];
}

export interface MainBody {
  readonly kind: 'main';
  /** Set where the program ends a pair: the entry is looked up by it and removed. */
  readonly endKey?: readonly Typed[];
  /** The start side filters for itself, so a missing start is no surprise and is not counted. */
  readonly startFilters: boolean;
  /** Filters that come before the look-up: those of the end's own side. */
  readonly whereBefore: readonly Typed[];
  readonly where: readonly Typed[];
  readonly updates: readonly TypedUpdate[];
  readonly fields: readonly TypedField[];
}

export interface TypedUpdate {
  readonly map: string;
  readonly key: readonly Typed[];
  readonly member: string;
  readonly operation: UpdateOperation;
  readonly span: Span;
}

export type UpdateOperation =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'min' | 'max' | 'avg' | 'stats' | 'hist'; readonly value: Typed }
  | { readonly kind: 'lhist'; readonly value: Typed; readonly min: bigint; readonly max: bigint; readonly step: bigint }
  | { readonly kind: 'bhist'; readonly value: Typed; readonly bounds: readonly bigint[] }
  | { readonly kind: 'store'; readonly value: Typed }
  | { readonly kind: 'delete' }
  /** Behind a queue's or onto a stack's values: one for each member. */
  | { readonly kind: 'push'; readonly values: readonly Typed[] }
  /** The key into a bloom filter. */
  | { readonly kind: 'add' };

/** The values that an update takes, besides its key. */
export function valuesOf(operation: UpdateOperation): readonly Typed[] {
  if (operation.kind === 'push') return operation.values;
  return 'value' in operation ? [operation.value] : [];
}
