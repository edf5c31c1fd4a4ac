/** `entries:` of a declared map → the bytes that its map is filled with. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { MapShape, MapValueMember, Names } from '../language/expression/scope.js';
import { mapTraits } from '../language/map-kinds.js';
import { piece, trimmed } from '../language/node-parts.js';
import type { EntrySpec, LocatedText, MapSpec } from '../language/spec.js';
import * as types from '../language/types.js';
import { type ConstantPlace, constantBytes, littleEndian } from './constant-bytes.js';
import type { TypedEntry } from './typed-pipeline.js';
import { keySlotType, valueTypeOf } from './value-type.js';

interface Context {
  readonly spec: MapSpec;
  readonly shape: MapShape;
  readonly names: Names;
  readonly sink: DiagnosticSink;
}

export function checkEntries(
  spec: MapSpec,
  shape: MapShape,
  maxEntries: number,
  names: Names,
  sink: DiagnosticSink,
): readonly TypedEntry[] {
  if (spec.entries === undefined) return [];
  const { list, span } = spec.entries;
  const context = { spec, shape, names, sink };
  const array = mapTraits[spec.type.value].array;
  if (!array && list.length > maxEntries) {
    sink.add('map-value', `"${shape.name}" has ${list.length} entries and room for ${maxEntries}`, span, {
      hints: [`write "max_entries: ${list.length}" or more`],
    });
  }
  const first = new Map<string, Span>();
  return list.flatMap((entry) => {
    const key = entryKey(entry, context);
    const value = entryValue(entry, context);
    if (key === undefined || value === undefined) return [];
    const same = Buffer.concat(key).toString('hex');
    const before = first.get(same);
    if (before !== undefined) {
      sink.add('map-key', `"${shape.name}" has this key twice`, entry.span, {
        related: [{ message: 'the first one', span: before }],
      });
      return [];
    }
    first.set(same, entry.span);
    const index = Buffer.from(key[0] ?? []);
    if (array && index.readUInt32LE() >= maxEntries) {
      sink.add('map-key', `the last index of "${shape.name}" is ${maxEntries - 1}`, entry.span);
      return [];
    }
    return [{ key, value }];
  });
}

function entryKey({ key, span }: EntrySpec, { spec, shape, names, sink }: Context): readonly Uint8Array[] | undefined {
  const declared = shape.key ?? [];
  const parts = 'text' in key ? (declared.length > 1 ? splitParts(key) : [key]) : key;
  if (parts.length !== declared.length) {
    const wanted = declared.map(({ name }) => name).join(', ');
    sink.add(
      'map-key',
      `the key of "${shape.name}" has ${declared.length} part${declared.length === 1 ? '' : 's'}, not ${parts.length}`,
      span,
      { hints: [`write "${wanted}" with a comma between the parts`] },
    );
    return undefined;
  }
  const bytes = declared.map(({ name, type }, index) => {
    const part = parts[index];
    const single = spec.key === undefined || 'single' in spec.key;
    const where = single ? `the key of "${shape.name}"` : `the key "${name}" of "${shape.name}"`;
    return part && constantBytes(part, { type, slot: keySlotType(type, shape.form), where }, names, sink);
  });
  return all(bytes);
}

/** At commas that stand in no quotes, which the parts lose. */
function splitParts(text: LocatedText): readonly LocatedText[] {
  const parts: LocatedText[] = [];
  let quote = '';
  let from = 0;
  for (let at = 0; at <= text.text.length; at++) {
    const unit = text.text[at] ?? '';
    if (quote !== '') quote = unit === quote || unit === '' ? '' : quote;
    else if (unit === '"' || unit === "'") quote = unit;
    if (quote === '' && (unit === ',' || at === text.text.length)) {
      parts.push(unquoted(trimmed(piece(text, from, at))));
      from = at + 1;
    }
  }
  return parts;
}

function unquoted(text: LocatedText): LocatedText {
  const [quote] = text.text;
  const isQuoted = (quote === '"' || quote === "'") && text.text.length > 1 && text.text.endsWith(quote);
  return isQuoted ? piece(text, 1, text.text.length - 1) : text;
}

function entryValue(entry: EntrySpec, context: Context): TypedEntry['value'] | undefined {
  const { shape, names, sink } = context;
  const { value } = entry;
  const [only] = shape.value;
  const where = `the value of "${shape.name}"`;
  if (value === undefined) {
    if (shape.form === 'keys') return new Map();
    const isSet = shape.value.length === 1 && only?.name === '' && only.holds === types.bool;
    if (isSet) return new Map([['', littleEndian(1n, 1)]]);
    sink.add('map-value', `a list of keys makes a set, and ${where} is more`, entry.span, {
      hints: ['write "entries: { key: value }"', 'or leave out "value"'],
    });
    return undefined;
  }
  if (shape.form === 'keys') {
    sink.add('map-value', `a ${context.spec.type.value} holds keys without values`, entry.span, {
      hints: ['write "entries: [80, 443]"'],
    });
    return undefined;
  }
  if ('single' in value) {
    if (only === undefined || only.name !== '') {
      sink.add('map-value', `${where} has members`, value.single.span, {
        hints: [`write { ${shape.value.map(({ name }) => `${name}: …`).join(', ')} }`],
      });
      return undefined;
    }
    const place = memberPlace(only, where, value.single, sink);
    const bytes = place && constantBytes(value.single, place, names, sink);
    return bytes && new Map([['', bytes]]);
  }
  const members = value.members.map(({ name, text }): [string, Uint8Array] | undefined => {
    const member = shape.value.find((each) => each.name === name.value);
    if (member === undefined) {
      const known = shape.value.map((each) => each.name);
      const message = known[0] === '' ? `${where} has no members` : `${where} has no member "${name.value}"`;
      sink.add('member-unknown', message, name.span, { hints: known[0] === '' ? [] : didYouMean(name.value, known) });
      return undefined;
    }
    const place = memberPlace(member, `"${name.value}" of "${shape.name}"`, text, sink);
    const bytes = place && constantBytes(text, place, names, sink);
    return bytes && [name.value, bytes];
  });
  const known = all(members);
  return known && new Map(known);
}

/** Counts and sums begin at what is given; what other aggregations hold is no one constant. */
function memberPlace(
  { holds }: MapValueMember,
  where: string,
  text: LocatedText,
  sink: DiagnosticSink,
): ConstantPlace | undefined {
  if (typeof holds !== 'string') return { type: holds, slot: valueTypeOf(holds, true), where };
  if (holds === 'count' || holds === 'sum') return { type: types.u64, slot: valueTypeOf(types.u64), where };
  sink.add('map-value', `${where} is ${holds}, which cannot be given`, text.span, {
    hints: ['count, sum and plain values can be given'],
  });
  return undefined;
}

function all<Item>(items: readonly (Item | undefined)[]): readonly Item[] | undefined {
  const known = items.filter((each) => each !== undefined);
  return known.length < items.length ? undefined : known;
}
