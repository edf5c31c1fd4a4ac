/**
 * `structs:` → types. A struct that a user declares stands for memory of a program of which nothing else tells the layout; where the program's debug information has it, that goes before. Refused, at their places:
 * types that are none, structs that hold themselves, texts without an address or a length.
 */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import { describeType } from './expression/describe.js';
import { integerShape } from './expression/fit.js';
import { typeFromName } from './expression/type-from-name.js';
import { parseTypeName } from './expression/type-name.js';
import type { BinaryTypes } from './layered-types.js';
import type { StructMemberSpec, StructSpec } from './spec.js';
import type { TypeSource } from './type-source.js';
import type { Member, StructType, Type } from './types.js';

/** A program whose layouts are asked for. */
export interface LaidOutBy {
  readonly path: string;
  /** By which version of Go's compiler it was made; 0.0 where that is not known. Missing for what is no Go program. */
  readonly go?: { readonly major: number; readonly minor: number };
}

export class DeclaredStructs {
  readonly #specs: ReadonlyMap<string, StructSpec>;
  readonly #kernel: TypeSource;
  /** Names that something stood for. */
  readonly used = new Set<string>();

  constructor(specs: readonly StructSpec[], kernel: TypeSource) {
    this.#specs = new Map(specs.map((spec) => [spec.name.value, spec]));
    this.#kernel = kernel;
  }

  get isEmpty(): boolean {
    return this.#specs.size === 0;
  }

  /** Tells what is wrong with them, whoever uses them. */
  check(sink: DiagnosticSink): void {
    const source = new Layouts(this.#specs, this.#kernel, () => undefined, undefined, new Set()).source;
    for (const spec of this.#specs.values()) {
      const before = sink.diagnostics.length;
      for (const member of spec.members) memberType(member, source, sink);
      if (sink.diagnostics.length > before) continue;
      const around = this.#holder(spec.name.value);
      if (around !== undefined) {
        sink.add('type-mismatch', `struct ${spec.name.value} holds itself`, around.type.span, {
          hints: [`write struct ${spec.name.value} * for a pointer to one`],
        });
      } else checkText(spec, source, sink);
    }
  }

  /** The member through which a struct holds itself. */
  #holder(name: string): StructMemberSpec | undefined {
    const inner = ({ type }: StructMemberSpec): StructSpec | undefined => {
      const written = parseTypeName(type, new DiagnosticSink());
      return written?.tag === 'struct' && written.pointers === 0 ? this.#specs.get(written.name) : undefined;
    };
    const leadsBack = (from: StructSpec, seen: ReadonlySet<string>): boolean =>
      from.name.value === name ||
      (!seen.has(from.name.value) &&
        from.members.some((member) => {
          const next = inner(member);
          return next !== undefined && leadsBack(next, new Set([...seen, from.name.value]));
        }));
    return this.#specs.get(name)?.members.find((member) => {
      const next = inner(member);
      return next !== undefined && leadsBack(next, new Set());
    });
  }

  /** The types of a program with those that are declared. `undefined`: of no program, as in a system call's memory. */
  beside(binary: BinaryTypes, program: LaidOutBy | undefined): BinaryTypes {
    if (this.isEmpty) return binary;
    let layouts: Layouts | undefined;
    return () => {
      layouts ??= new Layouts(this.#specs, this.#kernel, binary, program, this.used);
      return layouts.source;
    };
  }
}

/** The declared structs as one program has them. */
class Layouts {
  readonly #made = new Map<string, StructType>();
  readonly source: TypeSource;

  constructor(
    readonly specs: ReadonlyMap<string, StructSpec>,
    kernel: TypeSource,
    readonly binary: BinaryTypes,
    readonly program: LaidOutBy | undefined,
    readonly used: Set<string>,
  ) {
    this.source = {
      get label() {
        return binary()?.label ?? kernel.label;
      },
      struct: (name) => this.#struct(name) ?? kernel.struct(name),
      union: (name) => binary()?.union(name) ?? kernel.union(name),
      enumeration: (name) => binary()?.enumeration(name) ?? kernel.enumeration(name),
      named: (name) => binary()?.named(name) ?? kernel.named(name),
      func: (name) => kernel.func(name),
      // The kernel's are looked for where those of a binary are not found.
      enumerator: (name) => binary()?.enumerator(name),
      *names(kind) {
        if (kind === 'struct') yield* specs.keys();
        yield* binary()?.names(kind) ?? [];
        yield* kernel.names(kind);
      },
    };
  }

  #struct(name: string): StructType | undefined {
    const spec = this.specs.get(name);
    if (spec === undefined) return this.binary()?.struct(name);
    this.#markUsed(spec);
    const described = this.binary()?.struct(spec.debugName ?? name);
    if (described !== undefined && described.members.length > 0) return described;
    const known = this.#made.get(name) ?? this.#make(spec);
    this.#made.set(name, known);
    return known;
  }

  /** With those that its members lead to, which are used whether or not this program needs them. */
  #markUsed({ name, members }: StructSpec): void {
    if (this.used.has(name.value)) return;
    this.used.add(name.value);
    for (const { type } of members) {
      const written = parseTypeName(type, new DiagnosticSink());
      const next = written?.tag === 'struct' ? this.specs.get(written.name) : undefined;
      if (next !== undefined) this.#markUsed(next);
    }
  }

  #make(spec: StructSpec): StructType {
    const { source, program } = this;
    const name = spec.name.value;
    let members: readonly Member[] | undefined;
    const placed = spec.members.flatMap((member) => {
      const offset = offsetIn(member, program);
      return offset === undefined ? [] : [{ member, offset }];
    });
    return {
      kind: 'struct',
      union: false,
      name,
      layout: 'fixed',
      id: `structs:${program?.path ?? ''}:${name}`,
      ...(spec.text === undefined
        ? {}
        : { text: { pointer: spec.text.pointer.value, length: spec.text.length.value } }),
      get members() {
        members ??= placed.flatMap(({ member, offset }): Member[] => {
          const type = memberType(member, source, new DiagnosticSink());
          return type === undefined ? [] : [{ name: member.name.value, bitOffset: offset * 8, type }];
        });
        return members;
      },
      get byteSize() {
        return Math.max(...this.members.map(({ bitOffset, type }) => bitOffset / 8 + bytesOf(type)), 1);
      },
      absent: (member) => {
        const found = spec.members.find((each) => each.name.value === member);
        return found === undefined ? undefined : whyNowhere(found, program);
      },
    };
  }
}

function offsetIn({ offset }: StructMemberSpec, program: LaidOutBy | undefined): number | undefined {
  if ('always' in offset) return offset.always;
  const go = program?.go;
  if (go === undefined) return undefined;
  // Unknown versions are new ones.
  const isKnown = go.major === 1;
  return offset.since.find(({ minor }) => !isKnown || minor <= go.minor)?.offset;
}

function whyNowhere({ offset }: StructMemberSpec, program: LaidOutBy | undefined): string | undefined {
  if ('always' in offset) return undefined;
  if (program === undefined) return 'its offset is given by versions of Go, and this is no probe of a program';
  if (program.go === undefined) return `its offset is given by versions of Go, and "${program.path}" is no Go program`;
  return `"${program.path}" was built by Go 1.${program.go.minor}, and its offset is given from Go 1.${offset.since.at(-1)?.minor} on`;
}

/** Of what can stand in a struct; `undefined` after telling why it cannot. */
function memberType(
  { name, type: text }: StructMemberSpec,
  source: TypeSource,
  sink: DiagnosticSink,
): Type | undefined {
  const written = parseTypeName(text, sink);
  const type = written && typeFromName(written, source, sink, 'user');
  if (type === undefined) return undefined;
  switch (type.kind) {
    case 'int':
    case 'bool':
    case 'enum':
    case 'pointer':
      return type;
    case 'string':
      return {
        kind: 'array',
        count: type.max,
        element: { kind: 'int', bits: 8, signed: true, char: true, name: 'char' },
      };
    case 'bytes':
      return { kind: 'array', count: type.max, element: { kind: 'int', bits: 8, signed: false } };
    case 'struct':
      if (type.layout === 'fixed') return type;
  }
  const shown = describeType(type);
  sink.add('type-mismatch', `the member "${name.value}" cannot be ${shown}`, text.span, {
    hints:
      type.kind === 'struct'
        ? [`write ${shown} * for a pointer to one`]
        : ['a member is a number, a pointer, a declared struct, string(N) or bytes(N)'],
  });
  return undefined;
}

function checkText({ name, text, members }: StructSpec, source: TypeSource, sink: DiagnosticSink): void {
  if (text === undefined) return;
  const typeOf = (member: string): Type | undefined => {
    const found = members.find((each) => each.name.value === member);
    return found && memberType(found, source, new DiagnosticSink());
  };
  for (const side of ['pointer', 'length'] as const) {
    const { value, span } = text[side];
    const type = typeOf(value);
    const fits =
      side === 'pointer'
        ? type?.kind === 'pointer'
        : type !== undefined && type.kind === 'int' && integerShape(type) !== undefined;
    if (fits) continue;
    const is = side === 'pointer' ? 'no pointer' : 'no number';
    sink.add(
      'member-unknown',
      type === undefined
        ? `struct ${name.value} has no member "${value}"`
        : `the member "${value}" is ${describeType(type)}, ${is}`,
      span,
      {
        hints:
          type === undefined
            ? didYouMean(
                value,
                members.map((each) => each.name.value),
              )
            : [
                side === 'pointer'
                  ? 'the bytes of a text begin where its pointer points: char *'
                  : 'the length of a text is a number of bytes: u64',
              ],
      },
    );
  }
}

function bytesOf(type: Type): number {
  switch (type.kind) {
    case 'struct':
      return type.byteSize;
    case 'array':
      return type.count * bytesOf(type.element);
    case 'pointer':
      return 8;
    case 'bool':
      return 1;
    default:
      return (integerShape(type)?.bits ?? 0) / 8;
  }
}
