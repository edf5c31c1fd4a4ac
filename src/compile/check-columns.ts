/**
 * `columns` and `order` of a map, over the names under which its keys and values are shown. Columns are written in the language of
 * expressions, but computed in user space: `/` gives decimals there, and no integer overflows.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Expression } from '../language/expression/ast.js';
import { Checker } from '../language/expression/checker.js';
import { parseExpression } from '../language/expression/parser.js';
import type { Names } from '../language/expression/scope.js';
import type { Typed } from '../language/expression/typed.js';
import type { NamedExpression } from '../language/spec.js';
import type { Type } from '../language/types.js';
import * as types from '../language/types.js';
import { columnExpression } from './column-expression.js';
import { constantScope } from './constant-scope.js';
import type {
  AggregateSlot,
  ColumnExpression,
  ColumnManifest,
  MapManifest,
  Presentation,
  ValuePart,
  ValueType,
} from './manifest.js';
import { keyNames, valueNames } from './map-columns.js';
import { layoutMap, mapManifest } from './map-layout.js';
import type { TypedMap } from './typed-pipeline.js';

/** What a name of the row stands for. */
interface Part {
  readonly expression: ColumnExpression;
  readonly type: Type;
}

export function withColumns(map: TypedMap | undefined, names: Names, sink: DiagnosticSink): TypedMap | undefined {
  if (map === undefined) return undefined;
  const { spec } = map;
  if (spec.columns.length === 0 && spec.orderBy === undefined) return map;
  const manifest = mapManifest(map, layoutMap(map), { shown: true, evictIndex: -1 });
  const parts = partsOf(manifest);
  const columns = spec.columns.flatMap((column) => checkColumn(column, manifest, parts, names, sink) ?? []);
  const orderBy = spec.orderBy && orderOf(spec.orderBy, parts, columns, sink);
  return { ...map, columns, ...(orderBy === undefined ? {} : { orderBy }) };
}

function checkColumn(
  { name, expression: text }: NamedExpression,
  manifest: MapManifest,
  parts: ReadonlyMap<string, Part>,
  names: Names,
  sink: DiagnosticSink,
): ColumnManifest | undefined {
  if (['map', 'time', ...keyNames(manifest), ...valueNames(manifest).flat()].includes(name.value)) {
    sink.add('bad-name', `"${manifest.name}" shows something else as "${name.value}"`, name.span, {
      hints: [`choose another name, such as "${name.value}_2"`],
    });
    return undefined;
  }
  const parsed = parseExpression(text, sink);
  if (parsed === undefined) return undefined;
  const values = new Map(
    [...parts].map(([part, { type }]): [string, Typed] => [part, { op: 'saved', name: part, type, span: text.span }]),
  );
  const checker = new Checker(constantScope(names, 'it is known only in a probe', values), sink);
  const joined = joinParts(parsed, parts, sink);
  const typed = joined && checker.value(joined);
  const value =
    typed && columnExpression(typed, new Map([...parts].map(([part, { expression }]) => [part, expression])), sink);
  if (typed === undefined || value === undefined) return undefined;
  const { type } = typed;
  const as: Presentation | undefined = type.kind === 'int' ? type.meaning : undefined;
  const isText = type.kind === 'int' ? as === 'hex' || as === 'errno' || as === 'signal' : type.kind !== 'bool';
  return { name: name.value, value, ...(as === undefined ? {} : { as }), ...(isText ? { text: true } : {}) };
}

function orderOf(
  { value: name, span }: Exclude<TypedMap['spec']['orderBy'], undefined>,
  parts: ReadonlyMap<string, Part>,
  columns: readonly ColumnManifest[],
  sink: DiagnosticSink,
): ColumnExpression | undefined {
  const found = columns.find((each) => each.name === name)?.value ?? parts.get(name)?.expression;
  if (found !== undefined) return found;
  const known = [...parts.keys(), ...columns.map((each) => each.name)];
  sink.add('name-unknown', `the map shows no "${name}" to be ordered by`, span, {
    hints: [...didYouMean(name, known), `it shows ${known.join(', ')}`],
  });
  return undefined;
}

/** Under the names that a row has in JSON; the parts of `size` are `size.avg` and on. */
function partsOf(map: MapManifest): ReadonlyMap<string, Part> {
  const parts = new Map<string, Part>();
  const keys = keyNames(map);
  map.key.forEach(({ type }, key) => {
    parts.set(keys[key] ?? '', { expression: { op: 'key', key }, type: shownType(type) });
  });
  const shown = valueNames(map);
  map.value.forEach((slot, value) => {
    const type = slot.aggregation === 'value' ? shownType(slot.type) : numberType('as' in slot ? slot.as : undefined);
    for (const [part, name] of partNames(slot, shown[value] ?? [])) {
      parts.set(name, { expression: { op: 'value', value, part }, type: part === 'count' ? types.i64 : type });
    }
  });
  return parts;
}

function partNames(slot: AggregateSlot, names: readonly string[]): [ValuePart, string][] {
  const [first = ''] = names;
  const named = slot.name !== '';
  switch (slot.aggregation) {
    case 'stats':
      return (['count', 'sum', 'min', 'max', 'avg'] as const).map((part, index) => [
        part,
        named ? `${first}.${part}` : (names[index] ?? part),
      ]);
    case 'avg':
      return [
        ['avg', first],
        ['count', `${first}.count`],
        ['sum', `${first}.sum`],
      ];
    case 'hist':
    case 'lhist':
      return [['count', named ? `${first}.count` : (names[1] ?? 'count')]];
    case 'bhist':
      return [
        ['count', named ? `${first}.count` : (names[1] ?? 'count')],
        ['sum', named ? `${first}.sum` : (names[2] ?? 'sum')],
        ['avg', named ? `${first}.avg` : 'avg'],
      ];
    default:
      return [['value', first]];
  }
}

/** Numbers have a sign here, whatever they are in the kernel: nothing wraps, and all compare. */
const numberType = (as: Presentation | undefined): Type =>
  as === undefined ? types.i64 : { kind: 'int', bits: 64, signed: true, meaning: as };

/** What is shown as a text is one. */
function shownType(type: ValueType): Type {
  if (type.kind === 'bool') return types.bool;
  if (type.kind === 'int' && (type.as === undefined || type.as === 'duration')) return numberType(type.as);
  return { kind: 'string', max: 4096 };
}

/** `size.avg` is one name here. */
function joinParts(
  expression: Expression,
  parts: ReadonlyMap<string, Part>,
  sink: DiagnosticSink,
): Expression | undefined {
  let failed = false;
  const partsNamed = (name: string): string[] => [...parts.keys()].filter((part) => part.startsWith(`${name}.`));
  const join = (each: Expression): Expression => {
    switch (each.kind) {
      case 'name': {
        const known = parts.has(each.name) ? [] : partsNamed(each.name);
        if (known.length === 0) return each;
        failed = true;
        sink.add('type-mismatch', `"${each.name}" is no single number`, each.span, {
          hints: [`it has ${known.join(', ')}`],
        });
        return each;
      }
      case 'member': {
        const { object, member, memberSpan, span } = each;
        if (object.kind !== 'name') return { ...each, object: join(object) };
        if (parts.has(`${object.name}.${member}`)) return { kind: 'name', name: `${object.name}.${member}`, span };
        const known = partsNamed(object.name);
        if (known.length === 0) return each;
        failed = true;
        sink.add('member-unknown', `"${object.name}" has no "${member}"`, memberSpan, {
          hints: [`it has ${known.join(', ')}`],
        });
        return each;
      }
      case 'unary':
        return { ...each, operand: join(each.operand) };
      case 'cast':
        return { ...each, operand: join(each.operand) };
      case 'binary':
        return { ...each, left: join(each.left), right: join(each.right) };
      case 'call':
        return { ...each, arguments: each.arguments.map(join) };
      case 'index':
        return { ...each, object: join(each.object), indices: each.indices.map(join) };
      case 'in':
        return {
          ...each,
          value: join(each.value),
          set: 'list' in each.set ? { list: each.set.list.map(join) } : each.set,
        };
      default:
        return each;
    }
  };
  const joined = join(expression);
  return failed ? undefined : joined;
}
