/** A map's key and value: their C and their manifest, from one layout. */

import type { HttpRole } from '../hooks/http.js';
import { type MapKind, mapTraits } from '../language/map-kinds.js';
import type { PipelineSpec } from '../language/spec.js';
import { c, identifier, memberName } from './c-text.js';
import type { AggregateSlot, MapManifest, Slot } from './manifest.js';
import { keyLayout } from './record-layout.js';
import type { CText } from './statements.js';
import type { TypedEntry, TypedMap, TypedMapMember } from './typed-pipeline.js';
import { keySlotType, sizeOf, valueTypeOf } from './value-type.js';

export interface MapLayout {
  readonly key: readonly Slot[];
  readonly keySize: number;
  readonly value: readonly AggregateSlot[];
  readonly valueSize: number;
}

export interface LaidOutMap {
  readonly map: TypedMap;
  readonly layout: MapLayout;
}

/** 64-bit words that an aggregation takes. */
function words(member: TypedMapMember): number {
  switch (member.aggregation) {
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
      return 1;
    case 'avg':
      return 2;
    case 'stats':
      return 4;
    case 'hist':
      return member.signed ? 129 : 65;
    case 'lhist':
      return Number((member.max - member.min + member.step - 1n) / member.step) + 2;
    case 'bhist':
      return member.bounds.length + 2;
    case 'value':
      return Math.ceil(sizeOf(valueTypeOf(member.type, true)) / 8);
  }
}

export function layoutMap(map: TypedMap): MapLayout {
  const { form } = mapTraits[map.spec.type.value];
  const key = keyLayout(map.key.map(({ name, type }) => ({ name, type: keySlotType(type, form) })));
  if (form === 'keys') return { key: key.slots, keySize: key.size, value: [], valueSize: 0 };
  let offset = 0;
  const value = map.value.map((member): AggregateSlot => {
    const at = offset;
    offset += words(member) * 8;
    return aggregateSlot(member, at);
  });
  return { key: key.slots, keySize: key.size, value, valueSize: offset };
}

function aggregateSlot(member: TypedMapMember, offset: number): AggregateSlot {
  const { name } = member;
  if (member.aggregation === 'count') return { name, aggregation: 'count', offset };
  if (member.aggregation === 'value') {
    const type = valueTypeOf(member.type, true);
    return { name, aggregation: 'value', offset, size: sizeOf(type), type };
  }
  const as = member.type.kind === 'int' && member.type.meaning === 'duration' ? { as: 'duration' as const } : {};
  const common = { name, offset, signed: member.signed, ...as };
  if (member.aggregation === 'bhist') return { ...common, aggregation: 'bhist', bounds: member.bounds.map(String) };
  if (member.aggregation !== 'lhist') return { ...common, aggregation: member.aggregation };
  const { min, max, step } = member;
  return { ...common, aggregation: 'lhist', min: String(min), max: String(max), step: String(step) };
}

/** The C name of a value's member; the one of a value without members is called for what it holds. */
export function valueMember(name: string): CText {
  return name === '' ? c`held` : memberName(name);
}

export function valueMembers(map: TypedMap): CText[] {
  return map.value.map((member) => {
    const name = valueMember(member.name);
    switch (member.aggregation) {
      case 'avg':
        return c`struct { u64 count; u64 sum; } ${name};`;
      case 'stats':
        return c`struct { u64 count; u64 sum; u64 min; u64 max; } ${name};`;
      case 'hist':
      case 'lhist':
        return c`u64 ${name}[${words(member)}];`;
      case 'bhist':
        return c`struct { u64 buckets[${words(member) - 1}]; u64 sum; } ${name};`;
      case 'value':
        // Every member begins at a multiple of 8, as the manifest says.
        return c`${declareSlot(name, { name: member.name, type: valueTypeOf(member.type, true), offset: 0, size: 0 }, c` __attribute__((aligned(8)))`)}`;
      default:
        return c`u64 ${name};`;
    }
  });
}

/** A member that holds a slot's value. */
export function declareSlot(name: CText, slot: Slot, attribute: CText = c``): CText {
  const { type } = slot;
  switch (type.kind) {
    case 'int':
    case 'enum':
      return c`${type.signed ? c`s` : c`u`}${type.bytes * 8} ${name}${attribute};`;
    case 'bool':
      return c`bool ${name}${attribute};`;
    case 'string':
      return c`struct { u32 length; u8 text[${type.max + 2}]; } ${name}${attribute};`;
    case 'bytes':
      return c`struct { u32 length; u8 bytes[${type.max}]; } ${name}${attribute};`;
    case 'text':
      return c`u8 ${name}[${type.size}]${attribute};`;
    case 'ip':
      return c`ip_t ${name}${attribute};`;
    case 'cidr':
      return c`network_t ${name}${attribute};`;
    case 'mac':
      return c`u8 ${name}[6]${attribute};`;
    case 'kstack':
    case 'ustack':
      return c`u64 ${name}${attribute};`;
  }
}

/** As the kernel has it: evicting ones of the others are types of their own. */
export function mapKind({ spec }: TypedMap): MapKind {
  const { value } = spec.type;
  if (spec.onFull?.value !== 'evict') return value;
  return value === 'hash' ? 'lru_hash' : value === 'percpu_hash' ? 'lru_percpu_hash' : value;
}

/** Whether it makes room by giving up older entries. */
export const evicts = (map: TypedMap): boolean => mapTraits[mapKind(map)].forgets || map.spec.onFull?.value === 'evict';

/** What no program changes is only looked into, unless someone asks to see it. */
export function isShown({ spec, updated }: TypedMap, { sinks }: PipelineSpec): boolean {
  if (mapTraits[spec.type.value].form === 'keys') return false;
  const named = sinks.some(({ from }) => from?.some(({ value }) => value === spec.name.value));
  return named || (spec.show && (updated || spec.every !== undefined));
}

/** `evictIndex`: among the maps that evict, below 0 for others. */
export function mapManifest(
  map: TypedMap,
  layout: MapLayout,
  {
    shown,
    evictIndex,
    requests,
  }: { readonly shown: boolean; readonly evictIndex: number; readonly requests?: HttpRole | undefined },
): MapManifest {
  const { spec } = map;
  const kind = mapKind(map);
  return {
    name: spec.name.value,
    map: mapVariable(map),
    kind,
    perCpu: mapTraits[kind].perCpu,
    maxEntries: map.maxEntries,
    keySize: layout.keySize,
    valueSize: layout.valueSize,
    key: layout.key,
    value: layout.value,
    reset: spec.reset,
    order: spec.order?.value ?? 'desc',
    shown,
    ...(evictIndex < 0 ? {} : { evictIndex }),
    ...(spec.order === undefined ? {} : { ordered: true }),
    ...(map.orderBy === undefined ? {} : { orderBy: map.orderBy }),
    ...(map.columns.length === 0 ? {} : { columns: map.columns }),
    ...(map.entries.length === 0 ? {} : { entries: map.entries.map((entry) => entryBytes(entry, layout)) }),
    ...(spec.every === undefined ? {} : { everyNs: String(spec.every.value) }),
    ...(spec.top === undefined ? {} : { top: Number(spec.top.value) }),
    ...(requests === undefined ? {} : { requests }),
  };
}

function entryBytes({ key, value }: TypedEntry, layout: MapLayout): { key: string; value: string } {
  const bytes = Buffer.alloc(layout.valueSize);
  for (const slot of layout.value) bytes.set(value.get(slot.name) ?? [], slot.offset);
  return { key: Buffer.concat(key).toString('hex'), value: bytes.toString('hex') };
}

export const mapVariable = (map: TypedMap): CText => c`${identifier(map.spec.name.value)}_map`;
export const keyTypeName = (map: TypedMap): CText => c`${identifier(map.spec.name.value)}_key_t`;
export const valueTypeName = (map: TypedMap): CText => c`${identifier(map.spec.name.value)}_value_t`;
