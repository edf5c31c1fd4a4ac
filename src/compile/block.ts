/** Statements as they are collected, and the values already computed there: an inner block sees those of the outer ones, not the other way round. */
import { c, identifier } from './c-text.js';
import { byHelper, type ProgramMemory, type Variable } from './program-memory.js';
import type { CText, Statement } from './statements.js';

/** Distributes over unions, so that each statement keeps its own members. */
type Unplaced = Statement extends infer Each ? (Each extends Statement ? Omit<Each, 'line' | 'prefix'> : never) : never;

type Unnamed = Omit<Variable, 'name'> & { readonly hint: string; readonly bytes: number };

export class Block {
  readonly statements: Statement[] = [];
  private readonly known = new Map<string, CText>();

  constructor(
    private readonly names: FreshNames,
    /** The probe's name: the beginning of its counters' names. */
    readonly prefix: CText,
    private readonly memory: ProgramMemory,
    private readonly outer?: Block,
  ) {}

  inner(): Block {
    return new Block(this.names, this.prefix, this.memory, this);
  }

  /** Before the statement that is the `index`-th now. */
  insert(index: number, statement: Unplaced, line: number): void {
    this.statements.splice(index, 0, { ...statement, line, prefix: this.prefix });
  }

  /** A variable in memory, on the stack or not: `bytes` long, and zeroed where asked for. */
  variable({ hint, zero = false, ...wanted }: Unnamed & { readonly zero?: boolean }, line: number): CText {
    const name = this.fresh(hint);
    const { text, onStack } = this.place({ ...wanted, name });
    const { bytes, ...variable } = wanted;
    if (onStack) this.add({ template: 'declare', ...variable, name, zero }, line);
    else if (zero) this.zero(text, bytes, line);
    return text;
  }

  /** Decides where a variable lies, and leaves its declaration on the stack to who asks. */
  place({ bytes, ...variable }: Variable & { readonly bytes: number }): { text: CText; onStack: boolean } {
    const onStack = this.memory.onStack(variable, bytes, this.outermost().statements.length);
    return { text: onStack ? variable.name : c`scratch->${variable.name}`, onStack };
  }

  /** Puts a value into a variable before everything that is not there yet, so that inner blocks see it as well. */
  atTop(
    key: string,
    declare: { readonly hint: string; readonly type: CText; readonly value: CText },
    line: number,
  ): CText {
    const known = this.find(key);
    if (known !== undefined) return known;
    const top = this.outermost();
    const { hint, type, value } = declare;
    const name = this.fresh(hint);
    top.add({ template: 'declare', type, name, value }, line);
    return top.remember(key, name);
  }

  private outermost(): Block {
    return this.outer?.outermost() ?? this;
  }

  zero(target: CText, bytes: number, line: number): void {
    this.add({ template: 'zero', target, byHelper: byHelper(bytes) }, line);
  }

  /** `shorter`: the source is, and the target's end is left as it is. */
  copy(target: CText, source: CText, bytes: number, line: number, shorter = false): void {
    this.add({ template: 'copy', target, source, shorter, byHelper: byHelper(bytes) }, line);
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
