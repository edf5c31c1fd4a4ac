/** `map[key]` and `map[key].member`: what a program can read of a map, and how a key must be. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { Type } from '../types.js';
import * as types from '../types.js';
import type { Expression, IndexAccess } from './ast.js';
import type { Checker } from './checker.js';
import { describeType } from './describe.js';
import { fitInto } from './fit.js';
import type { MapShape, MapValueMember, Scope } from './scope.js';
import type { Typed } from './typed.js';

/** The map of `map[key]`; `undefined` for what is no map. */
export function mapOf(expression: Expression, scope: Scope): MapShape | undefined {
  if (expression.kind !== 'index' || expression.object.kind !== 'name') return undefined;
  const { name } = expression.object;
  return scope.lets.has(name) ? undefined : scope.maps.get(name);
}

export interface LookupPlace {
  /** Empty for a value without members. */
  readonly member: string;
  readonly memberSpan: Span;
  readonly span: Span;
}

export function lookup(checker: Checker, map: MapShape, index: IndexAccess, place: LookupPlace): Typed | undefined {
  map.used = true;
  const { member, memberSpan, span } = place;
  if (!hasValues(map, span, checker.sink)) return undefined;
  const key = checker.mapKey(map, index.indices, index.span);
  const held = mapMember(map, member, memberSpan, checker.sink);
  if (key === undefined || held === undefined) return undefined;
  if (map.perCpu) {
    checker.sink.add(
      'map-value',
      `"${map.name}" holds one value a processor, so a program cannot read the whole of it`,
      span,
      { hints: ['use a map of type hash or array for values that programs read'] },
    );
    return undefined;
  }
  const { holds } = held;
  if (typeof holds === 'string' && holds !== 'count' && holds !== 'sum') {
    checker.sink.add('map-value', `a ${holds} is known only when the map is shown`, span, {
      hints: ['count, sum and plain values can be read in expressions'],
    });
    return undefined;
  }
  const type: Type = typeof holds === 'string' ? (holds === 'sum' ? types.i64 : types.u64) : holds;
  return { op: 'lookup', map: map.name, key, member, type, span };
}

/** Tells of maps that are not read by key. */
function hasValues({ name, form }: MapShape, span: Span, sink: DiagnosticSink): boolean {
  if (form === 'entries' || form === 'prefixes') return true;
  const message =
    form === 'keys'
      ? `"${name}" holds keys without values`
      : `"${name}" holds values without keys, and programs only push to it`;
  sink.add('map-value', message, span, { hints: form === 'keys' ? [`write x in ${name}`] : [] });
  return false;
}

/** `key in map`, `(a, b) in map`. */
export function contains(
  checker: Checker,
  map: MapShape,
  { values, set, span }: { readonly values: readonly Expression[]; readonly set: Span; readonly span: Span },
): Typed | undefined {
  map.used = true;
  if (map.form === 'sequence') {
    checker.sink.add('map-value', `"${map.name}" holds values without keys, so it cannot be asked for one`, set, {
      hints: ['use a map of type hash or bloom_filter'],
    });
    return undefined;
  }
  const key = checker.mapKey(map, values, span);
  return key && { op: 'contains', map: map.name, key, type: types.bool, span };
}

/** `parts` as the map declares its key, or, where it does not, the declaration from them. */
export function fitKey(
  map: MapShape,
  parts: readonly Typed[],
  indices: readonly Expression[],
  span: Span,
  sink: DiagnosticSink,
): readonly Typed[] | undefined {
  map.key ??= inferredKey(parts, indices);
  if (map.key.length !== parts.length) {
    const wanted = map.key.map(({ name, type }) => `${name === '' ? '' : `${name}: `}${describeType(type)}`).join(', ');
    sink.add(
      'map-key',
      `the key of "${map.name}" has ${map.key.length} part${map.key.length === 1 ? '' : 's'}, not ${parts.length}`,
      span,
      {
        hints: [`it is [${wanted}]`],
        related: [{ message: 'the map is declared here', span: map.declared }],
      },
    );
    return undefined;
  }
  const fitted = map.key.map(({ name, type }, position) => {
    const part = parts[position];
    const where = name === '' ? `the key of "${map.name}"` : `the key "${name}" of "${map.name}"`;
    return part && fitInto(part, type, where, sink);
  });
  const known = fitted.filter((each) => each !== undefined);
  return known.length < fitted.length ? undefined : known;
}

export function mapMember(map: MapShape, member: string, span: Span, sink: DiagnosticSink): MapValueMember | undefined {
  const found = map.value.find((each) => each.name === member);
  if (found !== undefined) return found;
  const names = map.value.map((each) => each.name);
  const message =
    member === '' ? `the value of "${map.name}" has members` : `the value of "${map.name}" has no member "${member}"`;
  sink.add('member-unknown', message, span, {
    hints:
      names[0] === ''
        ? [`write ${map.name}[key] without a member`]
        : [...didYouMean(member, names), `its members are ${names.join(', ')}`],
  });
  return undefined;
}

function inferredKey(parts: readonly Typed[], indices: readonly Expression[]): NonNullable<MapShape['key']> {
  const names = new Set<string>();
  return parts.map(({ type }, position) => {
    let name = keyName(indices[position], position);
    if (names.has(name)) name = `key${position + 1}`;
    names.add(name);
    return { name, type: keyType(type) };
  });
}

function keyType(type: Type): Type {
  if (type.kind === 'int' && type.name !== undefined) {
    const { name: _, bigEndian: __, ...plain } = type;
    return plain;
  }
  return type.kind === 'pointer' ? { kind: 'int', bits: 64, signed: false, meaning: 'hex' } : type;
}

/** An inferred key's name: that of the name or member which it is. */
function keyName(expression: Expression | undefined, position: number): string {
  if (expression?.kind === 'name') return expression.name;
  if (expression?.kind === 'member' && /^[A-Za-z_]/.test(expression.member)) return expression.member;
  return position === 0 ? 'key' : `key${position + 1}`;
}
