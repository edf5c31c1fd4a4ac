/** Texts compared with one that is known before the program runs → C conditions. */
import type { TextTest, Typed } from '../language/expression/typed.js';
import type { Block } from './block.js';
import { c, memberName } from './c-text.js';
import { type Lowering, lineOf, lookUp, lowerValue } from './lower-expression.js';
import { commArray, storedBytes, textSource } from './lower-text.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';

const commBytes = 16;

/** Only as many bytes as can matter are read. A literal's are compared one by one, which clang turns into few instructions. */
export function lowerTextTest(node: TextTest, block: Block, lowering: Lowering): CText {
  const { text } = node;
  switch (text.op) {
    case 'let':
      return lowerTextTest({ ...node, text: text.value }, block, lowering);
    case 'choice':
      return lowerValue(
        {
          ...text,
          type: node.type,
          whenTrue: { ...node, text: text.whenTrue },
          whenFalse: { ...node, text: text.whenFalse },
        },
        block,
        lowering,
      );
    case 'text':
      return knownTest(text.value, node);
    case 'param':
      return compare(node, c`params.${memberName(text.name)}`, storedBytes(text.type));
    case 'lookup':
      return lowerStoredTest(node, text, block, lowering);
  }
  const key = nodeKey(node);
  const known = block.find(key);
  if (known !== undefined) return known;
  if (text.type.kind === 'comm') return compare(node, commArray(text, block, lowering), commBytes);
  if (text.op !== 'readText') throw new Error(`${text.op} of text cannot be compared`);
  return block.remember(key, lowerReadTest(node, text, block, lowering));
}

function lowerReadTest(
  node: TextTest,
  text: Extract<Typed, { op: 'readText' }>,
  block: Block,
  lowering: Lowering,
): CText {
  const line = lineOf(node);
  const size = Math.min(readBytes(node), text.limit ?? Number.POSITIVE_INFINITY);
  const { helper, address } = textSource(text, block, lowering);
  const array = block.variable({ type: c`u8`, hint: 'text', array: size, bytes: size, zero: true }, line);
  const read = { template: 'read-padded', helper, target: array, size, address } as const;
  if (node.test !== 'equal' || node.wanted.op === 'param') {
    // A text shorter than the beginning leaves zeros, which are no part of it.
    block.add(read, line);
    return compare(node, array, size);
  }
  // A read that fails leaves zeros, too, which are no empty text.
  const length = block.fresh('length');
  block.add({ template: 'declare', type: c`s64`, name: length }, line);
  block.add({ ...read, length }, line);
  return c`(${length} == ${Buffer.byteLength(node.wanted.value) + 1} && ${compare(node, array, size)})`;
}

/** One byte more than could be equal, so that a longer text is told from it, and the NUL that the helper writes. */
function readBytes({ text, wanted, test }: TextTest): number {
  if (test === 'ends with' || test === 'contains') return storedBytes(text.type);
  if (wanted.op === 'param') return storedBytes(wanted.type) + 1;
  return Buffer.byteLength(wanted.value) + (test === 'equal' ? 2 : 1);
}

function compare({ wanted, test }: TextTest, array: CText, size: number): CText {
  if (wanted.op === 'param')
    return c`same_text(${array}, params.${memberName(wanted.name)}, ${Math.min(size, storedBytes(wanted.type))})`;
  if (test === 'ends with' || test === 'contains') {
    const part = [...Buffer.from(wanted.value)];
    if (part.length === 0) return c`1`;
    const search = test === 'contains' ? c`contains` : c`ends_with`;
    return c`${search}(${array}, ${size}, (const u8[]){ ${part.join(', ') as CText} }, ${part.length})`;
  }
  // What is longer than the array was never equal to it.
  const bytes = [...Buffer.from(wanted.value), ...(test === 'equal' ? [0] : [])];
  if (bytes.length > size) return c`0`;
  const tests = bytes.map((byte, index) => c`${array}[${index}] == ${byte}`);
  const [only = c`1`] = tests;
  return tests.length < 2 ? only : (`(${tests.join(' && ')})` as CText);
}

function holds(test: TextTest['test'], text: string, wanted: string): boolean {
  switch (test) {
    case 'equal':
      return text === wanted;
    case 'starts with':
      return text.startsWith(wanted);
    case 'ends with':
      return text.endsWith(wanted);
    case 'contains':
      return text.includes(wanted);
  }
}

function knownTest(value: string, node: TextTest): CText {
  const { wanted, test } = node;
  if (wanted.op === 'text') return holds(test, value, wanted.value) ? c`1` : c`0`;
  // A literal against a param: the other way round it is the same.
  const literal = { op: 'text', value, type: { kind: 'string', max: value.length }, span: node.span } as const;
  return compare({ ...node, wanted: literal }, c`params.${memberName(wanted.name)}`, storedBytes(wanted.type));
}

/** Text in a map's entry; where there is none, its fallback, else an empty text. */
function lowerStoredTest(
  node: TextTest,
  text: Extract<Typed, { op: 'lookup' }>,
  block: Block,
  lowering: Lowering,
): CText {
  const line = lineOf(node);
  const entry = lookUp(text, block, line, lowering);
  const held = c`${entry}->${lowering.mapOf(text.map).member(text.member)}`;
  const result = block.fresh('equal');
  const [found, missing] = [block.inner(), block.inner()];
  const nothing: Typed = { op: 'text', value: '', type: { kind: 'string', max: 1 }, span: text.span };
  found.add({ template: 'assign', target: result, value: compare(node, held, storedBytes(text.type)) }, line);
  const otherwise = lowerTextTest({ ...node, text: text.fallback ?? nothing }, missing, lowering);
  missing.add({ template: 'assign', target: result, value: otherwise }, line);
  block.add({ template: 'declare', type: c`bool`, name: result }, line);
  block.add({ template: 'branch', condition: entry, body: found.statements, otherwise: missing.statements }, line);
  return result;
}
