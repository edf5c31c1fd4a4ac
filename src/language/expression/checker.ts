/**
 * Expression tree + scope → typed tree. Every name is resolved and every operation typed here; what comes out can be turned into C or into a user-stage expression
 * without a further question. Errors carry the place and what would be right; after one, the surrounding expression is given up without a second error.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { Type } from '../types.js';
import * as types from '../types.js';
import type { Binary, Call, Expression, IndexAccess, MemberAccess, Membership, Name } from './ast.js';
import { describeType } from './describe.js';
import { fitInto, integerShape } from './fit.js';
import { findFunction, functions, textAt } from './functions.js';
import { elementOf, memberOf } from './members.js';
import { binary, unary } from './operators.js';
import { parseExpression } from './parser.js';
import type { MapShape, Scope } from './scope.js';
import { typeFromName } from './type-from-name.js';
import type { BuiltinName, Typed } from './typed.js';

/** Builtins that need nothing of the hook. */
const plainBuiltins: Readonly<Record<string, { name: BuiltinName; type: Type; description: string }>> = {
  time: { name: 'now', type: types.timestamp, description: 'wall-clock time of the event' },
  now: { name: 'now', type: types.u64, description: 'monotonic time in nanoseconds' },
  pid: { name: 'pid', type: types.u32, description: 'process id' },
  tid: { name: 'tid', type: types.u32, description: 'thread id' },
  uid: { name: 'uid', type: types.u32, description: 'user id' },
  gid: { name: 'gid', type: types.u32, description: 'group id' },
  comm: { name: 'comm', type: types.comm, description: 'task name' },
  cpu: { name: 'cpu', type: types.u32, description: 'processor number' },
  cgroup: { name: 'cgroup', type: types.u64, description: 'cgroup id' },
};

export const builtinNames = [
  ...Object.keys(plainBuiltins),
  'ppid',
  'task',
  'retval',
  'duration',
  'args',
  'start',
  'param',
  'probe',
  'hook',
];

export class Checker {
  constructor(
    readonly scope: Scope,
    readonly sink: DiagnosticSink,
  ) {}

  check(expression: Expression): Typed | undefined {
    const { span } = expression;
    switch (expression.kind) {
      case 'number': {
        const type = expression.unit === 'duration' ? types.duration : types.u64;
        return { op: 'constant', value: expression.value, type, span };
      }
      case 'text':
        return {
          op: 'text',
          value: expression.value,
          type: { kind: 'string', max: Math.max(1, Buffer.byteLength(expression.value)) },
          span,
        };
      case 'boolean':
        return { op: 'constant', value: expression.value ? 1n : 0n, type: types.bool, span };
      case 'name':
        return this.name(expression);
      case 'member':
        return this.member(expression);
      case 'index':
        return this.index(expression);
      case 'call':
        return this.call(expression);
      case 'unary': {
        const operand = this.check(expression.operand);
        return operand && unary(expression, this.kernelStage(operand, 'an operator'), this.sink);
      }
      case 'binary':
        return this.binary(expression);
      case 'in':
        return this.membership(expression);
      case 'cast': {
        const operand = this.check(expression.operand);
        const type = typeFromName(
          expression.type,
          this.scope.names,
          this.sink,
          expression.type.user ? 'user' : 'kernel',
        );
        return operand && type && this.cast(operand, type, span);
      }
    }
  }

  /** A value that can be shown or stored: a char array is its text, a byte array its bytes. */
  value(expression: Expression): Typed | undefined {
    const typed = this.check(expression);
    if (typed?.op !== 'place') return typed;
    return this.placeValue(typed);
  }

  private placeValue(place: Typed): Typed | undefined {
    const { type, span } = place;
    if (place.op === 'place' && type.kind === 'array') {
      const element = type.element;
      if (element.kind === 'int' && element.char && type.count > 0) return textAt(place, type.count, span, this.sink);
      if (element.kind === 'int' && element.bits === 8 && type.count > 0) {
        const length: Typed = { op: 'constant', value: BigInt(type.count), type: types.u64, span };
        return {
          op: 'readBytes',
          address: place,
          space: place.space,
          length,
          type: { kind: 'bytes', max: type.count },
          span,
        };
      }
    }
    this.sink.add('type-mismatch', `${describeType(type)} is not one value`, span, {
      hints: [type.kind === 'struct' ? 'name one of its members' : 'take an element with [index]'],
    });
    return undefined;
  }

  private name({ name, span }: Name): Typed | undefined {
    const letExpression = this.scope.lets.get(name);
    if (letExpression !== undefined) return this.letValue(name, span);
    const plain = plainBuiltins[name];
    if (plain !== undefined) return { op: 'builtin', name: plain.name, type: plain.type, span };
    switch (name) {
      case 'task':
        return this.task(span);
      case 'ppid': {
        const task = this.task(span);
        const parent = task && memberOf(task, 'real_parent', span, span, this.sink);
        const id = parent && memberOf(parent, 'tgid', span, span, this.sink);
        return id && { op: 'convert', operand: id, type: types.u32, span };
      }
      case 'retval':
        return this.given(this.scope.retval, 'retval', span)?.(span);
      case 'duration':
        return this.given(this.scope.duration, 'duration', span)?.(span);
      case 'probe':
        return {
          op: 'text',
          value: this.scope.probeName,
          type: { kind: 'string', max: this.scope.probeName.length },
          span,
        };
      case 'args':
      case 'start':
      case 'param':
      case 'hook': {
        const example = { args: 'args.NAME', start: 'start.args.NAME', param: 'param.NAME', hook: 'hook.name' }[name];
        this.sink.add('type-mismatch', `"${name}" is no value by itself`, span, { hints: [`write ${example}`] });
        return undefined;
      }
    }
    return this.constantByName(name, span);
  }

  private constantByName(name: string, span: Span): Typed | undefined {
    const enumerator = this.scope.names.enumerator(name);
    if (enumerator !== undefined) return { op: 'constant', value: enumerator.value, type: enumerator.type, span };
    const defined = this.scope.names.define(name);
    if (defined !== undefined)
      return { op: 'constant', value: defined, type: defined < 0n ? types.i64 : types.u64, span };
    if (this.scope.maps.has(name)) {
      this.sink.add('type-mismatch', `"${name}" is a map, not a value`, span, { hints: [`write ${name}[key]`] });
      return undefined;
    }
    if (functions.has(name)) {
      this.sink.add('type-mismatch', `"${name}" is a function`, span, {
        hints: [`call it: ${functions.get(name)?.signature}`],
      });
      return undefined;
    }
    this.sink.add('name-unknown', `unknown name "${name}"`, span, { hints: this.hintsForName(name) });
    return undefined;
  }

  private hintsForName(name: string): string[] {
    const { args, params, lets } = this.scope;
    if ('value' in args && args.value.get(name) !== undefined) return [`the hook's argument is args.${name}`];
    if (params.has(name)) return [`a param is written param.${name}`];
    const local = [...lets.keys(), ...builtinNames];
    const near = didYouMean(name, local);
    if (near.length > 0) return near;
    const upper = /^[A-Z][A-Z0-9_]+$/.test(name);
    return upper ? didYouMean(name, [...this.scope.names.names('enumerator'), ...this.scope.names.defineNames()]) : [];
  }

  private letValue(name: string, span: Span): Typed | undefined {
    const { lets, checkedLets, used } = this.scope;
    used.lets.add(name);
    const known = checkedLets.get(name);
    if (known === 'failed') return undefined;
    if (known === 'checking') {
      this.sink.add('let-cycle', `the let value "${name}" needs itself`, span);
      return undefined;
    }
    if (known !== undefined) return known;
    const written = lets.get(name);
    if (written === undefined) return undefined;
    checkedLets.set(name, 'checking');
    const expression = parseExpression(written.expression, this.sink);
    const value = expression && this.check(expression);
    const typed: Typed | undefined =
      value === undefined || value.op === 'place'
        ? value
        : { op: 'let', name, value, type: value.type, span: value.span };
    checkedLets.set(name, typed ?? 'failed');
    return typed;
  }

  private task(span: Span): Typed | undefined {
    const struct = this.scope.names.struct('task_struct');
    if (struct === undefined) {
      this.sink.add('type-unknown', `${this.scope.names.label} has no struct "task_struct"`, span);
      return undefined;
    }
    return { op: 'builtin', name: 'task', type: { kind: 'pointer', space: 'kernel', target: struct }, span };
  }

  private given<Value>(
    given: { value: Value } | { missing: string; hints: readonly string[] },
    name: string,
    span: Span,
  ): Value | undefined {
    if ('value' in given) return given.value;
    this.sink.add('name-unknown', `"${name}" is not there: ${given.missing}`, span, { hints: given.hints });
    return undefined;
  }

  private member(expression: MemberAccess): Typed | undefined {
    const { object, member, memberSpan, span } = expression;
    const saved = this.fromStart(expression);
    if (saved !== undefined) return saved.typed;
    if (object.kind === 'name' && !this.scope.lets.has(object.name)) {
      if (object.name === 'args') return this.argument(member, memberSpan, span);
      if (object.name === 'param') return this.param(member, memberSpan, span);
      if (object.name === 'hook') {
        if (member === 'name') return this.scope.hookName(span);
        this.sink.add('member-unknown', `hook has no "${member}"`, memberSpan, { hints: ['there is hook.name'] });
        return undefined;
      }
    }
    const lookup = this.mapAccess(expression);
    if (lookup !== undefined) return lookup.typed;
    const value = this.check(object);
    return value && memberOf(unwrapLet(value), member, memberSpan, span, this.sink);
  }

  /** A chain that begins with `start.`: the rest of it, as of the start. */
  private fromStart(expression: MemberAccess | IndexAccess): { typed: Typed | undefined } | undefined {
    if (rootName(expression) !== 'start' || this.scope.lets.has('start')) return undefined;
    const save = this.given(this.scope.start, 'start', expression.span);
    if (save === undefined) return { typed: undefined };
    return { typed: save(withoutRoot(expression), expression.span) };
  }

  private argument(name: string, nameSpan: Span, span: Span): Typed | undefined {
    const list = this.given(this.scope.args, 'args', span);
    if (list === undefined) return undefined;
    const found = list.get(name);
    if (found !== undefined) return found(span);
    const known = list.names();
    const hints = didYouMean(name, known);
    hints.push(known.length === 0 ? `${list.owner} has no arguments` : `its arguments are ${known.join(', ')}`);
    this.sink.add('member-unknown', `${list.owner} has no argument "${name}"`, nameSpan, { hints });
    return undefined;
  }

  private param(name: string, nameSpan: Span, span: Span): Typed | undefined {
    this.scope.used.params.add(name);
    const type = this.scope.params.get(name);
    if (type !== undefined) return { op: 'param', name, type, span };
    const hints = didYouMean(name, this.scope.params.keys());
    if (this.scope.params.size === 0) hints.push('the pipeline declares no params');
    this.sink.add('name-unknown', `there is no param "${name}"`, nameSpan, { hints });
    return undefined;
  }

  private index(expression: IndexAccess): Typed | undefined {
    const saved = this.fromStart(expression);
    if (saved !== undefined) return saved.typed;
    const lookup = this.mapAccess(expression);
    if (lookup !== undefined) return lookup.typed;
    const object = this.check(expression.object);
    const [first, second] = expression.indices;
    if (first === undefined) return undefined;
    const index = this.check(first);
    if (second !== undefined) {
      this.sink.add('type-mismatch', 'only a map takes a key of several parts', second.span);
      return undefined;
    }
    return object && index && elementOf(unwrapLet(object), index, expression.span, this.sink);
  }

  /** `map[key]` and `map[key].member`; `undefined` for what is no map. */
  private mapAccess(expression: MemberAccess | IndexAccess): { typed: Typed | undefined } | undefined {
    const index = expression.kind === 'index' ? expression : expression.object;
    if (index.kind !== 'index' || index.object.kind !== 'name' || this.scope.lets.has(index.object.name))
      return undefined;
    const map = this.scope.maps.get(index.object.name);
    if (map === undefined) return undefined;
    const member = expression.kind === 'member' ? expression.member : '';
    const memberSpan = expression.kind === 'member' ? expression.memberSpan : expression.span;
    return { typed: this.lookup(map, index, member, memberSpan, expression.span) };
  }

  private lookup(map: MapShape, index: IndexAccess, member: string, memberSpan: Span, span: Span): Typed | undefined {
    map.used = true;
    const key = this.mapKey(map, index.indices, index.span);
    const held = mapMember(map, member, memberSpan, this.sink);
    if (key === undefined || held === undefined) return undefined;
    if (map.perCpu) {
      this.sink.add(
        'map-value',
        `"${map.name}" holds one value a processor, so a program cannot read the whole of it`,
        span,
        {
          hints: ['use a map of type hash or array for values that programs read'],
        },
      );
      return undefined;
    }
    const { holds } = held;
    if (typeof holds === 'string' && holds !== 'count' && holds !== 'sum') {
      this.sink.add('map-value', `a ${holds} is known only when the map is shown`, span, {
        hints: ['count, sum and plain values can be read in expressions'],
      });
      return undefined;
    }
    const type: Type = typeof holds === 'string' ? (holds === 'sum' ? types.i64 : types.u64) : holds;
    return { op: 'lookup', map: map.name, key, member, type, span };
  }

  /** The parts of a key as the map declares them; fills in an undeclared key. */
  mapKey(map: MapShape, indices: readonly Expression[], span: Span): readonly Typed[] | undefined {
    const values = indices.map((each) => {
      const value = this.value(each);
      return value && this.kernelStage(value, 'a map key');
    });
    if (values.some((value) => value === undefined)) return undefined;
    const parts = values.filter((value): value is Typed => value !== undefined);
    map.key ??= parts.map((part, position) => ({
      name: keyName(indices[position], position),
      type: keyType(part.type),
    }));
    if (map.key.length !== parts.length) {
      const wanted = map.key
        .map((each) => `${each.name === '' ? '' : `${each.name}: `}${describeType(each.type)}`)
        .join(', ');
      this.sink.add(
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
      return (
        part &&
        fitInto(part, type, name === '' ? `the key of "${map.name}"` : `the key "${name}" of "${map.name}"`, this.sink)
      );
    });
    return fitted.every((each) => each !== undefined)
      ? fitted.filter((each): each is Typed => each !== undefined)
      : undefined;
  }

  private call(expression: Call): Typed | undefined {
    const { callee, calleeSpan, span } = expression;
    if (callee === 'enum') return this.enumCall(expression);
    if (callee === 'either') return this.either(expression);
    if (aggregations.has(callee)) {
      this.sink.add('function-unknown', `${callee}() changes a map, so it stands under "update:"`, calleeSpan);
      return undefined;
    }
    const found = findFunction(callee, calleeSpan, expression.arguments.length, this.sink);
    const checked = expression.arguments.map((each) => (callee === 'if' ? this.value(each) : this.check(each)));
    if (found === undefined || checked.some((each) => each === undefined)) return undefined;
    const values = checked
      .filter((each): each is Typed => each !== undefined)
      .map((each) => (found.stage === 'kernel' ? this.kernelStage(unwrapLet(each), `${callee}()`) : each));
    return found.check({ arguments: values, span, names: this.scope.names, sink: this.sink });
  }

  /** `enum(x, NAME)`: a number shown as the enumerator's name. */
  private enumCall(expression: Call): Typed | undefined {
    const [value, name] = expression.arguments;
    if (value === undefined || name?.kind !== 'name' || expression.arguments.length !== 2) {
      this.sink.add('function-arguments', 'enum() takes a number and the name of an enum', expression.span, {
        hints: ['enum(x, req_op)'],
      });
      return undefined;
    }
    const type = this.scope.names.enumeration(name.name);
    if (type === undefined) {
      this.sink.add('type-unknown', `${this.scope.names.label} has no enum "${name.name}"`, name.span, {
        hints: didYouMean(name.name, this.scope.names.names('enum')),
      });
      return undefined;
    }
    const typed = this.check(value);
    if (typed === undefined) return undefined;
    if (integerShape(typed.type) === undefined) {
      this.sink.add('type-mismatch', `enum() takes a number; this is ${describeType(typed.type)}`, value.span);
      return undefined;
    }
    return { op: 'convert', operand: typed, type, span: expression.span };
  }

  /** The first alternative that this kernel's types have. */
  private either(expression: Call): Typed | undefined {
    if (expression.arguments.length < 2) {
      this.sink.add('function-arguments', 'either() takes two or more alternatives', expression.span, {
        hints: ['either(task.__state, task.state)'],
      });
      return undefined;
    }
    let reasons = this.sink.diagnostics.length;
    const before = reasons;
    for (const alternative of expression.arguments) {
      reasons = this.sink.diagnostics.length;
      const typed = this.check(alternative);
      if (typed !== undefined && this.sink.diagnostics.length === reasons) {
        this.sink.diagnostics.length = before;
        return typed;
      }
    }
    return undefined;
  }

  private binary(expression: Binary): Typed | undefined {
    if (expression.operator === '??') {
      const left = this.check(expression.left);
      const right = this.check(expression.right);
      if (left === undefined || right === undefined) return undefined;
      if (left.op !== 'lookup') return binary(expression, left, right, this.sink);
      const fallback = fitInto(right, left.type, 'the map’s value', this.sink);
      return fallback && { ...left, fallback, span: expression.span };
    }
    const left = this.value(expression.left);
    const right = this.value(expression.right);
    if (left === undefined || right === undefined) return undefined;
    return binary(expression, this.kernelStage(left, 'an operator'), this.kernelStage(right, 'an operator'), this.sink);
  }

  private membership({ value, set, span }: Membership): Typed | undefined {
    if ('map' in set) {
      const map = set.map.kind === 'name' ? this.scope.maps.get(set.map.name) : undefined;
      if (map === undefined) {
        this.sink.add('map-unknown', 'a map or a list should stand after "in"', set.map.span, {
          hints: [
            'write x in [1, 2, 3]',
            ...(set.map.kind === 'name' ? didYouMean(set.map.name, this.scope.maps.keys()) : []),
          ],
        });
        return undefined;
      }
      map.used = true;
      const key = this.mapKey(map, [value], span);
      return key && { op: 'contains', map: map.name, key, type: types.bool, span };
    }
    const typed = this.value(value);
    if (typed === undefined) return undefined;
    let any: Typed | undefined;
    for (const item of set.list) {
      const right = this.value(item);
      const equal =
        right &&
        binary(
          { kind: 'binary', operator: '==', operatorSpan: span, left: value, right: item, span },
          typed,
          right,
          this.sink,
        );
      if (equal === undefined) return undefined;
      any =
        any === undefined ? equal : { op: 'binary', operator: 'or', left: any, right: equal, type: types.bool, span };
    }
    return any ?? { op: 'constant', value: 0n, type: types.bool, span };
  }

  private cast(operand: Typed, to: Type, span: Span): Typed | undefined {
    const from = operand.type;
    // `x as struct request` is a pointer to one: a struct is never a value.
    const type: Type =
      to.kind === 'struct'
        ? { kind: 'pointer', space: from.kind === 'pointer' ? from.space : 'kernel', target: to }
        : to;
    const number = integerShape(from);
    if (integerShape(type) !== undefined && (number !== undefined || from.kind === 'pointer')) {
      if (operand.op === 'constant' && type.kind === 'int') {
        const value = type.signed ? BigInt.asIntN(type.bits, operand.value) : BigInt.asUintN(type.bits, operand.value);
        return { op: 'constant', value, type, span };
      }
      return { op: 'convert', operand, type, span };
    }
    if (type.kind === 'pointer' && (from.kind === 'pointer' || number?.bits === 64 || operand.op === 'place')) {
      return { op: 'convert', operand, type, span };
    }
    this.sink.add('type-mismatch', `${describeType(from)} cannot be read as ${describeType(to)}`, span, {
      hints: type.kind === 'string' ? ['read text with str(pointer)'] : type.kind === 'ip' ? ['write ip(x)'] : [],
    });
    return undefined;
  }

  /** Tells where a value that exists only in user space is used in the kernel; gives the value back so that checking goes on. */
  private kernelStage(value: Typed, where: string): Typed {
    if (value.op === 'userCall') {
      this.sink.add(
        'stage',
        `${value.function}() runs in user space, but ${where} needs its value in the kernel`,
        value.span,
        {
          hints: ['compare the number itself here, and show the name as a field'],
        },
      );
    }
    return value;
  }
}

export const aggregations = new Set(['count', 'sum', 'min', 'max', 'avg', 'stats', 'hist', 'lhist', 'delete']);
for (const shared of ['min', 'max']) aggregations.delete(shared);

export function mapMember(
  map: MapShape,
  member: string,
  span: Span,
  sink: DiagnosticSink,
): MapShape['value'][number] | undefined {
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
  if (expression?.kind === 'member') return expression.member;
  return position === 0 ? 'key' : `key${position + 1}`;
}

function rootName(expression: Expression): string | undefined {
  if (expression.kind === 'member' || expression.kind === 'index') return rootName(expression.object);
  return expression.kind === 'name' ? expression.name : undefined;
}

/** `start.args.rq.flags` → `args.rq.flags`. */
function withoutRoot(expression: MemberAccess | IndexAccess): Expression {
  const { object } = expression;
  if (object.kind === 'name' && expression.kind === 'member') {
    return { kind: 'name', name: expression.member, span: expression.memberSpan };
  }
  if (object.kind !== 'member' && object.kind !== 'index') return expression;
  return { ...expression, object: withoutRoot(object) };
}

/** Members are taken of what a let stands for. */
function unwrapLet(value: Typed): Typed {
  return value.op === 'let' && value.value.op === 'place' ? value.value : value;
}
