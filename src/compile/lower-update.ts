/** Updates of maps → statements. Every aggregation is done by atomic operations on the entry in place, so no update is lost to another processor. */
import { integerShape } from '../language/expression/fit.js';
import { some, type Typed } from '../language/expression/typed.js';
import type { Block } from './block.js';
import { c, cConstant } from './c-text.js';
import { type Lowering, lineOf, lowerValue } from './lower-expression.js';
import { writeValue } from './lower-text.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';
import { type TypedMap, type TypedUpdate, type UpdateOperation, valuesOf } from './typed-pipeline.js';
import { sizeOf, valueTypeOf } from './value-type.js';

function lowerUpdate(update: TypedUpdate, block: Block, lowering: Lowering, maps: ReadonlyMap<string, TypedMap>): void {
  const { operation } = update;
  const line = lineOf(update);
  const typed = maps.get(update.map);
  if (typed === undefined) throw new Error(`there is no map ${update.map}`);
  const map = lowering.mapOf(update.map);
  if (operation.kind === 'push') {
    lowerPush(operation.values, typed, map, { block, line, lowering });
    return;
  }
  const key = lowering.mapKey(update.map, update.key, block, line);
  if (operation.kind === 'add') {
    const name = block.fresh('entry');
    block.add(
      { template: 'push', map: map.variable, outer: false, name, value: key, flags: c`BPF_ANY`, added: undefined },
      line,
    );
    return;
  }
  if (operation.kind === 'delete') {
    block.add(
      { template: 'delete', map: map.variable, outer: map.outer, added: map.added, name: block.fresh('entry'), key },
      line,
    );
    return;
  }
  const single = typed.value.length === 1;
  if (operation.kind === 'store' && single) {
    const member = typed.value[0];
    if (member === undefined) return;
    const bytes = Math.ceil(sizeOf(valueTypeOf(member.type, true)) / 8) * 8;
    const value = block.variable({ type: map.valueStruct, hint: 'value', bytes, zero: true }, line);
    writeValue(
      operation.value,
      c`${value}.${map.member(update.member)}`,
      valueTypeOf(member.type, true),
      block,
      lowering,
    );
    block.add(
      {
        template: 'store',
        map: map.variable,
        outer: map.outer,
        added: map.added,
        name: block.fresh('entry'),
        key,
        value,
      },
      line,
    );
    return;
  }
  lowerEntry([update], key, typed, block, lowering);
}

/**
 * Updates in the order written. Those that follow each other into one entry look for it once: finding it again would cost as much as all else, and between two looks another could take it away. What a later one
 * reads of a map may be what an earlier one wrote, so such a one has a look of its own.
 */
export function lowerUpdates(
  updates: readonly TypedUpdate[],
  block: Block,
  lowering: Lowering,
  maps: ReadonlyMap<string, TypedMap>,
): void {
  for (let at = 0; at < updates.length; ) {
    const [first, ...rest] = updates.slice(at);
    if (first === undefined) return;
    const typed = maps.get(first.map);
    const end = rest.findIndex((each) => typed === undefined || !isOfSameEntry(first, each, typed));
    const group = [first, ...rest.slice(0, end === -1 ? rest.length : end)];
    const key = typed && group.length > 1 ? lowering.mapKey(first.map, first.key, block, lineOf(first)) : undefined;
    if (typed === undefined || key === undefined) lowerUpdate(first, block, lowering, maps);
    else lowerEntry(group, key, typed, block, lowering);
    at += group.length;
  }
}

const wholeEntry = new Set<UpdateOperation['kind']>(['push', 'add', 'delete']);

function isOfSameEntry(first: TypedUpdate, other: TypedUpdate, map: TypedMap): boolean {
  // One value that is stored is the whole entry.
  if (map.value.length === 1 || other.map !== first.map) return false;
  if (wholeEntry.has(first.operation.kind) || wholeEntry.has(other.operation.kind)) return false;
  if (other.key.map(nodeKey).join() !== first.key.map(nodeKey).join()) return false;
  const read = [...other.key, ...valuesOf(other.operation)];
  return !read.some((value) => some(value, ({ op }) => op === 'lookup' || op === 'contains'));
}

/** Updates of one entry that is there or added. */
function lowerEntry(
  updates: readonly TypedUpdate[],
  key: CText,
  typed: TypedMap,
  block: Block,
  lowering: Lowering,
): void {
  const [first] = updates;
  if (first === undefined) return;
  const line = lineOf(first);
  const map = lowering.mapOf(first.map);
  const entry = block.fresh('entry');
  const array = typed.spec.type.value.endsWith('array');
  // What is counted is computed before the entry is looked for: reading it may fail, and then there is still no half-made entry.
  const operandsOf = updates.map(({ operation }) => operands(operation, block, lowering));
  if (map.form === 'prefixes')
    block.add({ template: 'look-up', map: map.variable, outer: false, key, type: map.valueStruct, name: entry }, line);
  else
    block.add(
      {
        template: 'find-or-add',
        map: map.variable,
        outer: map.outer,
        array,
        key,
        type: map.valueStruct,
        name: entry,
        zero: c`no_${map.valueStruct}`,
        added: map.added,
      },
      line,
    );
  const inner = block.inner();
  const full = block.inner();
  for (const [index, update] of updates.entries()) {
    const { operation } = update;
    const member = c`${entry}->${map.member(update.member)}`;
    if (operation.kind === 'store') {
      const type = typed.value.find((each) => each.name === update.member)?.type ?? operation.value.type;
      writeValue(operation.value, member, valueTypeOf(type, true), inner, lowering);
    } else aggregate(operation, operandsOf[index], member, typed, update.member, inner, lineOf(update));
    // An address of no network is none of the map's.
    if (map.form !== 'prefixes') full.add({ template: 'count', counter: c`map_full` }, lineOf(update));
  }
  block.add({ template: 'branch', condition: entry, body: inner.statements, otherwise: full.statements }, line);
}

function lowerPush(
  values: readonly Typed[],
  { value: members }: TypedMap,
  map: ReturnType<Lowering['mapOf']>,
  { block, line, lowering }: { readonly block: Block; readonly line: number; readonly lowering: Lowering },
): void {
  const types = members.map(({ type }) => valueTypeOf(type, true));
  const bytes = types.reduce((sum, type) => sum + Math.ceil(sizeOf(type) / 8) * 8, 0);
  const value = block.variable({ type: map.valueStruct, hint: 'value', bytes, zero: true }, line);
  members.forEach(({ name }, index) => {
    const [given, type] = [values[index], types[index]];
    if (given !== undefined && type !== undefined)
      writeValue(given, c`${value}.${map.member(name)}`, type, block, lowering);
  });
  const flags = map.evicts ? c`BPF_EXIST` : c`BPF_ANY`;
  const name = block.fresh('entry');
  block.add({ template: 'push', map: map.variable, outer: map.outer, name, value, flags, added: map.added }, line);
}

function operands(operation: UpdateOperation, block: Block, lowering: Lowering): CText | undefined {
  if (!('value' in operation) || operation.kind === 'store') return undefined;
  const { value } = operation;
  const name = block.fresh('amount');
  const signed = isSigned(value);
  block.add(
    { template: 'declare', type: signed ? c`s64` : c`u64`, name, value: lowerValue(value, block, lowering) },
    lineOf(value),
  );
  return name;
}

const isSigned = (value: Typed): boolean => integerShape(value.type)?.signed === true;

function aggregate(
  operation: UpdateOperation,
  amount: CText | undefined,
  member: CText,
  map: TypedMap,
  memberNamed: string,
  block: Block,
  line: number,
): void {
  if (operation.kind === 'count' || amount === undefined) {
    block.add({ template: 'add', target: c`${member}`, value: c`1` }, line);
    return;
  }
  const typed = map.value.find((each) => each.name === memberNamed);
  const signed = typed !== undefined && typed.aggregation !== 'value' && typed.signed;
  // Biased so that 0 is below everything: a fresh entry holds zeros.
  const biased = signed ? c`((u64)${amount} ^ (1ULL << 63))` : c`(u64)${amount}`;
  switch (operation.kind) {
    case 'sum':
      block.add({ template: 'add', target: member, value: c`(u64)${amount}` }, line);
      return;
    case 'max':
      block.add({ template: 'raise', target: member, value: biased }, line);
      return;
    case 'min':
      block.add({ template: 'raise', target: member, value: c`~${biased}` }, line);
      return;
    case 'avg':
      block.add({ template: 'add', target: c`${member}.count`, value: c`1` }, line);
      block.add({ template: 'add', target: c`${member}.sum`, value: c`(u64)${amount}` }, line);
      return;
    case 'stats':
      block.add({ template: 'add', target: c`${member}.count`, value: c`1` }, line);
      block.add({ template: 'add', target: c`${member}.sum`, value: c`(u64)${amount}` }, line);
      block.add({ template: 'raise', target: c`${member}.min`, value: c`~${biased}` }, line);
      block.add({ template: 'raise', target: c`${member}.max`, value: biased }, line);
      return;
    case 'hist': {
      const index = signed ? c`signed_bucket((s64)${amount})` : c`bucket((u64)${amount})`;
      block.add(
        { template: 'add-bucket', indexName: block.fresh('bucket'), target: member, index, buckets: signed ? 129 : 65 },
        line,
      );
      return;
    }
    case 'lhist': {
      const { min, max, step } = operation;
      const buckets = Number((max - min + step - 1n) / step);
      const from = min === 0n ? c`(u64)${amount}` : c`((u64)${amount} - (u64)${cConstant(min)})`;
      const inside = min === 0n && step === 1n ? c`1 + ${from}` : c`1 + ${from} / ${cConstant(step)}`;
      const compared = signed || min < 0n ? c`(s64)${amount}` : amount;
      const above = c`${compared} >= ${cConstant(max)}`;
      const below = min === 0n && compared === amount ? c`` : c`${compared} < ${cConstant(min)} ? 0 : `;
      block.add(
        {
          template: 'add-bucket',
          indexName: block.fresh('bucket'),
          target: member,
          index: c`${below}${above} ? ${buckets + 1} : ${inside}`,
          buckets: buckets + 2,
        },
        line,
      );
      return;
    }
    case 'bhist': {
      const { bounds } = operation;
      const compared = signed || bounds.some((bound) => bound < 0n) ? c`(s64)${amount}` : amount;
      const index = bounds.reduceRight<CText>(
        (above, bound, at) => c`${compared} <= ${cConstant(bound)} ? ${at} : ${above}`,
        c`${bounds.length}`,
      );
      const indexName = block.fresh('bucket');
      const target = c`${member}.buckets`;
      block.add({ template: 'add-bucket', indexName, target, index, buckets: bounds.length + 1 }, line);
      block.add({ template: 'add', target: c`${member}.sum`, value: c`(u64)${amount}` }, line);
      return;
    }
    default:
      throw new Error(`${operation.kind} is no aggregation`);
  }
}
