/**
 * A perf tracepoint's fields: from the text of its tracefs `format` file, or, where tracefs cannot be read, from the
 * struct `trace_event_raw_<name>` that BTF has for most. The `common_*` fields are left out: a BPF program may not read
 * the context's first eight bytes (kernel/trace/bpf_trace.c, tp_prog_is_valid_access), and `pid` and `cpu` say the same.
 */
import type { TypeSource } from '../language/type-source.js';
import type { AddressSpace, StructType, Type } from '../language/types.js';
import { byteSizeOf, typeOfText } from './c-type-text.js';
import type { TracepointField, TracepointFormat } from './kernel.js';

/** One `field:` line, as it stands. */
export interface FormatField {
  /** C type text; arrays follow it: `char [16]`. */
  readonly type: string;
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  readonly dynamic?: 'data_loc' | 'rel_loc';
}

const fieldLine = /^\s*field:([^;]*);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(\d+);)?\s*$/;
const declaration = /^(?:(__data_loc|__rel_loc)\s+)?(.*?)\s*(\w+)\s*((?:\[[^\]]*\])*)$/;

/** The fields of a format file, without the `common_*` ones. Lines that cannot be read are skipped. */
export function parseFormat(text: string): FormatField[] {
  const fields: FormatField[] = [];
  for (const line of text.split('\n')) {
    const [, declared = '', offset, size, signed] = fieldLine.exec(line) ?? [];
    const [, location, type = '', name = '', arrays = ''] = declaration.exec(declared.trim()) ?? [];
    if (name === '' || name.startsWith('common_')) continue;
    fields.push({
      type: arrays === '' ? type : `${type} ${arrays}`,
      name,
      offset: Number(offset),
      size: Number(size),
      signed: signed === '1',
      ...(location === undefined ? {} : { dynamic: location === '__data_loc' ? 'data_loc' : 'rel_loc' }),
    });
  }
  return fields;
}

export function formatOf(category: string, name: string, text: string, source: TypeSource): TracepointFormat {
  const fields = parseFormat(text).map((field): TracepointField => {
    if (category === 'syscalls') return syscallField(field, source);
    const { offset, size, dynamic } = field;
    if (dynamic !== undefined)
      return { name: field.name, type: dynamicType(field.type, source), offset, size, dynamic };
    return { name: field.name, type: fieldType(field, source, 'kernel'), offset, size };
  });
  return { category, name, fields };
}

/**
 * The fields of `sys_enter_*` and `sys_exit_*` fill registers, eight bytes each, whatever their type: an `int` is the low
 * four. Pointers are the caller's.
 */
export function syscallField(field: FormatField, source: TypeSource): TracepointField {
  const { name, offset } = field;
  // Newer kernels (6.19) add copies of what user pointers point to, as `__data_loc` fields.
  if (field.dynamic !== undefined) {
    return { name, type: dynamicType(field.type, source), offset, size: field.size, dynamic: field.dynamic };
  }
  const type = syscallValueType(field.type, source);
  return { name, type, offset, size: byteSizeOf(type) ?? field.size };
}

/** The type of a system call's parameter; a register's worth where the text says nothing that is known. */
export function syscallValueType(text: string, source: TypeSource): Type {
  const type = typeOfText(text, source, 'user');
  // A typedef may hide a pointer (`__sighandler_t`), which BTF without type tags takes for a kernel one.
  if (type?.kind === 'pointer' && type.space === 'kernel')
    return { kind: 'pointer', space: 'user', target: type.target };
  const size = type === undefined ? undefined : byteSizeOf(type);
  if (type === undefined || size === undefined || size > 8 || type.kind === 'struct' || type.kind === 'array') {
    return { kind: 'int', bits: 64, signed: false };
  }
  return type;
}

function fieldType(field: FormatField, source: TypeSource, space: AddressSpace): Type {
  const { size, signed } = field;
  const type = typeOfText(field.type, source, space);
  if (type !== undefined && byteSizeOf(type) === size) return type.kind === 'int' ? { ...type, signed } : type;
  // Older formats name an array's length by a macro: `char comm[TASK_COMM_LEN]`.
  const [, elementText] = /^([^[]*)\[[^\]]*\]$/.exec(field.type) ?? [];
  if (elementText !== undefined) {
    const element = typeOfText(elementText, source, space);
    const each = element === undefined ? undefined : byteSizeOf(element);
    if (element !== undefined && each !== undefined && each > 0 && size % each === 0) {
      return { kind: 'array', count: size / each, element };
    }
  }
  return plainType(size, signed);
}

/** What is left to say of a field of unknown type: an integer where its size is one's, else bytes. */
function plainType(size: number, signed: boolean): Type {
  switch (size) {
    case 1:
    case 2:
    case 4:
    case 8:
      return { kind: 'int', bits: bitsOfBytes[size], signed };
    default:
      return { kind: 'array', count: size, element: { kind: 'int', bits: 8, signed: false } };
  }
}

const bitsOfBytes = { 1: 8, 2: 16, 4: 32, 8: 64 } as const;

/** `__data_loc char[]` is an array whose length the record tells; `__data_loc cpumask_t` one of longs. */
function dynamicType(text: string, source: TypeSource): Type {
  const element = text.includes('[') ? typeOfText(text.replace(/\[.*$/, ''), source, 'kernel') : undefined;
  return {
    kind: 'array',
    count: 0,
    element: element ?? { kind: 'int', bits: text.includes('[') ? 8 : 64, signed: false },
  };
}

const dynamicPrefixes = { __data_loc_: 'data_loc', __rel_loc_: 'rel_loc' } as const;

/** From `struct trace_event_raw_<name>`: its members but the entry before and the data after them. */
export function formatOfStruct(category: string, name: string, struct: StructType): TracepointFormat {
  const fields = struct.members.flatMap((member): TracepointField[] => {
    const size = byteSizeOf(member.type);
    if (member.name === 'ent' || member.name === '__data' || size === undefined) return [];
    const offset = member.bitOffset / 8;
    for (const [prefix, dynamic] of Object.entries(dynamicPrefixes)) {
      // The element's type stands nowhere in BTF; nearly all are strings.
      const type: Type = { kind: 'array', count: 0, element: { kind: 'int', bits: 8, signed: true, char: true } };
      if (member.name.startsWith(prefix))
        return [{ name: member.name.slice(prefix.length), type, offset, size, dynamic }];
    }
    return [{ name: member.name, type: member.type, offset, size }];
  });
  return { category, name, fields };
}
