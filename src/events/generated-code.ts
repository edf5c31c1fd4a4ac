/**
 * What the generators of encoders share: reading a slot, and turning source text into a function. Only numbers from the
 * layout and JSON.stringify'd text ever become code; functions and tables go in as values by generated names.
 */
import type { Slot, UserExpression, ValueType } from '../compile/manifest.js';
import { userFunctions } from './functions.js';
import type { StackTable } from './stack-table.js';
import { symbolFunctions } from './symbol-functions.js';
import type { UserValue } from './user-value.js';

/** The values that generated code uses, by the identifiers it knows them under. */
export class Bindings {
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];

  /** The identifier for `value`. */
  bind(prefix: string, value: unknown): string {
    const known = this.#values.indexOf(value);
    if (known >= 0) return this.#names[known] ?? '';
    const name = `${prefix}${this.#names.length}`;
    this.#names.push(name);
    this.#values.push(value);
    return name;
  }

  /** Runs `body` (which ends in a `return` of the function wanted) with the bound values in scope. */
  build(body: string): unknown {
    return new Function(...this.#names, `'use strict';\n${body}`)(...this.#values);
  }
}

/** Names in generated code: `s` and `v` the ring's bytes and view, `r` where the record begins. */
export function address(slot: Slot): string {
  return `r + ${integer(slot.offset)}`;
}

/** A layout's number as code; anything else that a broken manifest could hold there is refused. */
export function integer(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not an offset: ${JSON.stringify(value)}`);
  return String(value);
}

export function lowWord(slot: Slot): string {
  return `v.getUint32(${address(slot)}, true)`;
}

export function highWord(slot: Slot): string {
  return `v.getUint32(r + ${integer(slot.offset + 4)}, true)`;
}

/** An integer of at most four bytes as an expression of a number. */
export function smallInteger(slot: Slot, bytes: 1 | 2 | 4, signed: boolean): string {
  if (bytes === 1) return signed ? `v.getInt8(${address(slot)})` : `s[${address(slot)}]`;
  return `v.get${signed ? 'Int' : 'Uint'}${bytes === 2 ? 16 : 32}(${address(slot)}, true)`;
}

/** A bigint: ids have 64 bits. */
export function stackId(slot: Slot): string {
  return `v.getBigUint64(${address(slot)}, true)`;
}

export function boolean(slot: Slot): string {
  return Array.from({ length: slot.size }, (_, index) => `s[r + ${integer(slot.offset + index)}] !== 0`).join(' || ');
}

/** Where a text's, string's or bytes' content begins and ends. */
export function extent(
  slot: Slot,
  type: Extract<ValueType, { kind: 'string' | 'bytes' | 'text' }>,
  names: ExtentFunctions,
): { from: string; to: string } {
  if (type.kind === 'text')
    return {
      from: address(slot),
      to: `${names.textEnd}(s, ${address(slot)}, r + ${integer(slot.offset + type.size)})`,
    };
  const end = type.kind === 'string' ? names.stringEnd : names.bytesEnd;
  return { from: `r + ${integer(slot.offset + 4)}`, to: `${end}(v, ${address(slot)}, ${integer(type.max)})` };
}

export interface ExtentFunctions {
  readonly textEnd: string;
  readonly stringEnd: string;
  readonly bytesEnd: string;
}

/** An enum's names by number, as `smallInteger` or the 64-bit readers give it. */
export function enumNames(type: Extract<ValueType, { kind: 'enum' }>): ReadonlyMap<number | bigint, string> {
  const names = new Map<number | bigint, string>();
  for (const [digits, name] of Object.entries(type.names)) {
    const value = BigInt(digits);
    const number = Number(value);
    names.set(Number.isSafeInteger(number) ? number : value, name);
  }
  return names;
}

export function constant(expression: Extract<UserExpression, { op: 'const' }>): UserValue {
  const { value } = expression;
  if (typeof value !== 'object') return value;
  const whole = BigInt(value.integer);
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** The registry's function, its texts cut to the length that it promises. `stacks` has what names of code are looked up with. */
export function userFunction(
  name: string,
  stacks: StackTable,
): { call: (...values: UserValue[]) => UserValue; maxLength: number } {
  const known = userFunctions.get(name) ?? symbolFunctions(stacks.symbolizer).get(name);
  if (known === undefined) throw new Error(`the manifest calls "${name}", which events/functions.ts does not have`);
  const { maxLength } = known;
  const cut = (value: UserValue) =>
    typeof value === 'string' && value.length > maxLength ? value.slice(0, maxLength) : value;
  const call =
    known.arguments.length === 1
      ? (value: UserValue) => cut(known.call(value))
      : (...values: UserValue[]) => cut(known.call(...values));
  return { call, maxLength };
}

export function slotAt(slots: readonly Slot[], index: number): Slot {
  const slot = slots[index];
  if (slot === undefined) throw new Error(`the manifest names slot ${index} of ${slots.length}`);
  return slot;
}
