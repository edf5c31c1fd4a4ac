/** Statements as they are collected, and the values already computed there: an inner block sees those of the outer ones, not the other way round. */
import { identifier } from './c-text.js';
import type { CText, Statement } from './statements.js';

/** Distributes over unions, so that each statement keeps its own members. */
type Unplaced = Statement extends infer Each ? (Each extends Statement ? Omit<Each, 'line' | 'prefix'> : never) : never;

export class Block {
  readonly statements: Statement[] = [];
  private readonly known = new Map<string, CText>();

  constructor(
    private readonly names: FreshNames,
    /** The probe's name: the beginning of its counters' names. */
    readonly prefix: CText,
    private readonly outer?: Block,
  ) {}

  inner(): Block {
    return new Block(this.names, this.prefix, this);
  }

  add(statement: Unplaced, line: number): void {
    this.statements.push({ ...statement, line, prefix: this.prefix });
  }

  find(key: string): CText | undefined {
    return this.known.get(key) ?? this.outer?.find(key);
  }

  remember(key: string, value: CText): CText {
    this.known.set(key, value);
    return value;
  }

  fresh(hint: string): CText {
    return this.names.next(hint);
  }
}

/** Names of local variables: a readable word and a number, so that no two are equal and none is a word of C's. */
export class FreshNames {
  private readonly counts = new Map<string, number>();

  next(hint: string): CText {
    const word = hint
      .replace(/[^A-Za-z0-9_]/g, '_')
      .replace(/^_*(?=[A-Za-z])/, '')
      .slice(0, 32);
    const base = /^[A-Za-z]/.test(word) ? word : 'value';
    const count = (this.counts.get(base) ?? 0) + 1;
    this.counts.set(base, count);
    return identifier(`${base}_${count}`);
  }
}
