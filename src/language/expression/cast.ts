/** `x as TYPE`. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import type { AddressSpace, Type } from '../types.js';
import { describeType } from './describe.js';
import { integerShape } from './fit.js';
import type { Typed } from './typed.js';

/** `user`: the type was written with that word. */
export function castTo(operand: Typed, to: Type, user: boolean, span: Span, sink: DiagnosticSink): Typed | undefined {
  const from = operand.type;
  const number = integerShape(from);
  // Text can be taken for a pointer by nothing but a place in memory.
  const address = from.kind === 'pointer' || number?.bits === 64 || operand.op === 'place';
  const type = pointerTo(to, user ? 'user' : spaceOf(operand));
  if (type.kind === 'pointer' && address) return { op: 'convert', operand, type, span };
  if (integerShape(type) !== undefined && (number !== undefined || from.kind === 'pointer')) {
    if (operand.op === 'constant')
      return constantAs(operand.value, type, span) ?? { op: 'convert', operand, type, span };
    return { op: 'convert', operand, type, span };
  }
  sink.add('type-mismatch', `${describeType(from)} cannot be read as ${describeType(to)}`, span, {
    hints: hintsFor(to, type, number !== undefined),
  });
  return undefined;
}

/** What a pointer into user memory is taken for is there, too, whether `user` is written again or not. */
function spaceOf(operand: Typed): AddressSpace {
  if (operand.op === 'place') return operand.space;
  return operand.type.kind === 'pointer' ? operand.type.space : 'kernel';
}

/** `x as struct request` is a pointer to one: a struct is never a value. */
function pointerTo(to: Type, space: AddressSpace): Type {
  if (to.kind === 'struct') return { kind: 'pointer', space, target: to };
  return to.kind === 'pointer' ? { ...to, space } : to;
}

function constantAs(value: bigint, type: Type, span: Span): Typed | undefined {
  if (type.kind === 'bool') return { op: 'constant', value: value === 0n ? 0n : 1n, type, span };
  if (type.kind !== 'int') return undefined;
  const cut = type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
  return { op: 'constant', value: cut, type, span };
}

function hintsFor(to: Type, type: Type, number: boolean): string[] {
  if (to.kind === 'string') return ['read text with str(pointer)'];
  if (to.kind === 'ip') return ['write ip(x)'];
  return type.kind === 'pointer' && number ? ['an address has 64 bits: write x as u64 first'] : [];
}
