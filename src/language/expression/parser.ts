/**
 * Tokens → expression tree, by precedence climbing (a Pratt parser). Precedence, loosest first:
 * `??`, `or`, `and`, `not`, comparisons and `in`, `|`, `^`, `&`, shifts, `+ -`, `* / %`, `as`, unary `- ~`, then members, indices and calls. Unlike C's, the
 * bit operators bind closer than comparisons, so `flags & 1 == 1` means what it says. Comparisons do not chain. Depth and length are bounded, so hostile text
 * costs neither stack nor time.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import type { LocatedText } from '../spec.js';
import type { BinaryOperator, Expression, TypeName } from './ast.js';
import { type Token, tokenize } from './lexer.js';
import { parseTypeTokens } from './type-name.js';

const maxLength = 16_384;
const maxDepth = 100;

const precedence: Readonly<Record<string, number>> = {
  '??': 1,
  or: 2,
  and: 3,
  // 4: not
  '==': 5,
  '!=': 5,
  '<': 5,
  '<=': 5,
  '>': 5,
  '>=': 5,
  in: 5,
  '|': 6,
  '^': 7,
  '&': 8,
  '<<': 9,
  '>>': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
  as: 12,
  // 13: unary
};
const notPrecedence = 4;
const comparison = 5;
const unaryPrecedence = 13;
const keywords = new Set(['and', 'or', 'not', 'in', 'as']);

/** `undefined` where the text is no expression; the reasons are in `sink`. */
export function parseExpression(text: LocatedText, sink: DiagnosticSink): Expression | undefined {
  if (text.text.length > maxLength) {
    sink.add(
      'expr-syntax',
      `an expression may hold ${maxLength} characters, this one has ${text.text.length}`,
      text.span,
    );
    return undefined;
  }
  const before = sink.diagnostics.length;
  const tokens = tokenize(text, sink);
  const lexed = sink.diagnostics.length === before;
  return new Parser(tokens, sink, lexed).parse();
}

/** Thrown within this file only, to leave the recursion after the first error. */
class Abandoned extends Error {}

class Parser {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly sink: DiagnosticSink,
    /** False after a lexical error: what follows from it is not told again. */
    private readonly tell: boolean,
  ) {}

  parse(): Expression | undefined {
    try {
      const expression = this.expression(0);
      const rest = this.current;
      if (rest.kind !== 'end') this.refuse(rest, `"${rest.text}" does not belong here`, this.hintForStray(rest));
      return this.tell ? expression : undefined;
    } catch (error) {
      if (error instanceof Abandoned) return undefined;
      throw error;
    }
  }

  private get current(): Token {
    const token = this.tokens[Math.min(this.at, this.tokens.length - 1)];
    if (token === undefined) throw new Error('a token list always ends with an end token');
    return token;
  }

  private next(): Token {
    const token = this.current;
    this.at++;
    return token;
  }

  private takeOperator(text: string): boolean {
    if (this.current.kind !== 'operator' || this.current.text !== text) return false;
    this.at++;
    return true;
  }

  private expectOperator(text: string, why: string): Token {
    const token = this.current;
    if (token.kind !== 'operator' || token.text !== text)
      this.refuse(token, `expected "${text}" ${why}${found(token)}`);
    return this.next();
  }

  private refuse(token: Token, message: string, hints: readonly string[] = []): never {
    if (this.tell) this.sink.add('expr-syntax', message, token.span, { hints });
    throw new Abandoned();
  }

  private hintForStray(token: Token): string[] {
    if (token.kind === 'word' || token.kind === 'number' || token.kind === 'text')
      return ['an operator is missing before it'];
    if (token.text === ')' || token.text === ']')
      return [`there is no "${token.text === ')' ? '(' : '['}" that it closes`];
    if (token.text === ',') return ['a comma only separates the arguments of a function and the parts of a key'];
    return [];
  }

  private expression(minimum: number): Expression {
    if (++this.depth > maxDepth) this.refuse(this.current, `an expression may nest ${maxDepth} deep`);
    let left = this.prefix();
    for (;;) {
      const token = this.current;
      const operator = token.kind === 'operator' || keywords.has(token.text) ? token.text : '';
      // `x not in y`
      const negatedIn = token.kind === 'word' && token.text === 'not' && this.tokens[this.at + 1]?.text === 'in';
      const level = negatedIn ? comparison : precedence[operator];
      if (level === undefined || level < minimum || token.kind === 'text') break;
      this.next();
      if (negatedIn) {
        this.next();
        const inner = this.membership(left);
        left = { kind: 'unary', operator: 'not', operand: inner, span: inner.span };
      } else if (operator === 'as') {
        const type = this.typeName();
        left = { kind: 'cast', operand: left, type, span: join(left.span, type.span) };
      } else if (operator === 'in') {
        left = this.membership(left);
      } else {
        const right = this.expression(level + 1);
        left = {
          kind: 'binary',
          operator: operator as BinaryOperator,
          operatorSpan: token.span,
          left,
          right,
          span: join(left.span, right.span),
        };
      }
      if (level === comparison && precedence[this.current.text] === comparison && this.current.kind !== 'text') {
        this.refuse(this.current, 'comparisons do not chain', ['join two comparisons with "and"']);
      }
    }
    this.depth--;
    return left;
  }

  private membership(value: Expression): Expression {
    if (this.takeOperator('[')) {
      const list = this.list(']', 'to end the list');
      return { kind: 'in', value, set: { list: list.items }, span: join(value.span, list.end) };
    }
    const map = this.expression(comparison + 1);
    return { kind: 'in', value, set: { map }, span: join(value.span, map.span) };
  }

  private typeName(): TypeName {
    const parsed = parseTypeTokens(this.tokens, this.at);
    if ('expected' in parsed) this.refuse(this.tokens[parsed.at] ?? this.current, parsed.expected);
    this.at = parsed.at;
    return parsed.type;
  }

  private prefix(): Expression {
    const token = this.next();
    if (token.kind === 'word' && token.text === 'not') {
      const operand = this.expression(notPrecedence);
      return { kind: 'unary', operator: 'not', operand, span: join(token.span, operand.span) };
    }
    if (token.kind === 'operator' && (token.text === '-' || token.text === '~')) {
      const operand = this.expression(unaryPrecedence);
      return { kind: 'unary', operator: token.text, operand, span: join(token.span, operand.span) };
    }
    return this.postfix(this.primary(token));
  }

  private primary(token: Token): Expression {
    const { span } = token;
    if (token.kind === 'number') {
      return {
        kind: 'number',
        value: token.value ?? 0n,
        span,
        ...(token.unit === undefined ? {} : { unit: token.unit }),
      };
    }
    if (token.kind === 'text') return { kind: 'text', value: token.text, span };
    if (token.kind === 'operator' && token.text === '(') {
      const inner = this.expression(0);
      this.expectOperator(')', 'to close the parenthesis');
      return inner;
    }
    if (token.kind === 'word' && !keywords.has(token.text)) {
      if (token.text === 'true' || token.text === 'false')
        return { kind: 'boolean', value: token.text === 'true', span };
      if (this.takeOperator('(')) {
        const list = this.list(')', 'to end the arguments');
        return {
          kind: 'call',
          callee: token.text,
          calleeSpan: span,
          arguments: list.items,
          span: join(span, list.end),
        };
      }
      return { kind: 'name', name: token.text, span };
    }
    const missing =
      token.kind === 'end'
        ? 'the expression ends where a value should stand'
        : `a value should stand here${found(token)}`;
    const pointer = token.text === '*' || token.text === '&';
    return this.refuse(token, missing, pointer ? ['members follow pointers by themselves: leave it out'] : []);
  }

  private postfix(start: Expression): Expression {
    let value = start;
    for (;;) {
      if (this.takeOperator('.')) {
        const member = this.next();
        const numeric = member.kind === 'number' && /^[0-9]+$/.test(member.text);
        if (member.kind !== 'word' && !numeric)
          this.refuse(member, `a member's name should stand after "."${found(member)}`);
        value = {
          kind: 'member',
          object: value,
          member: member.text,
          memberSpan: member.span,
          span: join(value.span, member.span),
        };
      } else if (this.takeOperator('[')) {
        const list = this.list(']', 'to close the index');
        if (list.items.length === 0)
          this.refuse(this.tokens[this.at - 1] ?? this.current, 'an index should stand between "[" and "]"');
        value = { kind: 'index', object: value, indices: list.items, span: join(value.span, list.end) };
      } else return value;
      if (++this.depth > maxDepth * 2) this.refuse(this.current, `an expression may nest ${maxDepth} deep`);
    }
  }

  private list(close: string, why: string): { items: Expression[]; end: Span } {
    const items: Expression[] = [];
    if (this.current.kind === 'operator' && this.current.text === close) return { items, end: this.next().span };
    do items.push(this.expression(0));
    while (this.takeOperator(','));
    return { items, end: this.expectOperator(close, why).span };
  }
}

function found(token: Token): string {
  return token.kind === 'end' ? ', but the expression ends' : `, found "${token.text}"`;
}

function join(from: Span, to: Span): Span {
  return { source: from.source, start: Math.min(from.start, to.start), end: Math.max(from.end, to.end) };
}
