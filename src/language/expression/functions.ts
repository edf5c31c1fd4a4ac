/**
 * The functions of the language. Each says its signature, its stage and what it becomes. Kernel-stage functions become typed nodes; user-stage ones a
 * `userCall`, whose implementation stands in `events/functions.ts` under the same name.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { Type } from '../types.js';
import * as types from '../types.js';
import { addressFunctions } from './address-functions.js';
import { describeType } from './describe.js';
import { familiarFunction } from './familiar-names.js';
import { fileFunctions } from './file-functions.js';
import { integerShape, sameType } from './fit.js';
import {
  addressAndSpace,
  kernelCall,
  type LanguageFunction,
  sizeConstant,
  textAt,
  wrongArgument,
} from './language-function.js';
import { nameFunctions } from './name-functions.js';
import { asCondition } from './operators.js';
import { stackFunctions } from './stacks.js';
import { symbolFunctions } from './symbols.js';
import { textFunctions } from './text-functions.js';
import { defaultStringMax, largestString } from './type-from-name.js';
import type { Typed } from './typed.js';

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
  ...addressFunctions,
  ...textFunctions,
  ...fileFunctions,
  ...nameFunctions,
];

export const functions: ReadonlyMap<string, LanguageFunction> = new Map(all.map((each) => [each.name, each]));

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

/** Finds a function and tells of unknown names and wrong counts. */
export function findFunction(
  name: string,
  span: Span,
  count: number,
  sink: DiagnosticSink,
): LanguageFunction | undefined {
  const found = functions.get(name);
  if (found === undefined) {
    sink.add('function-unknown', `unknown function "${name}"`, span, {
      hints: [...familiarFunction(name), ...didYouMean(name, functions.keys())].slice(0, 1),
    });
    return undefined;
  }
  const [minimum, maximum] = found.arity;
  if (count >= minimum && count <= maximum) return found;
  const wanted = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
  sink.add('function-arguments', `${name}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${count}`, span, {
    hints: [
      count === 0 && (name === 'kstack' || name === 'ustack')
        ? `write ${name} alone, or ${found.signature}`
        : found.signature,
    ],
  });
  return undefined;
}
