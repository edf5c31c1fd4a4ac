/**
 * Tokens → expression tree, by precedence climbing (a Pratt parser). Precedence, loosest first:
 * `??`, `or`, `and`, `not`, comparisons and `in`, `|`, `^`, `&`, shifts, `+ -`, `* / %`, `as`, unary `- ~`, then members, indices and calls. Unlike C's, the
 * bit operators bind closer than comparisons, so `flags & 1 == 1` means what it says. Comparisons do not chain. Length, nesting and the tree's height are bounded, so
 * hostile text costs neither stack nor time, here or in what walks the tree later.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import type { LocatedText } from '../spec.js';
import type { BinaryOperator, Expression, TypeName } from './ast.js';
import { type Token, tokenize } from './lexer.js';
import { parseTypeTokens } from './type-name.js';

const maxLength = 16_384;
const maxDepth = 100;
/** Of the tree: `1 + 1 + 1` is no nesting to a reader, but it is to whoever walks the tree. */
const maxHeight = 250;

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
  private readonly heights = new Map<Expression, number>();

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

  /** The node, if the tree below it is not too high. */
  private above<Node extends Expression>(node: Node, ...children: readonly Expression[]): Node {
    let height = 0;
    for (const child of children) height = Math.max(height, this.heights.get(child) ?? 0);
    if (height >= maxHeight)
      this.refuse(this.current, `an expression may have ${maxHeight} operators in a row`, [
        'name parts of it under "let"',
        'compare with many values by x in [a, b, …]',
      ]);
    this.heights.set(node, height + 1);
    return node;
  }

  private hintForStray(token: Token): string[] {
    const before = this.tokens[this.at - 1];
    if (token.text === '.' || token.text === '[')
      return [`put the cast in parentheses: (x as TYPE)${token.text === '.' ? '.member' : '[index]'}`];
    if (token.text === '(' && before?.kind === 'word') return ['only functions are called, and by their name: str(x)'];
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
      const negatedIn = this.atNotIn();
      const level = negatedIn ? comparison : precedence[operator];
      if (level === undefined || level < minimum || token.kind === 'text') break;
      this.next();
      if (negatedIn) {
        this.next();
        const inner = this.membership(left);
        left = this.above({ kind: 'unary', operator: 'not', operand: inner, span: inner.span }, inner);
      } else if (operator === 'as') {
        const type = this.typeName();
        left = this.above({ kind: 'cast', operand: left, type, span: join(left.span, type.span) }, left);
      } else if (operator === 'in') {
        left = this.membership(left);
      } else {
        const right = this.expression(level + 1);
        const span = join(left.span, right.span);
        const binary = {
          kind: 'binary',
          operator: operator as BinaryOperator,
          operatorSpan: token.span,
          span,
        } as const;
        left = this.above({ ...binary, left, right }, left, right);
      }
      const next = this.current;
      const again = next.kind !== 'text' && precedence[next.text] === comparison;
      if (level === comparison && (again || this.atNotIn())) {
        this.refuse(next, 'comparisons do not chain', ['join two comparisons with "and"']);
      }
    }
    this.depth--;
    return left;
  }

  /** At the `not in` of `x not in y`. */
  private atNotIn(): boolean {
    const next = this.tokens[this.at + 1];
    return this.current.kind === 'word' && this.current.text === 'not' && next?.kind === 'word' && next.text === 'in';
  }

  private membership(value: Expression): Expression {
    if (this.takeOperator('[')) {
      const list = this.list(']', 'to end the list');
      const node = { kind: 'in', value, set: { list: list.items }, span: join(value.span, list.end) } as const;
      return this.above(node, value, ...list.items);
    }
    const map = this.expression(comparison + 1);
    return this.above({ kind: 'in', value, set: { map }, span: join(value.span, map.span) }, value, map);
  }

  /** `(a, b) in map`, from behind the first comma: parts of a key stand nowhere else. */
  private keyMembership(first: Expression, start: Span): Expression {
    const { items } = this.list(')', 'to end the key');
    const negated = this.atNotIn();
    if (negated) this.next();
    const word = this.current;
    if (word.kind !== 'word' || word.text !== 'in') {
      this.refuse(word, `"in" and a map should stand after a key of several parts${found(word)}`, [
        'write (a, b) in map',
      ]);
    }
    this.next();
    if (this.current.text === '[')
      this.refuse(this.current, 'a key of several parts is looked for in a map, not in a list');
    const map = this.expression(comparison + 1);
    const span = join(start, map.span);
    const node = { kind: 'in', value: first, more: items, set: { map }, span } as const;
    const test = this.above(node, first, ...items, map);
    return negated ? this.above({ kind: 'unary', operator: 'not', operand: test, span }, test) : test;
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
      return this.above({ kind: 'unary', operator: 'not', operand, span: join(token.span, operand.span) }, operand);
    }
    if (token.kind === 'operator' && (token.text === '-' || token.text === '~')) {
      const operand = this.expression(unaryPrecedence);
      const span = join(token.span, operand.span);
      return this.above({ kind: 'unary', operator: token.text, operand, span }, operand);
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
      if (this.takeOperator(',')) return this.keyMembership(inner, span);
      const close = this.expectOperator(')', 'to close the parenthesis');
      return this.above({ ...inner, span: join(span, close.span) }, inner);
    }
    if (token.kind === 'word' && !keywords.has(token.text)) {
      if (token.text === 'true' || token.text === 'false')
        return { kind: 'boolean', value: token.text === 'true', span };
      if (this.takeOperator('(')) {
        const list = this.list(')', 'to end the arguments');
        const call = { kind: 'call', callee: token.text, calleeSpan: span, span: join(span, list.end) } as const;
        return this.above({ ...call, arguments: list.items }, ...list.items);
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
        const named = { kind: 'member', member: member.text, memberSpan: member.span } as const;
        value = this.above({ ...named, object: value, span: join(value.span, member.span) }, value);
      } else if (this.takeOperator('[')) {
        const list = this.list(']', 'to close the index');
        if (list.items.length === 0)
          this.refuse(this.tokens[this.at - 1] ?? this.current, 'an index should stand between "[" and "]"');
        const span = join(value.span, list.end);
        value = this.above({ kind: 'index', object: value, indices: list.items, span }, value, ...list.items);
      } else return value;
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
