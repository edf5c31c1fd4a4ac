/**
 * Statements of a generated program: what the templates under `templates/bpf/statements/` turn into C, each by the template of its name. Texts in them are C
 * expressions and identifiers made from checked nodes only (`lower-*.ts`), never the user's text.
 */

/** A C expression or identifier that the compiler itself made. */
export type CText = string & { readonly __c: never };

export interface StatementBase {
  /** The YAML line that it stands for, from 1; 0 for none. */
  readonly line: number;
  /** The probe's name, with which its counters' names begin. */
  readonly prefix: CText;
}

export type Statement = StatementBase &
  (
    | {
        readonly template: 'declare';
        readonly type: CText;
        readonly name: CText;
        readonly array?: number;
        readonly value?: CText;
        readonly zero?: boolean;
      }
    | { readonly template: 'zero'; readonly target: CText; readonly byHelper: boolean }
    | {
        readonly template: 'copy';
        readonly target: CText;
        readonly source: CText;
        readonly shorter: boolean;
        readonly byHelper: boolean;
      }
    /** Once in a program, before what lies there is used. */
    | { readonly template: 'take-scratch'; readonly type: CText; readonly counter: CText }
    | { readonly template: 'assign'; readonly target: CText; readonly value: CText }
    | {
        readonly template: 'read';
        readonly helper: CText;
        readonly target: CText;
        readonly address: CText /** Bytes; all of the target where it is missing. */;
        readonly size?: number;
      }
    | {
        readonly template: 'read-bit-field';
        readonly target: CText;
        readonly base: CText;
        readonly field: CText;
        readonly type: CText;
        readonly signed: boolean;
        readonly reader: CText;
      }
    /** Into a `{ u32 length; char text[] }`. */
    | {
        readonly template: 'read-text';
        readonly lengthName: CText;
        readonly helper: CText;
        readonly target: CText;
        readonly size: number;
        readonly address: CText;
        /** Whether all of `size` read means that the text was longer; `shorter`: and that its last character is one too many. */
        readonly cut: boolean;
        readonly shorter: boolean;
      }
    /** `name` takes the stack's id, `memory` its frames, at most so many. */
    | {
        readonly template: 'read-stack';
        readonly name: CText;
        readonly memory: CText;
        readonly frames: number;
        readonly user: boolean;
      }
    /** Into a zeroed char array; `length` takes what the helper returns. With `cut`, text that goes on behind `size - 1` bytes is counted. */
    | {
        readonly template: 'read-padded';
        readonly helper: CText;
        readonly target: CText;
        readonly size: number;
        readonly address: CText;
        readonly length?: CText;
        readonly cut?: { readonly next: CText; readonly reader: CText; readonly last: CText };
      }
    | {
        readonly template: 'read-bytes';
        readonly lengthName: CText;
        readonly helper: CText;
        readonly target: CText;
        readonly max: number;
        readonly length: CText;
        readonly address: CText;
      }
    | {
        readonly template: 'read-path';
        readonly target: CText;
        readonly max: number;
        readonly address: CText;
        readonly mount: CText;
      }
    | { readonly template: 'read-argv'; readonly target: CText; readonly max: number; readonly address: CText }
    | {
        readonly template: 'copy-text';
        readonly target: CText;
        readonly length: number;
        readonly bytes: readonly number[];
      }
    | { readonly template: 'current-comm'; readonly target: CText }
    | { readonly template: 'ipv4-address'; readonly target: CText; readonly value: CText }
    | {
        readonly template: 'branch';
        readonly condition: CText;
        readonly body: readonly Statement[];
        readonly otherwise: readonly Statement[];
      }
    /** Before all else in an iterator's program: leaves without a count where there is no object. */
    | { readonly template: 'take-object'; readonly name: CText }
    | { readonly template: 'leave-if'; readonly condition: CText; readonly counter: CText }
    | { readonly template: 'start-pair'; readonly map: CText; readonly key: CText; readonly value: CText }
    | { readonly template: 'start-pair-of-cpu'; readonly map: CText; readonly struct: CText }
    | {
        readonly template: 'end-pair-of-cpu';
        readonly map: CText;
        readonly struct: CText;
        readonly started: CText;
        readonly counted: boolean;
        readonly duration: boolean;
      }
    | {
        readonly template: 'end-pair';
        readonly map: CText;
        readonly key: CText;
        readonly struct: CText;
        /** Where the entry is copied to; declared here where it is no place yet. */
        readonly started: CText;
        readonly declared: boolean;
        readonly byHelper: boolean;
        readonly counted: boolean;
        readonly ttl?: CText;
        readonly duration: boolean;
      }
    | {
        readonly template: 'look-up';
        readonly map: CText;
        readonly outer: boolean;
        readonly key: CText;
        readonly type: CText;
        readonly name: CText;
      }
    | {
        readonly template: 'find-or-add';
        readonly map: CText;
        readonly outer: boolean;
        readonly array: boolean;
        readonly key: CText;
        readonly type: CText;
        readonly name: CText;
        readonly zero: CText;
        /** Counts the entries that are added to a map that evicts; none for other maps. */
        readonly added: CText | undefined;
      }
    | {
        readonly template: 'store';
        readonly map: CText;
        readonly outer: boolean;
        /** A name for what is found on the way to an inner map. */
        readonly name: CText;
        readonly key: CText;
        readonly value: CText;
        readonly added: CText | undefined;
      }
    | { readonly template: 'count'; readonly counter: CText }
    | {
        readonly template: 'delete';
        readonly map: CText;
        readonly outer: boolean;
        readonly name: CText;
        readonly key: CText;
        readonly added: CText | undefined;
      }
    /** Behind a queue's values or onto a stack's, or a key into a filter. */
    | {
        readonly template: 'push';
        readonly map: CText;
        readonly outer: boolean;
        readonly name: CText;
        readonly value: CText;
        readonly flags: CText;
        readonly added: CText | undefined;
      }
    /** An address as the key of an lpm_trie. */
    | { readonly template: 'whole-address'; readonly target: CText; readonly source: CText }
    | { readonly template: 'add'; readonly target: CText; readonly value: CText }
    | {
        readonly template: 'add-bucket';
        readonly indexName: CText;
        readonly target: CText;
        readonly index: CText;
        readonly buckets: number;
      }
    | { readonly template: 'raise'; readonly target: CText; readonly value: CText }
    | {
        readonly template: 'emit';
        readonly struct: CText;
        readonly probe: number;
        readonly fields: readonly Statement[];
      }
    | { readonly template: 'finish' }
  );
