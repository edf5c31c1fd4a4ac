/**
 * BTF (the kernel's own description of its types) as a `TypeSource`.
 *
 * In: the bytes of raw BTF, and for a module's split BTF the vmlinux source it builds on. Out: types, functions and
 * enumerators by name, made when asked for; opening costs one pass over the type section and no object per type.
 * Refused, with `btf-format`: bytes that are not BTF version 1, sections or records that do not fit, unknown kinds. What
 * only turns out later (an id or name that leads nowhere, an endless type) is `void` or a missing name, never a throw.
 */
import { diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import type { TypeNameKind, TypeSource } from '../language/type-source.js';
import type { EnumType, FunctionType, StructType, Type } from '../language/types.js';
import { type EnumeratorIndex, enumeratorIndex, enumKinds } from './btf-enumerators.js';
import { BtfKind, readSections } from './btf-format.js';
import { BtfTable } from './btf-table.js';
import { BtfTypes } from './btf-types.js';

const structKinds = 1 << BtfKind.STRUCT;
const unionKinds = 1 << BtfKind.UNION;
const functionKinds = 1 << BtfKind.FUNC;
/** Only INT and FLOAT are base types; a typedef may have the same name as neither. */
const namedKinds = (1 << BtfKind.TYPEDEF) | (1 << BtfKind.INT) | (1 << BtfKind.FLOAT);

export class BtfSource implements TypeSource {
  readonly label: string;
  /** This file's own types; a base's are reached through them. */
  readonly types: BtfTypes;
  private readonly table: BtfTable;
  private readonly found = new Map<string, Type | undefined>();
  private enumeratorsFound: EnumeratorIndex | undefined;

  constructor(label: string, types: BtfTypes) {
    this.label = label;
    this.types = types;
    this.table = types.table;
  }

  struct(name: string): StructType | undefined {
    const type = this.lookup('struct', structKinds, name);
    return type?.kind === 'struct' ? type : undefined;
  }

  union(name: string): StructType | undefined {
    const type = this.lookup('union', unionKinds, name);
    return type?.kind === 'struct' ? type : undefined;
  }

  enumeration(name: string): EnumType | undefined {
    const type = this.lookup('enum', enumKinds, name);
    return type?.kind === 'enum' ? type : undefined;
  }

  named(name: string): Type | undefined {
    return this.lookup('typedef', namedKinds, name);
  }

  func(name: string): FunctionType | undefined {
    const type = this.lookup('func', functionKinds, name);
    return type?.kind === 'function' ? type : undefined;
  }

  enumerator(name: string): { readonly value: bigint; readonly type: EnumType } | undefined {
    const place = this.enumerators.find(name);
    if (place === undefined) return undefined;
    const type = this.types.type(place.enumId);
    if (type.kind !== 'enum') return undefined;
    const value = type.enumerators[place.position]?.value;
    return value === undefined ? undefined : { value, type };
  }

  names(kind: TypeNameKind): Iterable<string> {
    switch (kind) {
      case 'struct':
        return this.table.namesOf(structKinds);
      case 'union':
        return this.table.namesOf(unionKinds);
      case 'enum':
        return this.table.namesOf(enumKinds);
      case 'typedef':
        return this.table.namesOf(namedKinds);
      case 'func':
        return this.table.namesOf(functionKinds);
      case 'enumerator':
        return this.enumerators.names();
    }
  }

  private get enumerators(): EnumeratorIndex {
    this.enumeratorsFound ??= enumeratorIndex(this.table);
    return this.enumeratorsFound;
  }

  private lookup(space: TypeNameKind, kinds: number, name: string): Type | undefined {
    const key = `${space} ${name}`;
    if (this.found.has(key)) return this.found.get(key);
    const id = this.table.find(kinds, name);
    const type = id === undefined ? undefined : this.types.type(id);
    this.found.set(key, type);
    return type;
  }
}

export interface BtfOptions {
  /** For messages, `the kernel's BTF`. */
  readonly label: string;
  /** Begins the ids of structs; another one for each file, since ids of two modules overlap. */
  readonly idPrefix?: string;
  /** vmlinux, for a module's split BTF. */
  readonly base?: BtfSource;
}

export function openBtf(bytes: Uint8Array, options: BtfOptions): StageResult<BtfSource> {
  const sections = readSections(bytes);
  if (typeof sections === 'string') return refused(options.label, sections);
  const table = BtfTable.open(sections, options.base?.types.table);
  if (typeof table === 'string') return refused(options.label, table);
  const types = new BtfTypes(table, options.idPrefix ?? 'btf', options.base?.types);
  return { output: new BtfSource(options.label, types), diagnostics: [] };
}

function refused(label: string, reason: string): StageResult<BtfSource> {
  return { diagnostics: [diagnostic('btf-format', `${label} cannot be read: ${reason}`)] };
}
