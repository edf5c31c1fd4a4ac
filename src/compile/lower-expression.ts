/**
 * Typed values → C expressions, with the statements that must run before them put into a block. Reads come where they are first needed and once only: the right side of `and`
 * and the branches of `if()` are computed in blocks of their own, so nothing is read that nobody asked for.
 */
import { positionAt } from '../diagnostics/source.js';
import { integerShape } from '../language/expression/fit.js';
import type { BinaryOperation, MapContains, MapLookup, Typed } from '../language/expression/typed.js';
import type { MapForm } from '../language/map-kinds.js';
import type { AddressSpace, Type } from '../language/types.js';
import type { Block } from './block.js';
import { cast, infix, operand } from './c-expression.js';
import { c, cConstant, cType, identifier, memberName } from './c-text.js';
import type { KernelStructs } from './kernel-structs.js';
import { addressText, endsInBytes } from './lower-address.js';
import { lowerBuiltin } from './lower-builtin.js';
import { lowerContext } from './lower-context.js';
import { lowerGathered, lowerRegisterPart } from './lower-gathered.js';
import { lowerStack } from './lower-stack.js';
import { lowerTextTest } from './lower-text-comparison.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';

/** What lowering needs to know of the whole pipeline. */
export interface Lowering {
  /** Parts of the C that only some programs need, noted as they are used. */
  readonly used: { countedText: boolean; ownProcess: boolean };
  readonly structs: KernelStructs;
  readonly arch: 'x86_64' | 'arm64';
  /** Builds a map's key in a variable of its own and gives its address. */
  mapKey(map: string, key: readonly Typed[], block: Block, line: number): CText;
  /** `outer`: the map stands in the slot of an array of maps. */
  mapOf(name: string): {
    readonly variable: CText;
    readonly outer: boolean;
    readonly form: MapForm;
    /** Whether a full queue or stack makes room by giving up its oldest value. */
    readonly evicts: boolean;
    /** Where the entries that are added to it are counted, if it evicts. */
    readonly added: CText | undefined;
    readonly valueStruct: CText;
    member(name: string): CText;
  };
}

/** Under which a program remembers where the entry of its pair's start is. */
export const startedKey = 'started';
export const startedIn = (block: Block): CText => block.find(startedKey) ?? c`started`;

export const lineOf = (node: { readonly span: Typed['span'] }): number =>
  positionAt(node.span.source, node.span.start).line;

/** The value as a C expression: a number, a bool or a pointer. */
export function lowerValue(node: Typed, block: Block, lowering: Lowering): CText {
  const line = lineOf(node);
  switch (node.op) {
    case 'constant':
      return cConstant(node.value);
    case 'param':
      return c`params.${memberName(node.name)}`;
    case 'builtin':
      return lowerBuiltin(node.name, node.type, block, line, lowering);
    case 'context':
      return lowerContext(node.access, node.type, block, line, lowering);
    case 'saved':
      return c`(${cType(node.type)})${startedIn(block)}.${memberName(node.name)}`;
    case 'gathered':
      return lowerGathered(node, block, lowering);
    case 'let':
      return lowerLet(node.name, node.value, block, line, lowering);
    case 'load':
      return lowerLoad(node, block, line, lowering);
    case 'place':
      return addressText(node, block, lowering);
    case 'convert':
      return lowerConvert(node.operand, node.type, block, lowering);
    case 'unary': {
      const inner = lowerValue(node.operand, block, lowering);
      if (node.operator === 'not') return c`!${operand(inner)}`;
      return node.operator === '-'
        ? c`-${operand(wide(node.operand, inner, c`s64`))}`
        : c`~${operand(wide(node.operand, inner, c`u64`))}`;
    }
    case 'binary':
      return lowerBinary(node, block, line, lowering);
    case 'choice': {
      const condition = lowerValue(node.condition, block, lowering);
      const result = block.fresh('choice');
      const [yes, no] = [block.inner(), block.inner()];
      yes.add({ template: 'assign', target: result, value: lowerValue(node.whenTrue, yes, lowering) }, line);
      no.add({ template: 'assign', target: result, value: lowerValue(node.whenFalse, no, lowering) }, line);
      block.add({ template: 'declare', type: cType(node.type), name: result }, line);
      block.add({ template: 'branch', condition, body: yes.statements, otherwise: no.statements }, line);
      return result;
    }
    case 'lookup':
      return lowerLookup(node, block, line, lowering);
    case 'contains':
      return lowerContains(node, block, line, lowering);
    case 'stack':
      return lowerStack(node, block);
    case 'textTest':
      return lowerTextTest(node, block, lowering);
    case 'call':
      return lowerCall(node.function, node.arguments, node.type, block, line, lowering);
    default:
      throw new Error(`${node.op} is no number and must be written where it is kept`);
  }
}

/** Puts a value into a variable once, and gives the variable wherever the same value is asked for again. */
export function once(key: string, hint: string, type: Type, block: Block, line: number, compute: () => CText): CText {
  const known = block.find(key);
  if (known !== undefined) return known;
  const value = compute();
  const name = block.fresh(hint);
  block.add({ template: 'declare', type: cType(type), name, value }, line);
  return block.remember(key, name);
}

function lowerLet(name: string, value: Typed, block: Block, line: number, lowering: Lowering): CText {
  if (value.op === 'constant' || value.op === 'let' || value.op === 'param') return lowerValue(value, block, lowering);
  return once(nodeKey(value), name, value.type, block, line, () => lowerValue(value, block, lowering));
}

const readers: Readonly<Record<AddressSpace, CText>> = { kernel: c`read_kernel`, user: c`read_user` };

function lowerLoad(node: Extract<Typed, { op: 'load' }>, block: Block, line: number, lowering: Lowering): CText {
  const key = nodeKey(node);
  const known = block.find(key);
  if (known !== undefined) return known;
  const part = lowerRegisterPart(node, block, lowering);
  if (part !== undefined) return part;
  const last = node.steps.at(-1);
  const hint = last !== undefined && 'member' in last ? last.member : 'value';
  const bitField = last !== undefined && 'member' in last && last.bitSize !== undefined ? last : undefined;
  if (bitField?.bitSize !== undefined && endsInBytes(node, block, lowering)) {
    const address = addressText(node, block, lowering);
    const word = block.variable({ type: c`u64`, hint: 'word', bytes: 8 }, line);
    block.add({ template: 'assign', target: word, value: c`0` }, line);
    // No byte more than the field is in: what follows the struct may not be there.
    const bytes = Math.ceil(((bitField.bitOffset % 8) + bitField.bitSize) / 8);
    block.add({ template: 'read', helper: readers[node.space], target: word, size: bytes, address }, line);
    const wide = integerShape(node.type)?.signed === true ? c`s64` : c`u64`;
    const left = 64 - (bitField.bitOffset % 8) - bitField.bitSize;
    return c`(${cType(node.type)})((${wide})(${word} << ${left}) >> ${64 - bitField.bitSize})`;
  }
  if (bitField !== undefined) {
    const owner: Typed = {
      op: 'place',
      base: node.base,
      space: node.space,
      steps: node.steps.slice(0, -1),
      type: bitField.owner,
      span: node.span,
    };
    lowering.structs.touch(node.steps);
    const base = addressText(owner, block, lowering);
    const signed = integerShape(node.type)?.signed === true;
    const name = block.variable({ type: cType(node.type), hint, bytes: 8 }, line);
    block.add(
      {
        template: 'read-bit-field',
        target: name,
        base,
        field: identifier(bitField.member),
        type: cType(node.type),
        signed,
        reader: readers[node.space],
      },
      line,
    );
    return block.remember(key, name);
  }
  const address = addressText(node, block, lowering);
  const name = block.variable({ type: cType(node.type), hint, bytes: 8 }, line);
  block.add({ template: 'read', helper: readers[node.space], target: name, address }, line);
  return block.remember(key, name);
}

/** Reads a number straight to where it is kept, `bytes` long, unless it is known already or must be worked on; tells whether it did. */
export function lowerLoadInto(node: Typed, target: CText, bytes: number, block: Block, lowering: Lowering): boolean {
  if (node.op === 'let') return lowerLoadInto(node.value, target, bytes, block, lowering);
  const shape = integerShape(node.type);
  if (node.op !== 'load' || shape === undefined || shape.bits !== bytes * 8) return false;
  // What came in a register need not be read at all.
  if (node.base.op === 'gathered') return false;
  const last = node.steps.at(-1);
  if (last !== undefined && 'member' in last && last.bitSize !== undefined) return false;
  const key = nodeKey(node);
  if (block.find(key) !== undefined) return false;
  const address = addressText(node, block, lowering);
  block.add({ template: 'read', helper: readers[node.space], target, address }, lineOf(node));
  block.remember(key, target);
  return true;
}

function lowerConvert(from: Typed, type: Type, block: Block, lowering: Lowering): CText {
  const value = lowerValue(from, block, lowering);
  if (type.kind === 'bool') return infix(value, '!=', c`0`);
  const address = from.type.kind === 'pointer' || from.op === 'place';
  const direct = address === (type.kind === 'pointer') || integerShape(from.type)?.bits === 64;
  return cast(cType(type), direct ? value : cast(c`u64`, value));
}

function lowerBinary(written: BinaryOperation, block: Block, line: number, lowering: Lowering): CText {
  const node = { ...written, left: settled(written.left), right: settled(written.right) };
  const { operator } = node;
  if (operator === 'and' || operator === 'or') return lowerLogic(node, block, line, lowering);
  const left = lowerValue(node.left, block, lowering);
  const right = lowerValue(node.right, block, lowering);
  if (['==', '!=', '<', '<=', '>', '>='].includes(operator)) {
    const [a, b] = comparable(node.left, left, node.right, right);
    return infix(a, operator, b);
  }
  if (node.type.kind === 'pointer') return infix(cast(c`void *`, left), operator, right);
  const signed = integerShape(node.type)?.signed === true;
  const in64 = signed ? c`s64` : c`u64`;
  if (operator === '<<' || operator === '>>') {
    const by = node.right.op === 'constant' ? right : infix(right, '&', c`63`);
    return infix(wide(node.left, left, in64), operator, by);
  }
  const nonZero = node.right.op === 'constant' && node.right.value !== 0n;
  if ((operator === '/' || operator === '%') && (signed || !nonZero)) {
    const name = operator === '/' ? c`divide` : c`modulo`;
    return c`${name}_${signed ? c`signed` : c`unsigned`}(${left}, ${right})`;
  }
  const [a, b] = both(node, left, right, in64);
  return infix(a, operator, b);
}

/** A `let` of a constant stands in C as the constant itself, which is an int there. */
function settled(node: Typed): Typed {
  if (node.op !== 'let') return node;
  const value = settled(node.value);
  return value.op === 'constant' ? value : node;
}

/** A value in 64 bits of the sign asked for; a constant alone would be an int. */
function wide(node: Typed, text: CText, in64: CText): CText {
  const shape = integerShape(node.type);
  const already = settled(node).op !== 'constant' && shape?.bits === 64 && (in64 === 's64') === shape.signed;
  return already ? text : cast(in64, text);
}

/** Both sides of an operator, so that C computes in 64 bits: it does once one side has them, unless the other has them with another sign. */
function both({ left, right }: BinaryOperation, a: CText, b: CText, in64: CText): readonly [CText, CText] {
  const is = (side: Typed, text: CText): boolean => wide(side, text, in64) === text;
  const other = (side: Typed): boolean =>
    integerShape(side.type)?.bits === 64 && !(side.op === 'constant' && (side.value < 1n << 63n || in64 === 'u64'));
  const first = other(left) ? wide(left, a, in64) : a;
  const second = other(right) ? wide(right, b, in64) : b;
  if (is(left, a) || is(right, b) || first !== a || second !== b) return [first, second];
  return left.op === 'constant' ? [a, cast(in64, b)] : [cast(in64, a), b];
}

/** Both sides in types in which C's order is the numbers' own. */
function comparable(left: Typed, a: CText, right: Typed, b: CText): readonly [CText, CText] {
  const pointers = [left, right].filter(({ type }) => type.kind === 'pointer');
  if (pointers.length > 0) {
    const zero = (side: Typed): boolean => side.op === 'constant' && side.value === 0n;
    return zero(left) || zero(right) ? [a, b] : [cast(c`u64`, a), cast(c`u64`, b)];
  }
  const shapes = [integerShape(left.type), integerShape(right.type)];
  const signed = (side: Typed, index: number): boolean => side.op !== 'constant' && shapes[index]?.signed === true;
  const unsigned32 = (side: Typed, index: number): boolean =>
    side.op !== 'constant' && shapes[index]?.signed === false && shapes[index]?.bits === 32;
  // C would take an int for unsigned beside an unsigned int.
  if (signed(left, 0) && unsigned32(right, 1)) return [wide(left, a, c`s64`), b];
  if (signed(right, 1) && unsigned32(left, 0)) return [a, wide(right, b, c`s64`)];
  return [a, b];
}

function lowerLogic(node: BinaryOperation, block: Block, line: number, lowering: Lowering): CText {
  const left = lowerValue(node.left, block, lowering);
  const inner = block.inner();
  const right = lowerValue(node.right, inner, lowering);
  const and = node.operator === 'and';
  if (inner.statements.length === 0) return infix(left, and ? '&&' : '||', right);
  const result = block.fresh(node.operator);
  inner.add({ template: 'assign', target: result, value: right }, line);
  block.add({ template: 'declare', type: c`bool`, name: result, value: left }, line);
  block.add(
    { template: 'branch', condition: and ? result : c`!${result}`, body: inner.statements, otherwise: [] },
    line,
  );
  return result;
}

function lowerLookup(node: MapLookup, block: Block, line: number, lowering: Lowering): CText {
  const map = lowering.mapOf(node.map);
  const entry = lookUp(node, block, line, lowering);
  const result = block.fresh(node.map);
  const [found, missing] = [block.inner(), block.inner()];
  // Maps hold addresses as numbers.
  const held = c`${entry}->${map.member(node.member)}`;
  const value = node.type.kind === 'pointer' ? cast(cType(node.type), held) : held;
  found.add({ template: 'assign', target: result, value }, line);
  const otherwise = node.fallback === undefined ? c`0` : lowerValue(node.fallback, missing, lowering);
  missing.add({ template: 'assign', target: result, value: otherwise }, line);
  block.add({ template: 'declare', type: cType(node.type), name: result }, line);
  block.add({ template: 'branch', condition: entry, body: found.statements, otherwise: missing.statements }, line);
  // A later update may change the entry, so the value is not remembered beyond this expression.
  return result;
}

function lowerContains(node: MapContains, block: Block, line: number, lowering: Lowering): CText {
  const map = lowering.mapOf(node.map);
  if (map.form !== 'keys') return infix(lookUp(node, block, line, lowering), '!=', c`0`);
  const key = lowering.mapKey(node.map, node.key, block, line);
  return infix(c`bpf_map_peek_elem(&${map.variable}, &${key})`, '==', c`0`);
}

/** The address of a map's entry, or 0. */
export function lookUp(
  node: { readonly map: string; readonly key: readonly Typed[] },
  block: Block,
  line: number,
  lowering: Lowering,
): CText {
  const map = lowering.mapOf(node.map);
  const key = lowering.mapKey(node.map, node.key, block, line);
  const name = block.fresh('entry');
  block.add({ template: 'look-up', map: map.variable, outer: map.outer, key, type: map.valueStruct, name }, line);
  return name;
}

function lowerCall(
  name: string,
  operands: readonly Typed[],
  type: Type,
  block: Block,
  line: number,
  lowering: Lowering,
): CText {
  const values = operands.map((each) => lowerValue(each, block, lowering));
  const [a, b] = values;
  if (a === undefined) throw new Error(`${name}() came without its argument`);
  const result = cType(type);
  switch (name) {
    case 'ntohs':
      return c`__builtin_bswap16(${a})`;
    case 'ntohl':
      return c`__builtin_bswap32(${a})`;
    case 'ntohll':
      return c`__builtin_bswap64(${a})`;
    case 'log2':
      return c`log2_of(${a})`;
    case 'abs': {
      const signed = operands[0] !== undefined && integerShape(operands[0].type)?.signed === true;
      return signed || operands[0] === undefined ? c`magnitude(${a})` : wide(operands[0], a, c`u64`);
    }
    default: {
      if (b === undefined) throw new Error(`${name}() came without its second argument`);
      const first = block.fresh(name);
      const second = block.fresh(name);
      block.add({ template: 'declare', type: result, name: first, value: a }, line);
      block.add({ template: 'declare', type: result, name: second, value: b }, line);
      return name === 'min'
        ? c`${first} < ${second} ? ${first} : ${second}`
        : c`${first} > ${second} ? ${first} : ${second}`;
    }
  }
}
