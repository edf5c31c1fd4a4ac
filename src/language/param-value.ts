/**
 * The text of a param's value → the value, as the param's type wants it. Types that only a kernel knows are checked with
 * the kernel's types later; here their values are taken as they are written.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { durationUnits, nanoseconds, sizeUnits, unitNames } from './units.js';

/** The kernel's task names have 16 bytes with the NUL at their end. */
const longestComm = 15;
const defaultString = 128;

export type ParamValue = string | bigint | boolean;

export interface ParamText {
  readonly name: string;
  /** As declared: `u16`, `string(64)`. */
  readonly type: string;
  readonly text: string;
  readonly span: Span;
}

/** `undefined` after a diagnostic. */
export function paramValue(given: ParamText, sink: DiagnosticSink): ParamValue | undefined {
  const type = given.type.trim();
  const refuse = (wanted: string, ...hints: string[]): undefined => {
    sink.add('param-value', `the param "${given.name}" is ${wanted}, not "${given.text}"`, given.span, { hints });
  };
  const integer = /^([ui])(8|16|32|64)$/.exec(type);
  if (integer !== null) return integerValue(given.text, integer[1] === 'i', Number(integer[2]), type, refuse);
  if (type === 'bool') {
    const text = given.text.toLowerCase();
    const meant = /^(yes|on|y|1)$/.test(text) ? ['write true'] : /^(no|off|n|0)$/.test(text) ? ['write false'] : [];
    return text === 'true' || text === 'false' ? text === 'true' : refuse('a bool: true or false', ...meant);
  }
  if (type === 'duration') {
    const value = given.text.trim() === '0' ? 0n : nanoseconds(given.text);
    const number = /^[0-9]+$/.test(given.text.trim());
    if (value === undefined)
      return refuse('a duration, such as 10ms or 2s', ...(number ? [`write ${given.text}ms or ${given.text}s`] : []));
    return value > maximum(64, false) ? refuse('a duration of at most 584 years') : value;
  }
  const text = type === 'comm' ? longestComm : textBytes(type);
  if (text !== undefined) {
    if (given.text.includes('\0')) return refuse(`a ${type}, without NUL characters`);
    const bytes = Buffer.byteLength(given.text);
    return bytes <= text ? given.text : refuse(`a ${type}: at most ${text} bytes`, `this has ${bytes}`);
  }
  const plain = integerOf(given.text);
  if (plain !== undefined && 'value' in plain) return plain.value;
  return given.text === 'true' || given.text === 'false' ? given.text === 'true' : given.text;
}

function textBytes(type: string): number | undefined {
  const match = /^string\s*(?:\(\s*([0-9]+)\s*\))?$/.exec(type);
  return match === null ? undefined : Number(match[1] ?? defaultString);
}

function maximum(bits: number, signed: boolean): bigint {
  return (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
}

function integerValue(
  text: string,
  signed: boolean,
  bits: number,
  type: string,
  refuse: (wanted: string, ...hints: string[]) => undefined,
): bigint | undefined {
  const high = maximum(bits, signed);
  const low = signed ? -high - 1n : 0n;
  const read = integerOf(text);
  if (read === undefined) return refuse(`of type ${type}, a whole number from ${low} to ${high}`);
  if ('unit' in read) {
    return refuse(`of type ${type}`, `"${read.unit}" is no unit: the units are ${unitNames.join(' ')}`);
  }
  const { value } = read;
  return value < low || value > high ? refuse(`of type ${type}, from ${low} to ${high}`) : value;
}

/** `-1`, `0x1f`, `1_000`, `10ms` (nanoseconds), `4KiB`. */
function integerOf(text: string): { value: bigint } | { unit: string } | undefined {
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)([A-Za-z]*)\s*$/.exec(text);
  if (match === null) return undefined;
  const digits = (match[2] ?? '').replaceAll('_', '').toLowerCase();
  // More digits than any integer has would only take time.
  if (/^0[xbo]$/.test(digits) || digits.length > 80) return undefined;
  const unit = match[3] ?? '';
  const factor = unit === '' ? 1n : (durationUnits.get(unit) ?? sizeUnits.get(unit));
  if (factor === undefined) return { unit };
  const value = BigInt(digits) * factor;
  return { value: match[1] === '-' ? -value : value };
}
