/** `update:` entries: `map[key]: aggregation(value)`, a plain value to store, or delete(). */

import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Expression } from '../language/expression/ast.js';
import type { Checker } from '../language/expression/checker.js';
import { describeType } from '../language/expression/describe.js';
import { fitInto, integerShape } from '../language/expression/fit.js';
import { mapMember } from '../language/expression/map-access.js';
import { parseExpression } from '../language/expression/parser.js';
import type { Typed } from '../language/expression/typed.js';
import { stageOf } from '../language/expression/typed.js';
import type { UpdateSpec } from '../language/spec.js';
import type { CheckedMap } from './check-maps.js';
import { noteUse } from './check-maps.js';
import { ownBounds } from './histogram-bounds.js';
import type { TypedUpdate, UpdateOperation } from './typed-pipeline.js';

const callable = ['count', 'sum', 'min', 'max', 'avg', 'stats', 'hist', 'lhist', 'bhist', 'delete', 'push'];
const maxLinearBuckets = 1024n;

export function checkUpdate(
  update: UpdateSpec,
  checker: Checker,
  maps: ReadonlyMap<string, CheckedMap>,
): TypedUpdate | undefined {
  const { sink } = checker;
  const target = parseExpression(update.target, sink);
  const expression = parseExpression(update.expression, sink);
  if (target === undefined || expression === undefined) return undefined;
  const sequence = target.kind === 'name' ? maps.get(target.name) : undefined;
  if (sequence?.shape.form === 'sequence') return checkPush(expression, sequence, target.span, checker);
  const index = target.kind === 'member' ? target.object : target;
  if (index.kind !== 'index' || index.object.kind !== 'name') {
    sink.add('map-key', 'the left side of an update is a map with a key', update.target.span, {
      hints: [
        'write connects[dport]: count()',
        'for one total: total: { type: array, max_entries: 1, value: count }, and total[0]: count()',
      ],
    });
    return undefined;
  }
  const name = index.object.name;
  const map = maps.get(name);
  if (map === undefined) {
    if (!checker.scope.maps.has(name)) {
      sink.add('map-unknown', `there is no map "${name}"`, index.object.span, {
        hints: didYouMean(name, checker.scope.maps.keys()),
      });
    }
    return undefined;
  }
  map.shape.used = true;
  map.shape.updated = true;
  if (map.shape.form === 'sequence') {
    const hints = [`write ${name}: push(${map.shape.value.map((each) => each.name || 'x').join(', ')})`];
    sink.add('map-key', `"${name}" holds values without keys`, index.span, { hints });
    return undefined;
  }
  const key = checker.mapKey(map.shape, index.indices, index.span);
  const memberName = target.kind === 'member' ? target.member : '';
  const removes = expression.kind === 'call' && expression.callee === 'delete';
  const member = removes ? { name: memberName, holds: 'delete' } : mapMember(map.shape, memberName, target.span, sink);
  if (key === undefined || member === undefined) return undefined;
  const added = map.shape.form === 'keys' ? checkAdd(expression, map, checker) : undefined;
  if (map.shape.form === 'keys')
    return added && { map: name, key, member: '', operation: added, span: update.target.span };
  if (map.shape.form === 'prefixes' && !countsInto(member.holds, expression, map, sink)) return undefined;
  const operation = operationOf(expression, member.holds, map, checker);
  if (operation === undefined) return undefined;
  noteUse(map, memberName, operation, sink);
  return { map: name, key, member: memberName, operation, span: update.target.span };
}

/** `recent: push(x)`, with a value for each member. */
function checkPush(expression: Expression, map: CheckedMap, span: Span, checker: Checker): TypedUpdate | undefined {
  const { sink } = checker;
  const { shape } = map;
  const { name } = shape;
  shape.used = true;
  shape.updated = true;
  const wanted = `push(${shape.value.map((each) => each.name || 'x').join(', ')})`;
  if (expression.kind !== 'call' || expression.callee !== 'push') {
    sink.add('map-value', `"${name}" is a ${map.spec.type.value}, so only push() updates it`, expression.span, {
      hints: [`write ${name}: ${wanted}`],
    });
    return undefined;
  }
  if (expression.arguments.length !== shape.value.length) {
    sink.add('function-arguments', `push() takes a value for each member of "${name}"`, expression.span, {
      hints: [`write ${wanted}`],
    });
    return undefined;
  }
  const values = shape.value.map((member, index) => {
    const given = expression.arguments[index];
    const value = given && checker.kernelValue(given, 'a map');
    const where = member.name === '' ? `the value of "${name}"` : `"${member.name}" of "${name}"`;
    return value && typeof member.holds !== 'string' ? fitInto(value, member.holds, where, sink) : undefined;
  });
  const known = values.filter((each) => each !== undefined);
  if (known.length < values.length) return undefined;
  return { map: name, key: [], member: '', operation: { kind: 'push', values: known }, span };
}

/** A filter forgets nothing and holds no value, so all that can be said of a key is that it is there. */
function checkAdd(expression: Expression, map: CheckedMap, { sink }: Checker): UpdateOperation | undefined {
  if (expression.kind === 'boolean' && expression.value) return { kind: 'add' };
  const name = map.spec.name.value;
  const removes = expression.kind === 'call' && expression.callee === 'delete';
  sink.add(
    'map-value',
    removes ? `nothing can be taken out of "${name}", which is a bloom_filter` : `"${name}" holds keys without values`,
    expression.span,
    { hints: removes ? ['use a map of type hash'] : [`write ${name}[key]: true`] },
  );
  return undefined;
}

/** What an lpm_trie holds are the pipeline's networks; programs count into them, and neither add nor change any. */
function countsInto(
  holds: CheckedMap['shape']['value'][number]['holds'] | 'delete',
  expression: Expression,
  map: CheckedMap,
  sink: DiagnosticSink,
): boolean {
  const message =
    holds === 'delete'
      ? 'programs take no network out of an lpm_trie'
      : typeof holds === 'string'
        ? undefined
        : 'programs store nothing in an lpm_trie: its networks have their values from "entries"';
  if (message === undefined) return true;
  sink.add('map-value', message, expression.span, {
    hints: ['count, sum and the other aggregations can be updated'],
    related: [{ message: 'the map is declared here', span: map.spec.name.span }],
  });
  return false;
}

function operationOf(
  expression: Expression,
  holds: CheckedMap['shape']['value'][number]['holds'],
  map: CheckedMap,
  checker: Checker,
): UpdateOperation | undefined {
  const { sink } = checker;
  const mapName = map.spec.name.value;
  const aggregation = expression.kind === 'call' && callable.includes(expression.callee) ? expression : undefined;
  if (aggregation?.callee === 'delete') {
    if (aggregation.arguments.length === 0) return { kind: 'delete' };
    sink.add('function-arguments', 'delete() takes no arguments: the key stands on the left', aggregation.span);
    return undefined;
  }
  if (typeof holds !== 'string') {
    const other =
      aggregation !== undefined && !(['min', 'max'].includes(aggregation.callee) && aggregation.arguments.length === 2);
    if (other) {
      sink.add(
        'map-value',
        `"${mapName}" holds ${describeType(holds)}, so ${aggregation.callee}() cannot update it`,
        expression.span,
        {
          hints: [`declare value: ${aggregation.callee}`, 'or store a plain value'],
        },
      );
      return undefined;
    }
    const value = checker.value(expression);
    const fitted = value && fitInto(value, holds, `the value of "${mapName}"`, sink);
    return fitted && { kind: 'store', value: fitted };
  }
  if (aggregation === undefined || aggregation.callee !== holds) {
    sink.add('map-value', `"${mapName}" holds ${holds}, so only ${holds}() updates it`, expression.span, {
      hints: [`write ${holds}(${argumentsOf[holds] ?? 'x'})`],
      related: [{ message: 'the map is declared here', span: map.spec.name.span }],
    });
    return undefined;
  }
  const [first, ...bounds] = aggregation.arguments;
  const wanted = holds === 'count' ? 0 : holds === 'lhist' ? 4 : 1;
  if (holds === 'bhist' ? bounds.length === 0 : aggregation.arguments.length !== wanted) {
    sink.add(
      'function-arguments',
      `${holds}() takes ${holds === 'bhist' ? 'a value and the bounds of its buckets' : wanted === 0 ? 'no arguments' : wanted === 1 ? 'one argument' : 'a value, min, max and step'}`,
      aggregation.span,
    );
    return undefined;
  }
  if (holds === 'count' || first === undefined) return { kind: 'count' };
  const value = numberIn(first, holds, checker);
  if (value === undefined) return undefined;
  switch (holds) {
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
    case 'hist':
      return { kind: holds, value };
    case 'bhist':
      return ownBounds(value, bounds, checker);
    default:
      return linear(value, bounds, checker);
  }
}

/** Where that is not `x` alone. */
const argumentsOf: Readonly<Record<string, string>> = {
  count: '',
  lhist: 'x, min, max, step',
  bhist: 'x, 1ms, 10ms, 100ms',
};

function numberIn(expression: Expression, name: string, checker: Checker): Typed | undefined {
  const value = checker.value(expression);
  if (value === undefined) return undefined;
  if (integerShape(value.type) === undefined) {
    checker.sink.add('type-mismatch', `${name}() takes a number, but this is ${describeType(value.type)}`, value.span);
    return undefined;
  }
  if (stageOf(value) === 'user') {
    checker.sink.add(
      'stage',
      `${name}() is computed in the kernel, but this value exists only in user space`,
      value.span,
    );
    return undefined;
  }
  return value;
}

function linear(value: Typed, bounds: readonly Expression[], checker: Checker): UpdateOperation | undefined {
  const constants = bounds.map((each) => {
    const typed = checker.check(each);
    if (typed === undefined) return undefined;
    if (typed.op === 'constant') return typed.value;
    checker.sink.add('map-value', 'the bounds of lhist() are constants', each.span);
    return undefined;
  });
  const [min, max, step] = constants;
  if (min === undefined || max === undefined || step === undefined) return undefined;
  const buckets = step > 0n ? (max - min + step - 1n) / step : 0n;
  if (min >= max || step <= 0n || buckets > maxLinearBuckets) {
    const span = bounds[0]?.span ?? value.span;
    checker.sink.add(
      'value-range',
      `lhist() takes min < max and a step with at most ${maxLinearBuckets} buckets between them`,
      span,
      {
        hints: ['lhist(x, 0, 100, 10) has ten buckets'],
      },
    );
    return undefined;
  }
  return { kind: 'lhist', value, min, max, step };
}
