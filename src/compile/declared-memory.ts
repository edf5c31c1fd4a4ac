/** Maps, starts of pairs and scratch memory, as templates/bpf/{map,pair,scratch}.hbs declare them. */
import { mapTraits } from '../language/map-kinds.js';
import { c, memberName } from './c-text.js';
import {
  declareSlot,
  keyTypeName,
  type LaidOutMap,
  mapKind,
  mapVariable,
  valueMembers,
  valueTypeName,
} from './map-layout.js';
import { isWide, pairKeyType, pairMap, pairSlotType, startBytes, startType } from './pair-layout.js';
import { scratchType, type Variable } from './program-memory.js';
import type { ScratchStruct } from './render.js';
import type { CText } from './statements.js';
import type { PairSlot, TypedPair, TypedProbe } from './typed-pipeline.js';

export function mapData({ map, layout }: LaidOutMap): object {
  const kind = mapKind(map);
  const { form } = mapTraits[kind];
  return {
    variable: mapVariable(map),
    keyType: keyTypeName(map),
    valueType: valueTypeName(map),
    key: layout.key.map((slot) => declareSlot(memberName(slot.name), slot)),
    keySize: layout.keySize,
    value: valueMembers(map),
    valueSize: layout.valueSize,
    type: `BPF_MAP_TYPE_${kind.toUpperCase()}`,
    maxEntries: map.maxEntries,
    outer: map.spec.reset,
    keyed: form === 'entries' || form === 'prefixes',
    valued: form !== 'keys',
    hasKey: form !== 'sequence',
    grows: form === 'prefixes',
    aggregates: map.value.some((each) => each.aggregation !== 'value') || map.value.length > 1,
  };
}

export function pairData(probe: TypedProbe): object | undefined {
  const { pair } = probe;
  if (pair === undefined) return undefined;
  return {
    variable: pairMap(probe),
    type: startType(probe),
    ...(pair.ofCpu ? { key: c`u32`, keyMembers: [] } : pairKeyData(probe, pair)),
    kind: pair.ofCpu ? c`PERCPU_ARRAY` : c`HASH`,
    maxEntries: pair.ofCpu ? 1 : pair.maxEntries,
    size: startBytes(pair),
    members: pair.saved.map((slot) => declarePairSlot(slot, c` __attribute__((aligned(8)))`)),
  };
}

const declarePairSlot = (slot: PairSlot, attribute?: CText): CText =>
  declareSlot(memberName(slot.name), { name: slot.name, type: pairSlotType(slot), offset: 0, size: 0 }, attribute);

function pairKeyData(probe: TypedProbe, { key }: TypedPair): object {
  const [only] = key;
  if (key.length === 1 && only !== undefined && isWide(only)) return { key: c`u64`, keyMembers: [] };
  return { key: pairKeyType(probe), keyMembers: key.map((slot) => declarePairSlot(slot)) };
}

/** How many programs of one pipeline may interrupt each other on a processor: a task, a soft interrupt, an interrupt and an NMI. */
export const scratchPlaces = 4;

export function scratchData(
  programs: readonly { readonly name: CText; readonly scratch: readonly Variable[] }[],
): ScratchStruct[] {
  return programs.flatMap(({ name, scratch }) =>
    scratch.length === 0
      ? []
      : [
          {
            type: scratchType(name),
            name,
            members: scratch.map(
              ({ type, name: member, array }) =>
                c`${type} ${member}${array === undefined ? c`` : c`[${array}]`} __attribute__((aligned(8)));`,
            ),
          },
        ],
  );
}
