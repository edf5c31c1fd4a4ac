/**
 * The functions of the language. Each says its signature, its stage and what it becomes. Kernel-stage functions become typed nodes; user-stage ones a
 * `userCall`, whose implementation stands in `events/functions.ts` under the same name.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { TypeSource } from '../type-source.js';
import type { AddressSpace, StringType, Type } from '../types.js';
import * as types from '../types.js';
import { canBeEqual } from './comparison.js';
import { describeType } from './describe.js';
import { integerShape, sameType } from './fit.js';
import { memberOf } from './members.js';
import { asCondition } from './operators.js';
import { socketAddress } from './sockets.js';
import { stackFunctions } from './stacks.js';
import { symbolFunctions } from './symbols.js';
import { defaultStringMax, largestString } from './type-from-name.js';
import type { KernelFunction, TextTest, Typed } from './typed.js';

export interface FunctionCall {
  readonly arguments: readonly Typed[];
  readonly span: Span;
  readonly names: TypeSource;
  readonly sink: DiagnosticSink;
}

export interface LanguageFunction {
  readonly name: string;
  readonly stage: 'kernel' | 'user';
  /** For help: `str(pointer[, max])`. */
  readonly signature: string;
  readonly description: string;
  readonly arity: readonly [minimum: number, maximum: number];
  /** Whether arguments may be structs and arrays in memory; otherwise a char array comes as its text. */
  readonly takes?: 'places';
  check(call: FunctionCall): Typed | undefined;
}

const all: LanguageFunction[] = [
  byteSwap('ntohs', 16),
  byteSwap('ntohl', 32),
  byteSwap('ntohll', 64),
  {
    name: 'str',
    takes: 'places',
    stage: 'kernel',
    signature: 'str(pointer[, max])',
    description: `the NUL-terminated text at an address, at most max bytes (${defaultStringMax} when left out, ${largestString} at most)`,
    arity: [1, 2],
    check: ({ arguments: [from, max], sink, span }) => {
      const limit = max === undefined ? defaultStringMax : sizeConstant(max, sink);
      if (from === undefined || limit === undefined) return undefined;
      if (from.op === 'readText')
        return { ...from, type: { kind: 'string', max: Math.min(limit, from.type.max) }, span };
      return textAt(from, limit, span, sink);
    },
  },
  {
    name: 'bytes',
    takes: 'places',
    stage: 'kernel',
    signature: 'bytes(pointer, length[, max])',
    description: `length bytes at an address, at most max of them (64 when left out and length is no constant, ${largestString} at most)`,
    arity: [2, 3],
    check: ({ arguments: [from, length, max], sink, span }) => {
      if (from === undefined || length === undefined) return undefined;
      const limit =
        max !== undefined ? sizeConstant(max, sink) : length.op === 'constant' ? sizeConstant(length, sink) : 64;
      const place = addressAndSpace(from, sink);
      if (limit === undefined || place === undefined) return undefined;
      if (integerShape(length.type) === undefined) return wrongArgument(sink, length, 'a length is a number');
      return { op: 'readBytes', ...place, length, type: { kind: 'bytes', max: limit }, span };
    },
  },
  {
    name: 'ip',
    takes: 'places',
    stage: 'kernel',
    signature: 'ip(address)',
    description: 'an IP address from a big-endian 32-bit number (IPv4), or from 16 bytes or a struct in6_addr (IPv6)',
    arity: [1, 1],
    check: ({ arguments: [from], sink, span }) => {
      if (from === undefined) return undefined;
      if (integerShape(from.type)?.bits === 32) return { op: 'makeIp', v4: from, type: types.ip, span };
      const sixteen =
        from.op === 'place' &&
        ((from.type.kind === 'struct' && from.type.byteSize === 16) ||
          (from.type.kind === 'array' && from.type.count === 16 && integerShape(from.type.element)?.bits === 8));
      if (sixteen && from.op === 'place') {
        return { op: 'makeIp', v6: { address: from, space: from.space }, type: types.ip, span };
      }
      const four = from.op === 'place' && from.type.kind === 'array' && from.type.count === 4;
      return wrongArgument(
        sink,
        from,
        'ip() takes a big-endian 32-bit number or 16 bytes',
        four ? ['say (… as u32 *)[0] for 4 bytes'] : [],
      );
    },
  },
  ...(['saddr', 'daddr'] as const).map(
    (name): LanguageFunction => ({
      name,
      takes: 'places',
      stage: 'kernel',
      signature: `${name}(sock)`,
      description: `the ${name === 'saddr' ? 'local' : 'remote'} address of a struct sock *`,
      arity: [1, 1],
      check: ({ arguments: [sock], names, sink, span }) => {
        const typed = sock && asSocket(sock, names, sink);
        return typed && socketAddress(typed, name, span, sink);
      },
    }),
  ),
  socketMember('sport', 'the local port of a struct sock *, in host order', 'skc_num'),
  socketMember('dport', 'the remote port of a struct sock *, in host order', 'skc_dport'),
  socketMember('family', 'the address family of a struct sock *', 'skc_family'),
  ...(['min', 'max'] as const).map(
    (name): LanguageFunction => ({
      name,
      stage: 'kernel',
      signature: `${name}(a, b)`,
      description: `the ${name === 'min' ? 'smaller' : 'larger'} of two numbers`,
      arity: [2, 2],
      check: ({ arguments: operands, sink, span }) => {
        const shapes = operands.map((each) => integerShape(each.type));
        const wrong = operands.find((each) => integerShape(each.type) === undefined);
        if (wrong !== undefined) return wrongArgument(sink, wrong, `${name}() takes numbers`);
        const adapts = (each: Typed): boolean => each.op === 'constant' && each.value >= 0n && each.value < 1n << 63n;
        const signed = shapes.some(
          (shape, index) => shape?.signed && !(operands[index] !== undefined && adapts(operands[index])),
        );
        const unsigned = operands.find(
          (each, index) => shapes[index]?.signed === false && shapes[index]?.bits === 64 && !adapts(each),
        );
        if (signed && unsigned !== undefined) {
          sink.add('sign-mismatch', `${name}() of a signed and an unsigned number`, span, {
            hints: ['write "as i64" after the unsigned one'],
          });
          return undefined;
        }
        return kernelCall(name, operands, withMeaningOf(operands, signed ? types.i64 : types.u64), span);
      },
    }),
  ),
  {
    name: 'abs',
    stage: 'kernel',
    signature: 'abs(x)',
    description: 'a number without its sign',
    arity: [1, 1],
    check: ({ arguments: [x], sink, span }) => {
      if (x === undefined) return undefined;
      if (integerShape(x.type) === undefined) return wrongArgument(sink, x, 'abs() takes a number');
      return kernelCall('abs', [x], withMeaningOf([x], types.u64), span);
    },
  },
  {
    name: 'log2',
    stage: 'kernel',
    signature: 'log2(x)',
    description: 'the position of the highest bit that is set, 0 for 0',
    arity: [1, 1],
    check: ({ arguments: [x], sink, span }) => {
      if (x === undefined) return undefined;
      if (integerShape(x.type) === undefined) return wrongArgument(sink, x, 'log2() takes a number');
      return kernelCall('log2', [x], types.u64, span);
    },
  },
  {
    name: 'starts_with',
    stage: 'kernel',
    signature: 'starts_with(text, "beginning")',
    description: 'whether a text begins with a constant one',
    arity: [2, 2],
    check: ({ arguments: [text, beginning], sink, span }) => {
      if (text === undefined || beginning === undefined) return undefined;
      if (text.type.kind !== 'string' && text.type.kind !== 'comm')
        return wrongArgument(sink, text, 'starts_with() takes a text', ['read it with str(…)']);
      if (beginning.op !== 'text') return wrongArgument(sink, beginning, 'the beginning is a text literal');
      const test: TextTest = { op: 'textTest', test: 'starts with', text, wanted: beginning, type: types.bool, span };
      return canBeEqual(test, sink) ? test : undefined;
    },
  },
  {
    name: 'if',
    stage: 'kernel',
    signature: 'if(condition, a, b)',
    description: 'a where the condition holds, else b; only the chosen one is computed',
    arity: [3, 3],
    check: ({ arguments: [test, a, b], sink, span }) => {
      if (test === undefined || a === undefined || b === undefined) return undefined;
      const condition = asCondition(test, sink);
      const type = commonType(a, b, sink);
      return condition && type && { op: 'choice', condition, whenTrue: a, whenFalse: b, type, span };
    },
  },
  ...stackFunctions,
  ...symbolFunctions,
  userFunction('errno', 'errno(x)', 'the name of an error number: ENOENT for 2', 'string'),
  userFunction('signal', 'signal(x)', 'the name of a signal: SIGKILL for 9', 'string'),
  userFunction('hex', 'hex(x)', 'a number in hexadecimal: 0xff', 'string'),
  userFunction('user', 'user(uid)', 'the name of a user', 'string'),
  userFunction('group', 'group(gid)', 'the name of a group', 'string'),
  userFunction('syscall', 'syscall(nr)', 'the name of a system call by its number', 'string'),
];

export const functions: ReadonlyMap<string, LanguageFunction> = new Map(all.map((each) => [each.name, each]));

/** Text at what a pointer, a char array or a number of 64 bits stands for. */
export function textAt(from: Typed, max: number, span: Span, sink: DiagnosticSink): Typed | undefined {
  if (from.op === 'place' && from.type.kind === 'struct' && from.type.text !== undefined)
    return countedText(from, from.type.text, max, span, sink);
  const place = addressAndSpace(from, sink);
  if (place === undefined) return undefined;
  const array = from.op === 'place' && from.type.kind === 'array' ? from.type.count : 0;
  const type: StringType = { kind: 'string', max: array > 1 ? Math.min(max, array - 1) : max };
  return { op: 'readText', ...place, type, span, ...(array > 0 ? { limit: array } : {}) };
}

/** Text that says how long it is: it may be anything but NUL-terminated. */
function countedText(
  from: Typed,
  members: { readonly pointer: string; readonly length: string },
  max: number,
  span: Span,
  sink: DiagnosticSink,
): Typed | undefined {
  const pointer = memberOf(from, members.pointer, span, span, sink);
  const length = memberOf(from, members.length, span, span, sink);
  if (pointer === undefined || length === undefined) return undefined;
  // The struct may lie in a program's own memory; what it points at is the process's.
  return { op: 'readText', address: pointer, space: 'user', length, type: { kind: 'string', max }, span };
}

function addressAndSpace(from: Typed, sink: DiagnosticSink): { address: Typed; space: AddressSpace } | undefined {
  if (from.type.kind === 'pointer') {
    const { target } = from.type;
    const wide = target.kind === 'pointer';
    if (wide) return wrongArgument(sink, from, 'this points at a pointer', ['follow it with [0] first']);
    return { address: from, space: from.type.space };
  }
  if (from.op === 'place') return { address: from, space: from.space };
  const hints =
    integerShape(from.type)?.bits === 64
      ? ['say whose address it is: (… as user char *) or (… as char *)']
      : from.type.kind === 'string' || from.type.kind === 'comm'
        ? ['it is a text already']
        : [];
  return wrongArgument(sink, from, 'an address should stand here', hints);
}

function byteSwap(name: 'ntohs' | 'ntohl' | 'ntohll', bits: 16 | 32 | 64): LanguageFunction {
  const type = bits === 16 ? types.u16 : bits === 32 ? types.u32 : types.u64;
  return {
    name,
    stage: 'kernel',
    signature: `${name}(x)`,
    description: `a big-endian ${bits}-bit number in this machine's order`,
    arity: [1, 1],
    check: ({ arguments: [x], sink, span }) => {
      if (x === undefined) return undefined;
      const shape = integerShape(x.type);
      if (shape === undefined) return wrongArgument(sink, x, `${name}() takes a number`);
      if (shape.bits > bits && x.op !== 'constant') {
        return wrongArgument(sink, x, `${name}() takes ${bits} bits`, [
          shape.bits === 32 ? 'ntohl() is for 32 bits' : `cut it with "as u${bits}"`,
        ]);
      }
      return kernelCall(name, [x], type, span);
    },
  };
}

function socketMember(name: string, description: string, member: string): LanguageFunction {
  return {
    name,
    takes: 'places',
    stage: 'kernel',
    signature: `${name}(sock)`,
    description,
    arity: [1, 1],
    check: ({ arguments: [sock], names, sink, span }) => {
      const typed = sock && asSocket(sock, names, sink);
      const common = typed && memberOf(typed, '__sk_common', span, span, sink);
      const value = common && memberOf(common, member, span, span, sink);
      return value === undefined || member !== 'skc_dport' ? value : kernelCall('ntohs', [value], types.u16, span);
    },
  };
}

/** A `struct sock *`, also from the structs that begin with one (tcp_sock, inet_sock) and from an untyped pointer. */
function asSocket(value: Typed, names: TypeSource, sink: DiagnosticSink): Typed | undefined {
  const sock = names.struct('sock');
  if (sock === undefined) {
    sink.add('type-unknown', `${names.label} has no struct "sock"`, value.span);
    return undefined;
  }
  const target = value.type.kind === 'pointer' ? value.type.target : value.op === 'place' ? value.type : undefined;
  const named = target?.kind === 'struct' ? target.name : undefined;
  if (named === 'sock') return value;
  if (target?.kind === 'void' || (named !== undefined && /_sock$|_request_sock$|^sock_common$/.test(named))) {
    return {
      op: 'convert',
      operand: value,
      type: { kind: 'pointer', space: 'kernel', target: sock },
      span: value.span,
    };
  }
  const hints = named === 'socket' ? ['a struct socket holds it as .sk'] : [];
  return wrongArgument(sink, value, 'a struct sock * should stand here', hints);
}

function userFunction(name: string, signature: string, description: string, result: 'string'): LanguageFunction {
  return {
    name,
    stage: 'user',
    signature,
    description,
    arity: [1, 1],
    check: ({ arguments: [x], sink, span }) => {
      if (x === undefined) return undefined;
      if (integerShape(x.type) === undefined && x.type.kind !== 'pointer')
        return wrongArgument(sink, x, `${name}() takes a number`);
      return { op: 'userCall', function: name, arguments: [x], type: { kind: result, max: 64 }, span };
    },
  };
}

function kernelCall(name: KernelFunction, operands: readonly Typed[], type: Type, span: Span): Typed {
  return { op: 'call', function: name, arguments: operands, type, span };
}

function withMeaningOf(operands: readonly Typed[], type: typeof types.u64): Type {
  const meaning = operands
    .map((each) => (each.type.kind === 'int' ? each.type.meaning : undefined))
    .find((each) => each === 'duration');
  return meaning === undefined ? type : { ...type, meaning };
}

function commonType(a: Typed, b: Typed, sink: DiagnosticSink): Type | undefined {
  const left = integerShape(a.type);
  const right = integerShape(b.type);
  if (left !== undefined && right !== undefined) {
    if (a.type.kind === 'bool' && b.type.kind === 'bool') return types.bool;
    if (a.type.kind === 'enum' && b.type.kind === 'enum' && a.type.name === b.type.name) return a.type;
    const signed = (left.signed && !isSmall(a)) || (right.signed && !isSmall(b));
    return withMeaningOf([a, b], signed ? types.i64 : types.u64);
  }
  const text = (type: Type): boolean => type.kind === 'string' || type.kind === 'comm';
  if (text(a.type) && text(b.type)) {
    return { kind: 'string', max: Math.max(textMax(a.type), textMax(b.type)) };
  }
  if (a.type.kind === 'pointer' && b.type.kind === 'pointer' && a.type.space === b.type.space) {
    return samePointer(a.type.target, b.type.target) ? a.type : { ...a.type, target: types.voidType };
  }
  if (a.type.kind === b.type.kind && ['ip', 'mac', 'kstack', 'ustack'].includes(a.type.kind)) return a.type;
  sink.add(
    'type-mismatch',
    `the two values of if() differ: ${describeType(a.type)} and ${describeType(b.type)}`,
    b.span,
    {
      related: [{ message: `this one is ${describeType(a.type)}`, span: a.span }],
    },
  );
  return undefined;
}

/** Of other targets no one type could be told: the address of nothing in particular. */
function samePointer(a: Type, b: Type): boolean {
  return a.kind === 'struct' || a.kind === 'int' || a.kind === 'enum' || a.kind === 'bool' ? sameType(a, b) : false;
}

const isSmall = (value: Typed): boolean => value.op === 'constant' && value.value >= 0n;
const textMax = (type: Type): number => (type.kind === 'string' ? type.max : 15);

function sizeConstant(value: Typed, sink: DiagnosticSink): number | undefined {
  if (value.op === 'constant' && value.value >= 1n && value.value <= BigInt(largestString)) return Number(value.value);
  return wrongArgument(sink, value, `a constant from 1 to ${largestString} should stand here`);
}

function wrongArgument(
  sink: DiagnosticSink,
  argument: Typed,
  message: string,
  hints: readonly string[] = [],
): undefined {
  sink.add('type-mismatch', `${message}; this is ${describeType(argument.type)}`, argument.span, { hints });
}

/** Finds a function and tells of unknown names and wrong counts. */
export function findFunction(
  name: string,
  span: Span,
  count: number,
  sink: DiagnosticSink,
): LanguageFunction | undefined {
  const found = functions.get(name);
  if (found === undefined) {
    sink.add('function-unknown', `unknown function "${name}"`, span, { hints: didYouMean(name, functions.keys()) });
    return undefined;
  }
  const [minimum, maximum] = found.arity;
  if (count >= minimum && count <= maximum) return found;
  const wanted = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
  sink.add('function-arguments', `${name}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${count}`, span, {
    hints: [found.signature],
  });
  return undefined;
}
