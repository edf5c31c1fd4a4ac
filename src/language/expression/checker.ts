/**
 * Expression tree + scope → typed tree. Every name is resolved and every operation typed here; what comes out can be turned into C or into a user-stage expression
 * without a further question. Errors carry the place and what would be right; after one, the surrounding expression is given up without a second error.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import { layeredTypes } from '../layered-types.js';
import type { TypeSource } from '../type-source.js';
import * as types from '../types.js';
import type { Binary, Call, Cast, Expression, IndexAccess, MemberAccess, Membership } from './ast.js';
import { castTo } from './cast.js';
import { enumCall, flagsCall } from './constant-names.js';
import { describeType } from './describe.js';
import { fitInto } from './fit.js';
import { findFunction } from './functions.js';
import { headerCall } from './headers.js';
import { textAt } from './language-function.js';
import { contains, fitKey, lookup, mapOf } from './map-access.js';
import { elementOf, memberOf } from './members.js';
import { given, nameValue } from './names.js';
import { joinedArgument, suggestQuotes } from './near-misses.js';
import { binary, unary } from './operators.js';
import type { MapShape, Scope } from './scope.js';
import { defaultStringMax, typeFromName } from './type-from-name.js';
import { stageOf, type Typed } from './typed.js';

/** They change maps, so they stand under `update:` only; min and max are functions, too. */
const aggregations = new Set(['count', 'sum', 'avg', 'stats', 'hist', 'lhist', 'bhist', 'delete', 'push']);

export class Checker {
  constructor(
    readonly scope: Scope,
    readonly sink: DiagnosticSink,
  ) {}

  /** What written names of types stand for. */
  get typeNames(): TypeSource {
    const { binary, names } = this.scope;
    return binary === undefined ? names : layeredTypes(binary, names);
  }

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
        return nameValue(this, expression);
      case 'member':
        return this.member(expression);
      case 'index':
        return this.index(expression);
      case 'call':
        return this.call(expression);
      case 'unary': {
        const operand = this.kernelValue(expression.operand, 'an operator');
        return operand && unary(expression, operand, this.sink);
      }
      case 'binary':
        return this.binary(expression);
      case 'in':
        return this.membership(expression);
      case 'cast':
        return this.cast(expression);
    }
  }

  /** A value that can be shown or stored: a char array is its text, a byte array its bytes. */
  value(expression: Expression): Typed | undefined {
    const typed = this.check(expression);
    return typed?.op === 'place' ? this.placeValue(typed) : typed;
  }

  /** A value that the kernel computes with. */
  kernelValue(expression: Expression, where: string): Typed | undefined {
    const typed = this.value(expression);
    return typed && this.inKernel(typed, where);
  }

  private placeValue(place: Extract<Typed, { op: 'place' }>): Typed | undefined {
    const { type, span } = place;
    if (type.kind === 'array') {
      const { element, count } = type;
      if (element.kind === 'int' && element.char && count > 0) return textAt(place, count, span, this.sink);
      if (element.kind === 'int' && element.bits === 8 && count > 0) {
        const length: Typed = { op: 'constant', value: BigInt(count), type: types.u64, span };
        return {
          op: 'readBytes',
          address: place,
          space: place.space,
          length,
          type: { kind: 'bytes', max: count },
          span,
        };
      }
    }
    if ((type.kind === 'struct' && type.text !== undefined) || isRecordText(place))
      return textAt(place, defaultStringMax, span, this.sink);
    const flexible = type.kind === 'array' && type.count === 0 && type.element.kind === 'int' && type.element.char;
    this.sink.add('type-mismatch', `${describeType(type)} is not one value`, span, {
      hints: [
        type.kind === 'struct'
          ? 'name one of its members'
          : flexible
            ? 'read text with str(…)'
            : 'take an element with [index]',
      ],
    });
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
    const map = mapOf(object, this.scope);
    if (map !== undefined && object.kind === 'index' && !holdsPointer(map))
      return lookup(this, map, object, { member, memberSpan, span });
    const value = this.check(object);
    return value && memberOf(value, member, memberSpan, span, this.sink);
  }

  /** A chain that begins with `start.`: the rest of it, as of the start. */
  private fromStart(expression: MemberAccess | IndexAccess): { typed: Typed | undefined } | undefined {
    if (rootName(expression) !== 'start' || this.scope.lets.has('start')) return undefined;
    const save = given(this.scope.start, 'start', expression.span, this.sink);
    if (save === undefined) return { typed: undefined };
    return { typed: save(withoutRoot(expression), expression.span) };
  }

  private argument(name: string, nameSpan: Span, span: Span): Typed | undefined {
    const list = given(this.scope.args, 'args', span, this.sink);
    if (list === undefined) return undefined;
    const found = list.get(name);
    if (found !== undefined) return found(span);
    const reason = list.unreadable?.(name);
    if (reason !== undefined) {
      this.sink.add('member-unknown', `the argument "${name}" of ${list.owner} cannot be read: ${reason}`, nameSpan);
      return undefined;
    }
    const absent = list.absent?.(name);
    if (absent !== undefined) {
      this.sink.add(absent.code, absent.message, nameSpan, { hints: absent.hints });
      return undefined;
    }
    const known = list.names();
    const hints = [...joinedArgument(name, list, nameSpan), ...didYouMean(name, known)].slice(0, 1);
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
    const map = mapOf(expression, this.scope);
    if (map !== undefined)
      return lookup(this, map, expression, { member: '', memberSpan: expression.span, span: expression.span });
    const object = this.check(expression.object);
    const [first, second] = expression.indices;
    if (first === undefined) return undefined;
    const index = this.kernelValue(first, 'an index');
    if (second !== undefined) {
      this.sink.add('type-mismatch', 'only a map takes a key of several parts', second.span, {
        hints: ['an array of arrays is read by [0][1]'],
      });
      return undefined;
    }
    return object && index && elementOf(object, index, expression.span, this.sink);
  }

  /** The parts of a key as the map declares them; fills in an undeclared key. */
  mapKey(map: MapShape, indices: readonly Expression[], span: Span): readonly Typed[] | undefined {
    const values = indices.map((each) => this.kernelValue(each, 'a map key'));
    const parts = values.filter((value) => value !== undefined);
    return parts.length < values.length ? undefined : fitKey(map, parts, indices, span, this.sink);
  }

  private call(expression: Call): Typed | undefined {
    const { callee, calleeSpan, span } = expression;
    if (callee === 'enum') return enumCall(this, expression);
    if (callee === 'flags') return flagsCall(this, expression);
    if (callee === 'either') return this.either(expression);
    if (callee === 'header' || callee === 'response_header') return headerCall(this, expression);
    if (aggregations.has(callee)) {
      this.sink.add('function-unknown', `${callee}() changes a map, so it stands under "update:"`, calleeSpan);
      return undefined;
    }
    const found = findFunction(callee, calleeSpan, expression.arguments.length, this.sink);
    const checked = expression.arguments.map((each) => {
      const value = found?.takes === 'places' ? this.check(each) : this.value(each);
      return found?.stage === 'kernel' ? value && this.inKernel(value, `${callee}()`) : value;
    });
    const values = checked.filter((each) => each !== undefined);
    if (found === undefined || values.length < checked.length) return undefined;
    return found.check({ arguments: values, span, names: this.scope.names, sink: this.sink });
  }

  /** The first alternative that this kernel's types have. */
  private either(expression: Call): Typed | undefined {
    if (expression.arguments.length < 2) {
      this.sink.add('function-arguments', 'either() takes two or more alternatives', expression.span, {
        hints: ['either(task.__state, task.state)'],
      });
      return undefined;
    }
    const before = this.sink.diagnostics.length;
    for (const alternative of expression.arguments) {
      const reasons = this.sink.diagnostics.length;
      const typed = this.check(alternative);
      if (typed !== undefined && this.sink.diagnostics.length === reasons) {
        this.sink.diagnostics.length = before;
        return typed;
      }
    }
    return undefined;
  }

  private binary(expression: Binary): Typed | undefined {
    if (expression.operator === '??') return this.withFallback(expression);
    const told = this.sink.diagnostics.length;
    const left = this.kernelValue(expression.left, 'an operator');
    const right = this.kernelValue(expression.right, 'an operator');
    if (left === undefined || right === undefined)
      suggestQuotes(expression, left ?? right, this.sink.diagnostics, told);
    return left && right && binary(expression, left, right, this.sink);
  }

  /** `map[key] ?? value`. */
  private withFallback(expression: Binary): Typed | undefined {
    const left = this.value(expression.left);
    const right = this.kernelValue(expression.right, 'a map');
    if (left === undefined || right === undefined) return undefined;
    if (left.op !== 'lookup') return binary(expression, left, right, this.sink);
    const fallback = fitInto(right, left.type, 'the map’s value', this.sink);
    return fallback && { ...left, fallback, span: expression.span };
  }

  private membership({ value, more = [], set, span }: Membership): Typed | undefined {
    if ('map' in set) {
      const map = set.map.kind === 'name' ? this.scope.maps.get(set.map.name) : undefined;
      if (map === undefined) {
        this.sink.add('map-unknown', 'a map or a list should stand after "in"', set.map.span, {
          hints: [
            ...(set.map.kind === 'name' ? didYouMean(set.map.name, this.scope.maps.keys()) : []),
            'write x in [1, 2, 3]',
          ],
        });
        return undefined;
      }
      return contains(this, map, { values: [value, ...more], set: set.map.span, span });
    }
    const typed = this.kernelValue(value, 'an operator');
    if (typed === undefined) return undefined;
    // What takes several steps is computed once for the whole list.
    const simple = typed.op === 'constant' || typed.op === 'text' || typed.op === 'load' || typed.op === 'let';
    const shared: Typed = simple
      ? typed
      : { op: 'let', name: 'listed', value: typed, type: typed.type, span: typed.span };
    const tests = set.list.map((item) => {
      const right = this.kernelValue(item, 'an operator');
      const asked: Binary = {
        kind: 'binary',
        operator: '==',
        operatorSpan: item.span,
        left: value,
        right: item,
        span: item.span,
      };
      return right && binary(asked, shared, right, this.sink);
    });
    const known = tests.filter((each) => each !== undefined);
    return known.length < tests.length ? undefined : anyOf(known, span);
  }

  private cast({ operand, type: written, span }: Cast): Typed | undefined {
    const value = this.check(operand);
    const type = typeFromName(written, this.typeNames, this.sink, written.user ? 'user' : 'kernel');
    const inKernel = value && this.inKernel(value, '"as"');
    return inKernel && type && castTo(inKernel, type, written.user, span, this.sink);
  }

  /** Refuses, where the kernel must know it, a value that exists only in user space. */
  private inKernel(value: Typed, where: string): Typed | undefined {
    if (stageOf(value) === 'kernel') return value;
    const call = value.op === 'let' ? value.value : value;
    const name = call.op === 'userCall' ? `${call.function}()` : 'this value';
    this.sink.add('stage', `${name} runs in user space, but ${where} needs its value in the kernel`, value.span, {
      hints: ['compare the number itself here, and show the name as a field'],
    });
    return undefined;
  }
}

/** A tracepoint's text of any length (`__data_loc char[]`). */
function isRecordText({ type, base }: Extract<Typed, { op: 'place' }>): boolean {
  const char = type.kind === 'array' && type.count === 0 && type.element.kind === 'int' && type.element.char === true;
  return char && base.op === 'context' && base.access.via === 'dynamic address';
}

/** Members of what such a map holds are those of what the pointer points at. */
function holdsPointer({ value: [only] }: MapShape): boolean {
  return only?.name === '' && typeof only.holds !== 'string' && only.holds.kind === 'pointer';
}

/** A balanced tree, since a list may be long. */
function anyOf(tests: readonly Typed[], span: Span): Typed {
  const [only] = tests;
  if (only === undefined) return { op: 'constant', value: 0n, type: types.bool, span };
  if (tests.length === 1) return only;
  const middle = tests.length >> 1;
  const left = anyOf(tests.slice(0, middle), span);
  const right = anyOf(tests.slice(middle), span);
  return { op: 'binary', operator: 'or', left, right, type: types.bool, span };
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
