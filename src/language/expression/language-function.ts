/** What a function of the language is, and what the functions share: their arguments' addresses and sizes, and what they become. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import type { TypeSource } from '../type-source.js';
import type { AddressSpace, StringType, Type } from '../types.js';
import { describeType } from './describe.js';
import { integerShape } from './fit.js';
import { memberOf } from './members.js';
import { largestString } from './type-from-name.js';
import type { KernelFunction, Typed } from './typed.js';

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

/** The longest text that a user-stage function gives, unless it says more. */
const nameLength = 64;

/** A function that user space computes, from one number. */
export function ofNumber(name: string, signature: string, description: string): LanguageFunction {
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
      return userCall(name, [x], span);
    },
  };
}

export function userCall(name: string, values: readonly Typed[], span: Span, max = nameLength): Typed {
  return { op: 'userCall', function: name, arguments: values, type: { kind: 'string', max }, span };
}

export function kernelCall(name: KernelFunction, operands: readonly Typed[], type: Type, span: Span): Typed {
  return { op: 'call', function: name, arguments: operands, type, span };
}

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

export function addressAndSpace(
  from: Typed,
  sink: DiagnosticSink,
): { address: Typed; space: AddressSpace } | undefined {
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

export function sizeConstant(value: Typed, sink: DiagnosticSink): number | undefined {
  if (value.op === 'constant' && value.value >= 1n && value.value <= BigInt(largestString)) return Number(value.value);
  return wrongArgument(sink, value, `a constant from 1 to ${largestString} should stand here`);
}

export function wrongArgument(
  sink: DiagnosticSink,
  argument: Typed,
  message: string,
  hints: readonly string[] = [],
): undefined {
  sink.add('type-mismatch', `${message}; this is ${describeType(argument.type)}`, argument.span, { hints });
}
