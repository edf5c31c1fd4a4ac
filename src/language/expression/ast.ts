/** What an expression says, before names and types are known. Every node carries its place in the YAML. */
import type { Span } from '../../diagnostics/source.js';

export type Expression =
  | NumberLiteral
  | TextLiteral
  | BooleanLiteral
  | Name
  | MemberAccess
  | IndexAccess
  | Call
  | Unary
  | Binary
  | Membership
  | Cast;

export interface NumberLiteral {
  readonly kind: 'number';
  /** Durations are nanoseconds, sizes bytes. */
  readonly value: bigint;
  readonly unit?: 'duration' | 'size';
  readonly span: Span;
}

export interface TextLiteral {
  readonly kind: 'text';
  readonly value: string;
  readonly span: Span;
}

export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly span: Span;
}

export interface Name {
  readonly kind: 'name';
  readonly name: string;
  readonly span: Span;
}

/** `object.member`; `args.0` has the member `0`. */
export interface MemberAccess {
  readonly kind: 'member';
  readonly object: Expression;
  readonly member: string;
  readonly memberSpan: Span;
  readonly span: Span;
}

/** `object[a]`, and `map[a, b]` for a key of two members. */
export interface IndexAccess {
  readonly kind: 'index';
  readonly object: Expression;
  readonly indices: readonly Expression[];
  readonly span: Span;
}

/** `if(c, a, b)` is a call of `if`. */
export interface Call {
  readonly kind: 'call';
  readonly callee: string;
  readonly calleeSpan: Span;
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

export type UnaryOperator = '-' | '~' | 'not';

export interface Unary {
  readonly kind: 'unary';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  readonly span: Span;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | '^'
  | '<<'
  | '>>'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'and'
  | 'or'
  | '??';

export interface Binary {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

/** `x in [1, 2]`, or `x in map`. */
export interface Membership {
  readonly kind: 'in';
  readonly value: Expression;
  /** The other parts of a key of several: `(a, b) in map`. */
  readonly more?: readonly Expression[];
  readonly set: { readonly list: readonly Expression[] } | { readonly map: Expression };
  readonly span: Span;
}

/** `x as struct request`, `x as user char *`. */
export interface Cast {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: TypeName;
  readonly span: Span;
}

/** The written name of a type. */
export interface TypeName {
  /** `struct`, `union` and `enum` tags apart; empty for a plain name. */
  readonly tag: '' | 'struct' | 'union' | 'enum';
  /** Words of a C base type joined by one space (`unsigned long`). */
  readonly name: string;
  /** The N of `string(N)` and `bytes(N)`. */
  readonly size?: bigint;
  readonly pointers: number;
  readonly user: boolean;
  readonly span: Span;
}
