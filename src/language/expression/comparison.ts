/** `== != < <= > >=` of numbers, addresses and texts. What is known now is compared now. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import { type Span, spanText } from '../../diagnostics/source.js';
import type { Type } from '../types.js';
import * as types from '../types.js';
import type { Binary } from './ast.js';
import { describeType } from './describe.js';
import { integerShape } from './fit.js';
import { isStack } from './stacks.js';
import type { TextTest, Typed } from './typed.js';

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

const longestComm = 15;
/** Compared texts lie on the BPF stack, which has 512 bytes. */
const longestCompared = 255;

export function comparison(
  expression: Binary,
  operator: ComparisonOperator,
  left: Typed,
  right: Typed,
  sink: DiagnosticSink,
): Typed | undefined {
  const { span } = expression;
  const known = knownTexts(left, right);
  const test = known === undefined ? (textTest(left, right, span) ?? textTest(right, left, span)) : undefined;
  if (known !== undefined || test !== undefined) {
    if (operator !== '==' && operator !== '!=') {
      sink.add('type-mismatch', `"${operator}" does not compare texts`, expression.operatorSpan, {
        hints: ['texts are compared with == and !='],
      });
      return undefined;
    }
    if (known !== undefined) return truth(known === (operator === '=='), span);
    if (test === undefined || !canBeEqual(test, sink)) return undefined;
    return operator === '==' ? test : { op: 'unary', operator: 'not', operand: test, type: types.bool, span };
  }
  const refused = refusal(left, right);
  if (refused !== undefined) {
    const message = `"${operator}" cannot compare ${describeType(left.type)} with ${describeType(right.type)}`;
    sink.add('type-mismatch', message, span, { hints: refused });
    return undefined;
  }
  if (!signsAgree(left, right, span, sink)) return undefined;
  warnOfPlainNumber(left, right, sink);
  warnOfPlainNumber(right, left, sink);
  if (left.op === 'constant' && right.op === 'constant') return truth(compare(operator, left.value, right.value), span);
  return { op: 'binary', operator, left, right, type: types.bool, span };
}

/** Nobody waits for so few nanoseconds: what was meant has a unit. */
const fewNanoseconds = 100_000n;

function warnOfPlainNumber(side: Typed, number: Typed, sink: DiagnosticSink): void {
  const isDuration = ({ type }: Typed): boolean => type.kind === 'int' && type.meaning === 'duration';
  if (!isDuration(side) || isDuration(number) || number.op !== 'constant') return;
  if (number.value <= 0n || number.value >= fewNanoseconds) return;
  const { value } = number;
  sink.add('unit-missing', `${value} beside a duration is ${value} nanoseconds`, number.span, {
    severity: 'warning',
    hints: [`write ${value}ms or ${value}us; or ${value}ns where that is meant`],
  });
}

/** The hints where the two cannot be compared. */
function refusal(left: Typed, right: Typed): string[] | undefined {
  const [a, b] = [left.type, right.type];
  const sides = [left, right];
  const pointers = sides.filter(({ type }) => type.kind === 'pointer');
  if (sides.every(({ type }) => type.kind === 'pointer' || integerShape(type) !== undefined)) {
    const spaces = new Set(pointers.map(({ type }) => (type.kind === 'pointer' ? type.space : '')));
    return spaces.size > 1 ? ['one address is the kernel’s, the other user space’s'] : undefined;
  }
  if (isStack(a) || isStack(b))
    return ['stacks are shown and counted by, not compared: hook the function itself, or filter what is shown'];
  const texts = sides.filter(({ type }) => isText(type));
  if (texts.length === 2) return ['one side must be a text literal or a param'];
  const literal = sides.find((side) => side.op === 'text');
  if (texts.length === 1 && pointers.some(({ type }) => pointsAtText(type))) return ['read the text with str(…)'];
  const number = sides.find((side) => side.op === 'constant');
  if (texts.length === 1 && number !== undefined) return [`write a text in quotes: "${spanText(number.span)}"`];
  if (literal === undefined) return [];
  const enumeration = [a, b].find((type) => type.kind === 'enum');
  if (
    enumeration?.kind === 'enum' &&
    enumeration.enumerators.some(({ name }) => literal.op === 'text' && name === literal.value)
  )
    return [`write the enumerator’s name without quotes: ${literal.op === 'text' ? literal.value : ''}`];
  return ['a text compares with comm, with str(…) and with char arrays'];
}

const isText = (type: Type): boolean => type.kind === 'string' || type.kind === 'comm';
const pointsAtText = (type: Type): boolean =>
  type.kind === 'pointer' && type.target.kind === 'int' && type.target.char === true;

/** A constant that is not negative takes the other side's sign. */
const adapts = (side: Typed): boolean => side.op === 'constant' && side.value >= 0n && side.value < 1n << 63n;

function signsAgree(left: Typed, right: Typed, span: Span, sink: DiagnosticSink): boolean {
  const [a, b] = [integerShape(left.type), integerShape(right.type)];
  if (a === undefined || b === undefined || a.signed === b.signed || adapts(left) || adapts(right)) return true;
  const unsigned = a.signed ? b : a;
  const unsignedSide = a.signed ? right : left;
  const signedSide = a.signed ? left : right;
  const negative = signedSide.op === 'constant';
  if (unsigned.bits < 64 && !negative) return true;
  sink.add(
    'sign-mismatch',
    `${describeType(left.type)} and ${describeType(right.type)} differ in sign, so their order is not defined`,
    span,
    {
      hints: negative
        ? ['an unsigned value is never negative']
        : [`write "as i64" after the unsigned one, or "as u64" after the signed one`],
      related: [{ message: 'this one is unsigned', span: unsignedSide.span }],
    },
  );
  return false;
}

/** Whether two texts that are known now are equal; names of hooks and probes are. */
function knownTexts(left: Typed, right: Typed): boolean | undefined {
  const [a, b] = [knownText(left), knownText(right)];
  return a === undefined || b === undefined ? undefined : a === b;
}

function knownText(value: Typed): string | undefined {
  if (value.op === 'text') return value.value;
  if (value.op === 'let') return knownText(value.value);
  const { type } = value;
  // An enumerator compares with its name only where that cannot be written without quotes.
  if (value.op !== 'constant' || type.kind !== 'enum') return undefined;
  const name = type.enumerators.find((each) => each.value === value.value)?.name;
  return name !== undefined && (/\W/.test(name) || type.name === 'probe') ? name : undefined;
}

/** A text on one side, and on the other one that is known before the program runs. */
function textTest(text: Typed, wanted: Typed, span: Span): TextTest | undefined {
  if (text.op === 'text' || !isText(text.type) || !isText(wanted.type)) return undefined;
  if (wanted.op !== 'text' && wanted.op !== 'param') return undefined;
  return { op: 'textTest', test: 'equal', text, wanted, type: types.bool, span };
}

/** Tells of a literal that is longer than the text ever is. */
export function canBeEqual({ text, wanted, test, span }: TextTest, sink: DiagnosticSink): boolean {
  const bytes =
    wanted.op === 'text'
      ? Buffer.byteLength(wanted.value)
      : wanted.type.kind === 'string'
        ? wanted.type.max
        : longestComm;
  if (bytes > longestCompared) {
    sink.add(
      'value-range',
      `texts of at most ${longestCompared} bytes are compared, and this has ${bytes}`,
      wanted.span,
    );
    return false;
  }
  if (wanted.op !== 'text') return true;
  const searched = test === 'ends with' || test === 'contains';
  if (searched && text.type.kind === 'string' && text.type.max > longestCompared) {
    sink.add(
      'value-range',
      `a text is searched up to ${longestCompared} bytes, and this has up to ${text.type.max}`,
      text.span,
      {
        hints: [`read less: str(pointer, ${longestCompared})`],
      },
    );
    return false;
  }
  const most = text.type.kind === 'string' ? text.type.max : longestComm;
  if (bytes <= most) return true;
  const never = { equal: 'is', 'starts with': 'begins with', 'ends with': 'ends with', contains: 'contains' }[test];
  sink.add(
    'value-range',
    `${describeType(text.type)} holds at most ${most} bytes, so it never ${never} this text of ${bytes}`,
    span,
    {
      hints: text.op === 'readText' && text.limit === undefined ? [`read more of it with str(pointer, ${bytes})`] : [],
    },
  );
  return false;
}

const truth = (holds: boolean, span: Span): Typed => ({
  op: 'constant',
  value: holds ? 1n : 0n,
  type: types.bool,
  span,
});

function compare(operator: ComparisonOperator, a: bigint, b: bigint): boolean {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}
