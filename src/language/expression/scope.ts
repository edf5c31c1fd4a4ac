/** What the names in an expression stand for, at one place of one program. */
import type { DiagnosticCode } from '../../diagnostics/codes.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import type { BinaryTypes } from '../layered-types.js';
import type { MapForm } from '../map-kinds.js';
import type { NamedExpression } from '../spec.js';
import type { TypeSource } from '../type-source.js';
import type { Type } from '../types.js';
import type { Expression } from './ast.js';
import type { Typed } from './typed.js';

export interface Names extends TypeSource {
  /** Well-known `#define`s. */
  define(name: string): bigint | undefined;
  defineNames(): Iterable<string>;
}

/** A map as expressions see it. `key` is filled by the first update where the pipeline leaves it to be inferred. */
export interface MapShape {
  readonly name: string;
  readonly declared: Span;
  key: readonly { readonly name: string; readonly type: Type }[] | undefined;
  readonly value: readonly MapValueMember[];
  readonly perCpu: boolean;
  readonly form: MapForm;
  used: boolean;
  /** Whether a program changes it. */
  updated: boolean;
}

export interface MapValueMember {
  /** Empty where the value has no members. */
  readonly name: string;
  /** An aggregation's name, or the type of a plain value. */
  readonly holds: string | Type;
}

/** Values under a name that a hook gives, or why it has none. */
export type Given<Value> = { readonly value: Value } | { readonly missing: string; readonly hints: readonly string[] };

export interface ArgumentList {
  get(name: string): ((span: Span) => Typed) | undefined;
  names(): readonly string[];
  /** Why one that is there cannot be read. */
  unreadable?(name: string): string | undefined;
  /** Why an argument that is none of `names()` cannot be had, where more is known than that there is none. */
  absent?(
    name: string,
  ): { readonly code: DiagnosticCode; readonly message: string; readonly hints: readonly string[] } | undefined;
  /** Of what: `tcp_connect`, `tracepoint sched:sched_switch`. */
  readonly owner: string;
}

export interface Scope {
  readonly names: Names;
  /** The types of the binary that is probed, for those that the user names; then come the kernel's. */
  readonly binary?: BinaryTypes;
  readonly params: ReadonlyMap<string, Type>;
  readonly maps: ReadonlyMap<string, MapShape>;
  readonly lets: ReadonlyMap<string, NamedExpression>;
  /** Memory of one program's lets, so that each is checked once. */
  readonly checkedLets: Map<string, Typed | 'checking' | 'failed'>;
  readonly args: Given<ArgumentList>;
  /** Names of the hook's own, which stand by themselves and come before those of the language. */
  readonly message?: { readonly names: ArgumentList; text(name: string, max: number, span: Span): Typed };
  readonly retval: Given<(span: Span) => Typed>;
  readonly duration: Given<(span: Span) => Typed>;
  /** Keeps an expression as of the start, and gives the saved value. */
  readonly start: Given<(expression: Expression, span: Span) => Typed | undefined>;
  readonly hookName: (span: Span) => Typed;
  /** The probe's name, as one of all of the pipeline's. */
  readonly probe: (span: Span) => Typed;
  /** Told of names used, for warnings about unused ones. */
  readonly used: { readonly params: Set<string>; readonly lets: Set<string> };
}

export type Report = (diagnostic: Diagnostic) => void;
