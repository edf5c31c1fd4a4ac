/**
 * BTF ids to the language's types. A type is made when it is asked for, once, and its members and targets when they are
 * touched; ids that lead nowhere, or back to themselves without a named struct between, are `void`.
 */
import {
  type ArrayType,
  bool,
  type EnumType,
  type FunctionType,
  type IntType,
  type Member,
  type Parameter,
  type PointerType,
  type StructType,
  type Type,
  u64,
  voidType,
} from '../language/types.js';
import { endlessTypes } from './btf-cycles.js';
import { BtfKind } from './btf-format.js';
import type { BtfTable } from './btf-table.js';

const encodingSigned = 1;
const encodingChar = 2;
const encodingBool = 4;
const bigEndianNames = new Set(['__be16', '__be32', '__be64']);

type Bits = IntType['bits'];

export class BtfTypes {
  readonly table: BtfTable;
  private readonly base: BtfTypes | undefined;
  private readonly idPrefix: string;
  private readonly made = new Map<number, Type>();
  private readonly isEndless: (id: number) => boolean;

  constructor(table: BtfTable, idPrefix: string, base?: BtfTypes) {
    this.table = table;
    this.base = base;
    this.idPrefix = idPrefix;
    this.isEndless = endlessTypes(table);
  }

  /** The same object for the same id, each time. */
  type(id: number): Type {
    if (!this.table.has(id)) return this.base !== undefined && id > 0 ? this.base.type(id) : voidType;
    let type = this.made.get(id);
    if (type === undefined) {
      type = this.isEndless(id) ? voidType : this.make(id);
      this.made.set(id, type);
    }
    return type;
  }

  private make(id: number): Type {
    const { words } = this.table;
    const start = this.table.startOf(id);
    const info = words[start + 1] ?? 0;
    const sizeOrType = words[start + 2] ?? 0;
    switch ((info >>> 24) & 0x1f) {
      case BtfKind.INT:
        return this.makeInt(id, sizeOrType, words[start + 3] ?? 0);
      case BtfKind.PTR:
        return this.makePointer(sizeOrType);
      case BtfKind.ARRAY:
        return this.makeArray(words[start + 3] ?? 0, words[start + 5] ?? 0);
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        return this.makeStruct(id, start, info, sizeOrType);
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        return this.makeEnum(id, start, info, sizeOrType);
      case BtfKind.FWD:
        return this.makeForward(id, info);
      case BtfKind.TYPEDEF:
        return this.makeTypedef(id, sizeOrType);
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
      case BtfKind.FUNC:
        return this.type(sizeOrType);
      case BtfKind.FUNC_PROTO:
        return this.makeFunction(start, info, sizeOrType);
      case BtfKind.FLOAT:
        return { kind: 'float', bytes: sizeOrType, name: this.table.nameOf(id) };
      default:
        return voidType;
    }
  }

  private makeInt(id: number, bytes: number, encoding: number): Type {
    const name = this.table.nameOf(id);
    const flags = encoding >>> 24;
    if (flags & encodingBool || name === '_Bool') return bool;
    if (bytes === 16) return { kind: 'array', count: 2, element: u64 };
    const bits = bitsOf(bytes);
    if (bits === undefined) return voidType;
    const char = bits === 8 && (name === 'char' || (flags & encodingChar) !== 0);
    return { kind: 'int', bits, signed: (flags & encodingSigned) !== 0, name, ...(char ? { char } : {}) };
  }

  private makePointer(targetId: number): PointerType {
    const types = this;
    let target: Type | undefined;
    return {
      kind: 'pointer',
      space: this.isUserTagged(targetId) ? 'user' : 'kernel',
      get target() {
        target ??= types.type(targetId);
        return target;
      },
    };
  }

  /** `const char __user *` is PTR → TYPE_TAG user → CONST → char (only where the compiler writes type tags). */
  private isUserTagged(id: number): boolean {
    if (!this.table.has(id)) return this.base?.isUserTagged(id) ?? false;
    if (this.isEndless(id)) return false;
    const start = this.table.startOf(id);
    switch (this.table.kindOf(id)) {
      case BtfKind.TYPE_TAG:
        if (this.table.nameOf(id) === 'user') return true;
        break;
      case BtfKind.CONST:
      case BtfKind.VOLATILE:
      case BtfKind.RESTRICT:
        break;
      default:
        return false;
    }
    return this.isUserTagged(this.table.words[start + 2] ?? 0);
  }

  private makeArray(elementId: number, count: number): ArrayType {
    const types = this;
    let element: Type | undefined;
    return {
      kind: 'array',
      count,
      get element() {
        element ??= types.type(elementId);
        return element;
      },
    };
  }

  private makeStruct(id: number, start: number, info: number, byteSize: number): StructType {
    const types = this;
    let members: readonly Member[] | undefined;
    return {
      kind: 'struct',
      union: ((info >>> 24) & 0x1f) === BtfKind.UNION,
      name: this.table.nameOf(id),
      byteSize,
      layout: 'btf',
      id: `${this.idPrefix}:${id}`,
      get members() {
        members ??= Array.from({ length: info & 0xffff }, (_, at) => types.makeMember(start + 3 + at * 3, info >>> 31));
        return members;
      },
    };
  }

  private makeMember(at: number, kindFlag: number): Member {
    const { words } = this.table;
    const name = this.table.text(words[at] ?? 0);
    const typeId = words[at + 1] ?? 0;
    const offset = words[at + 2] ?? 0;
    // With the kind flag a bit-field's width stands in the offset's top byte; without it, in the INT it is of.
    const narrow = kindFlag === 0 ? this.narrowInt(typeId) : undefined;
    const bitOffset = kindFlag === 0 ? offset + (narrow?.offset ?? 0) : offset & 0xffffff;
    const bitSize = kindFlag === 0 ? (narrow?.bits ?? 0) : offset >>> 24;
    const types = this;
    let type: Type | undefined;
    return {
      name,
      bitOffset,
      ...(bitSize === 0 ? {} : { bitSize }),
      get type() {
        type ??= types.type(typeId);
        return type;
      },
    };
  }

  /** The old way to write a bit-field: an INT of fewer bits than its bytes hold, possibly through typedefs. */
  private narrowInt(id: number): { readonly bits: number; readonly offset: number } | undefined {
    if (!this.table.has(id)) return this.base?.narrowInt(id);
    if (this.isEndless(id)) return undefined;
    const start = this.table.startOf(id);
    const sizeOrType = this.table.words[start + 2] ?? 0;
    switch (this.table.kindOf(id)) {
      case BtfKind.TYPEDEF:
      case BtfKind.CONST:
      case BtfKind.VOLATILE:
      case BtfKind.TYPE_TAG:
        return this.narrowInt(sizeOrType);
      case BtfKind.INT: {
        const encoding = this.table.words[start + 3] ?? 0;
        const bits = encoding & 0xff;
        const offset = (encoding >>> 16) & 0xff;
        return bits === sizeOrType * 8 && offset === 0 ? undefined : { bits, offset };
      }
      default:
        return undefined;
    }
  }

  private makeEnum(id: number, start: number, info: number, bytes: number): EnumType | typeof voidType {
    const bits = bitsOf(bytes);
    if (bits === undefined) return voidType;
    const { words } = this.table;
    const wide = ((info >>> 24) & 0x1f) === BtfKind.ENUM64;
    const step = wide ? 3 : 2;
    const raw = Array.from({ length: info & 0xffff }, (_, index) => {
      const at = start + 3 + index * step;
      const high = wide ? BigInt(words[at + 2] ?? 0) << 32n : 0n;
      return { name: this.table.text(words[at] ?? 0), value: high | BigInt(words[at + 1] ?? 0) };
    });
    const width = wide ? 64 : 32;
    const someNegative = raw.some(({ value }) => BigInt.asIntN(width, value) < 0n);
    const signed = info >>> 31 === 1 || (!wide && someNegative && !this.signedEnumsAreMarked);
    const enumerators = signed ? raw.map(({ name, value }) => ({ name, value: BigInt.asIntN(width, value) })) : raw;
    return { kind: 'enum', name: this.table.nameOf(id), bits, signed, enumerators };
  }

  private get signedEnumsAreMarked(): boolean {
    return this.table.marksSignedEnums || this.base?.signedEnumsAreMarked === true;
  }

  /** A struct that is declared only: the definition of that name where there is one, else a struct without members. */
  private makeForward(id: number, info: number): Type {
    const name = this.table.nameOf(id);
    const union = info >>> 31 === 1;
    const defined = this.find(1 << (union ? BtfKind.UNION : BtfKind.STRUCT), name);
    if (defined !== undefined) return this.type(defined);
    return { kind: 'struct', union, name, byteSize: 0, layout: 'btf', id: `${this.idPrefix}:${id}`, members: [] };
  }

  private makeTypedef(id: number, targetId: number): Type {
    const target = this.type(targetId);
    if (target.kind !== 'int') return target;
    const name = this.table.nameOf(id);
    return { ...target, name, ...(bigEndianNames.has(name) ? { bigEndian: true } : {}) };
  }

  private makeFunction(start: number, info: number, returnsId: number): FunctionType {
    const types = this;
    const { words } = this.table;
    const count = info & 0xffff;
    const last = start + 3 + (count - 1) * 2;
    // An ellipsis is a last parameter without name and type.
    const variadic = count > 0 && words[last] === 0 && words[last + 1] === 0;
    let parameters: readonly Parameter[] | undefined;
    let returns: Type | undefined;
    return {
      kind: 'function',
      get parameters() {
        parameters ??= Array.from({ length: variadic ? count - 1 : count }, (_, index) => {
          return types.makeParameter(start + 3 + index * 2);
        });
        return parameters;
      },
      get returns() {
        returns ??= types.type(returnsId);
        return returns;
      },
      ...(variadic ? { variadic } : {}),
    };
  }

  private makeParameter(at: number): Parameter {
    const types = this;
    const typeId = this.table.words[at + 1] ?? 0;
    let type: Type | undefined;
    return {
      name: this.table.text(this.table.words[at] ?? 0),
      get type() {
        type ??= types.type(typeId);
        return type;
      },
    };
  }

  /** Own types before the base's: a module's own definition is the one that its functions mean. */
  find(kinds: number, name: string): number | undefined {
    return this.table.find(kinds, name) ?? this.base?.find(kinds, name);
  }
}

function bitsOf(bytes: number): Bits | undefined {
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
