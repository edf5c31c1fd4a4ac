/**
 * The types of a program or library, from its debug information, as types of the language: offsets are known, and pointers point into user space. A type is made when it is asked for, once, and a
 * struct's members when they are touched. Debug information is a file that anyone may have written: what leads nowhere, or back to itself without a struct between, is `void`.
 */
import type { DebugInfo, DebugMember, DebugType } from '../binary-reader.js';
import type { TypeNameKind, TypeSource } from '../language/type-source.js';
import {
  bool,
  type EnumType,
  type IntType,
  type Member,
  type StructType,
  type Type,
  u64,
  voidType,
} from '../language/types.js';

/** DW_ATE_*. */
const encodings = { boolean: 2, float: 4, signed: 5, signedChar: 6, complexFloat: 3 } as const;
/** reflect.String. */
const goString = 24;
/** Deeper than any nesting of anonymous members and base classes that a compiler writes. */
const deepest = 32;

export class DwarfTypes {
  private readonly made = new Map<number, Type>();
  private readonly making = new Set<number>();
  private readonly byReference = new WeakMap<StructType, boolean>();
  private readonly incomplete = new WeakSet<StructType>();

  /** `label`: for messages; `prefix`: of the structs' ids, so that they are unique beside other sources'. */
  constructor(
    private readonly info: DebugInfo,
    private readonly label: string,
    private readonly prefix: string,
  ) {}

  /** `undefined`, the type of what has none in C, is `void`. */
  type(id: number | undefined): Type {
    if (id === undefined) return voidType;
    const known = this.made.get(id);
    if (known !== undefined) return known;
    if (this.making.has(id) || this.making.size > 1000) return voidType;
    this.making.add(id);
    const type = this.make(id, this.info.type(id));
    this.making.delete(id);
    this.made.set(id, type);
    return type;
  }

  /** Whether C++ hands over the address of a copy, since copying or destroying one runs code. */
  passedByReference(type: StructType, depth = 0): boolean {
    const known = this.byReference.get(type);
    if (known !== undefined || depth > deepest) return known ?? false;
    this.byReference.set(type, false);
    const found = type.members.some(({ type: member }) => {
      const inner = member.kind === 'array' ? member.element : member;
      return inner.kind === 'struct' && this.passedByReference(inner, depth + 1);
    });
    this.byReference.set(type, found);
    return found;
  }

  /** Only declared in this file, so that neither its members nor how it is passed are known. */
  isIncomplete(type: Type): boolean {
    return type.kind === 'struct' && this.incomplete.has(type);
  }

  /** Names as code of the unit that the entry `near` is in sees them. */
  source(near: number | undefined): TypeSource {
    // What is not there is looked for in the whole file, so once.
    const known = new Map<string, Type | undefined>();
    const find = (kind: 'struct' | 'union' | 'enum' | 'typedef', name: string): Type | undefined => {
      const key = `${kind} ${name}`;
      if (!known.has(key)) {
        const id = this.info.find(kind, name, near);
        known.set(key, id === undefined ? undefined : this.type(id));
      }
      return known.get(key);
    };
    const struct = (kind: 'struct' | 'union') => (name: string) => {
      const type = find(kind, name);
      return type?.kind === 'struct' ? type : undefined;
    };
    return {
      label: this.label,
      struct: struct('struct'),
      union: struct('union'),
      enumeration: (name) => {
        const type = find('enum', name);
        return type?.kind === 'enum' ? type : undefined;
      },
      named: (name) => find('typedef', name),
      func: () => undefined,
      enumerator: (name) => {
        const id = near === undefined ? undefined : this.info.enumerator(name, near);
        const type = id === undefined ? undefined : this.type(id);
        const found = type?.kind === 'enum' ? type.enumerators.find((each) => each.name === name) : undefined;
        return type?.kind === 'enum' && found !== undefined ? { value: found.value, type } : undefined;
      },
      names: (kind: TypeNameKind) => (kind === 'func' ? [] : this.info.names(kind)),
    };
  }

  private make(id: number, raw: DebugType): Type {
    switch (raw.kind) {
      case 'base':
        return baseType(raw);
      case 'pointer':
        return { kind: 'pointer', space: 'user', target: this.type(raw.target) };
      case 'struct':
      case 'union':
        return this.makeStruct(id, raw);
      case 'enum':
        return this.makeEnum(raw);
      case 'array':
        return this.makeArray(raw);
      case 'typedef':
      case 'qualified': {
        const type = this.type(raw.target);
        return raw.kind === 'typedef' && type.kind === 'int' && !type.char ? { ...type, name: raw.name } : type;
      }
      case 'function':
        return { kind: 'function', parameters: [], returns: voidType };
      default:
        return voidType;
    }
  }

  private makeArray(raw: DebugType): Type {
    let type = this.type(raw.target);
    const counts = raw.counts === undefined || raw.counts.length === 0 ? [0] : raw.counts;
    for (const count of [...counts].reverse()) type = { kind: 'array', count, element: type };
    return type;
  }

  private makeEnum(raw: DebugType): EnumType {
    const enumerators = raw.enumerators ?? [];
    const underlying = this.type(raw.target);
    const signed =
      underlying.kind === 'int' ? underlying.signed : enumerators.some(({ value }) => BigInt.asIntN(64, value) < 0n);
    const bits = bitsOf(raw.byteSize) ?? 32;
    // DWARF may give a negative one without its sign, in the enum's own width.
    const values = enumerators.map(({ name, value }) => ({
      name,
      value: signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(64, value),
    }));
    return { kind: 'enum', name: raw.name, bits, signed, enumerators: values };
  }

  private makeStruct(id: number, raw: DebugType): StructType {
    if (raw.declaration === true && raw.name !== '') {
      const defined = this.info.find(raw.kind === 'union' ? 'union' : 'struct', raw.name, id);
      const type = defined === undefined || defined === id ? undefined : this.type(defined);
      if (type?.kind === 'struct') return type;
    }
    const types = this;
    let members: readonly Member[] | undefined;
    const type: StructType = {
      kind: 'struct',
      union: raw.kind === 'union',
      name: raw.name,
      byteSize: raw.byteSize ?? 0,
      layout: 'fixed',
      id: `${this.prefix}:${id}`,
      ...countedText(raw),
      get members() {
        members ??= types.membersOf(raw);
        return members;
      },
    };
    if (raw.passedBy !== undefined) this.byReference.set(type, raw.passedBy === 'reference');
    else if (raw.declaration === true) this.incomplete.add(type);
    return type;
  }

  /** Base classes come last, so that a member of the class itself is found before one of the same name there. */
  private membersOf(raw: DebugType): readonly Member[] {
    const all = raw.members ?? [];
    return [...all.filter(({ base }) => !base), ...all.filter(({ base }) => base)].map((member) =>
      this.makeMember(member),
    );
  }

  private makeMember({ name, base, bitOffset, bitSize, type: id }: DebugMember): Member {
    const types = this;
    const unnamed = base || name === '';
    let type: Type | undefined;
    return {
      name: unnamed ? '' : name,
      bitOffset,
      ...(bitSize === undefined ? {} : { bitSize }),
      get type() {
        // Unnamed ones are looked through, which must come to an end.
        type ??= unnamed && types.nesting(id, 0) > deepest ? voidType : types.type(id);
        return type;
      },
    };
  }

  /** How deep the unnamed members of a type nest. */
  private nesting(id: number, depth: number): number {
    if (depth > deepest) return depth;
    const raw = this.info.type(id);
    const below = raw.kind === 'qualified' || raw.kind === 'typedef' ? [raw.target] : [];
    for (const member of raw.members ?? []) if (member.base || member.name === '') below.push(member.type);
    let most = depth;
    for (const each of below) {
      if (each !== undefined) most = Math.max(most, this.nesting(each, depth + 1));
      if (most > deepest) return most;
    }
    return most;
  }
}

function bitsOf(bytes: number | undefined): IntType['bits'] | undefined {
  switch (bytes) {
    case 1:
      return 8;
    case 2:
      return 16;
    case 4:
      return 32;
    case 8:
      return 64;
    default:
      return undefined;
  }
}

function baseType({ name, byteSize, encoding }: DebugType): Type {
  if (encoding === encodings.boolean) return bool;
  if (encoding === encodings.float || encoding === encodings.complexFloat) {
    return { kind: 'float', bytes: byteSize ?? 8, name };
  }
  if (byteSize === 16) return { kind: 'array', count: 2, element: u64 };
  const bits = bitsOf(byteSize);
  if (bits === undefined) return voidType;
  const signed = encoding === encodings.signed || encoding === encodings.signedChar;
  return { kind: 'int', bits, signed, name, ...(bits === 8 && name === 'char' ? { char: true } : {}) };
}

/** Texts that are a pointer and a length: Go's strings and Rust's `&str`. */
function countedText(raw: DebugType): Pick<StructType, 'text'> {
  const has = (...names: string[]): boolean =>
    names.every((name) => (raw.members ?? []).some((member) => member.name === name));
  if (raw.goKind === goString && has('str', 'len')) return { text: { pointer: 'str', length: 'len' } };
  if (raw.name === '&str' && has('data_ptr', 'length')) return { text: { pointer: 'data_ptr', length: 'length' } };
  return {};
}
