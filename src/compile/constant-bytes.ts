/** A constant written in the YAML → its bytes as a map's key or value holds them. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { ipBytes, macBytes, networkBytes } from '../language/address-text.js';
import { Checker } from '../language/expression/checker.js';
import { describeType } from '../language/expression/describe.js';
import { fitInto, integerShape } from '../language/expression/fit.js';
import { parseExpression } from '../language/expression/parser.js';
import type { Names } from '../language/expression/scope.js';
import type { LocatedText } from '../language/spec.js';
import type { Type } from '../language/types.js';
import * as types from '../language/types.js';
import { constantScope } from './constant-scope.js';
import type { ValueType } from './manifest.js';
import { sizeOf } from './value-type.js';

export interface ConstantPlace {
  readonly type: Type;
  /** How its bytes lie. */
  readonly slot: ValueType;
  /** Of what it is: `the key of "watched"`. */
  readonly where: string;
}

/** `undefined` after a diagnostic. */
export function constantBytes(
  text: LocatedText,
  place: ConstantPlace,
  names: Names,
  sink: DiagnosticSink,
): Uint8Array | undefined {
  const { type, slot, where } = place;
  if (type.kind === 'pointer' || integerShape(type) !== undefined) {
    const value = integerOf(text, type.kind === 'pointer' ? types.u64 : type, where, names, sink);
    return value === undefined ? undefined : littleEndian(value, sizeOf(slot));
  }
  const refuse = (message: string, ...hints: string[]): undefined => {
    sink.add('bad-value', `${where} is ${message}, not "${text.text}"`, text.span, { hints });
  };
  switch (slot.kind) {
    case 'cidr': {
      const network = networkBytes(text.text.trim());
      if (network === undefined) return refuse('a network', 'such as 10.0.0.0/8, 2001:db8::/32, or one address');
      if (!network.exact) return refuse('a network', 'the bits behind the prefix must be zero');
      return network.bytes;
    }
    case 'ip':
      return ipBytes(text.text.trim()) ?? refuse('an address', 'such as 10.0.0.1 or 2001:db8::1');
    case 'mac':
      return macBytes(text.text.trim()) ?? refuse('a hardware address', 'such as 02:42:ac:11:00:02');
    case 'text':
      return paddedText(text.text, slot.size, (message) => refuse(message));
    case 'bytes':
      return hexBytes(text.text.trim(), slot.max, sizeOf(slot)) ?? refuse(`at most ${slot.max} bytes in hexadecimal`);
    default:
      return refuse(describeType(type));
  }
}

/** A number, a time, an enumerator, a macro, or an expression of them. */
function integerOf(
  text: LocatedText,
  type: Type,
  where: string,
  names: Names,
  sink: DiagnosticSink,
): bigint | undefined {
  const parsed = parseExpression(text, sink);
  const typed =
    parsed && new Checker(constantScope(names, 'it is not known before the pipeline runs'), sink).value(parsed);
  if (typed === undefined) return undefined;
  if (typed.op !== 'constant') {
    sink.add('bad-value', `${where} must be known before the pipeline runs, as a constant is`, text.span, {
      hints: [`write ${describeType(type)}: a number or the name of a constant`],
    });
    return undefined;
  }
  const fitted = fitInto(typed, type, where, sink);
  return fitted?.op === 'constant' ? fitted.value : undefined;
}

export function littleEndian(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = Number((BigInt.asUintN(64, value) >> BigInt(8 * at)) & 0xffn);
  return bytes;
}

function paddedText(text: string, size: number, refuse: (message: string) => undefined): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.includes(0)) return refuse('a text without NUL characters');
  if (bytes.length > size - 1) return refuse(`a text of at most ${size - 1} bytes`);
  const padded = new Uint8Array(size);
  padded.set(bytes);
  return padded;
}

/** Behind their count, as `bytes` lie. */
function hexBytes(text: string, max: number, size: number): Uint8Array | undefined {
  if (!/^([0-9a-fA-F]{2})*$/.test(text) || text.length > max * 2) return undefined;
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, text.length / 2, true);
  bytes.set(Buffer.from(text, 'hex'), 4);
  return bytes;
}
