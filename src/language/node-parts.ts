/**
 * Parts of nodes as a spec holds them. A part of the wrong shape is as good as missing here: the schema has told of it, and
 * the readers go on to tell of what else is wrong.
 */
import type { Span } from '../diagnostics/source.js';
import type { DocumentNode, MappingEntry, ScalarNode } from './document-node.js';
import type { Located, LocatedText } from './spec.js';

export function entriesOf(node: DocumentNode | undefined): readonly MappingEntry[] {
  return node?.kind === 'mapping' ? node.entries : [];
}

export function child(node: DocumentNode | undefined, key: string): DocumentNode | undefined {
  return entriesOf(node).find((entry) => entry.key === key)?.value;
}

export function keySpan(node: DocumentNode | undefined, key: string): Span | undefined {
  return entriesOf(node).find((entry) => entry.key === key)?.keySpan;
}

export function scalarOf(node: DocumentNode | undefined): ScalarNode | undefined {
  return node?.kind === 'scalar' && node.value !== null ? node : undefined;
}

export function textOf(node: DocumentNode | undefined): LocatedText | undefined {
  const scalar = scalarOf(node);
  return scalar && { text: scalar.text, span: scalar.span, offsetAt: (index) => scalar.offsetAt(index) };
}

export function wholeNumber(node: DocumentNode | undefined): Located<bigint> | undefined {
  const scalar = scalarOf(node);
  // `1e3` and `10.0` are numbers to YAML, and whole ones to a schema.
  const whole =
    typeof scalar?.value === 'number' && Number.isInteger(scalar.value) ? BigInt(scalar.value) : scalar?.value;
  return scalar !== undefined && typeof whole === 'bigint' ? { value: whole, span: scalar.span } : undefined;
}

export function choiceOf<Choice extends string>(
  node: DocumentNode | undefined,
  choices: readonly Choice[],
): Located<Choice> | undefined {
  const scalar = scalarOf(node);
  const value = choices.find((choice) => choice === scalar?.value);
  return scalar && value && { value, span: scalar.span };
}

export function isTrue(node: DocumentNode | undefined): boolean {
  return scalarOf(node)?.value === true;
}

/** A piece of a text, each character at its own place. */
export function piece(text: LocatedText, start: number, end: number): LocatedText {
  return {
    text: text.text.slice(start, end),
    span: { source: text.span.source, start: text.offsetAt(start), end: text.offsetAt(end) },
    offsetAt: (index) => text.offsetAt(start + index),
  };
}

export function trimmed(text: LocatedText): LocatedText {
  const start = text.text.length - text.text.trimStart().length;
  return piece(text, start, Math.max(start, text.text.trimEnd().length));
}

/** A key as a text: keys stand on one line, and those that hold an escape point at its beginning roughly. */
export function keyText({ key, keySpan: span }: MappingEntry): LocatedText {
  const quoted = /^["']/.test(span.source.text.slice(span.start, span.end)) ? 1 : 0;
  return { text: key, span, offsetAt: (index) => Math.min(span.start + quoted + index, span.end) };
}

/** An object without the parts that are not there, as `exactOptionalPropertyTypes` wants it. */
export function present<Parts extends object>(parts: Parts): { [Key in keyof Parts]?: Exclude<Parts[Key], undefined> } {
  const result: { [Key in keyof Parts]?: Exclude<Parts[Key], undefined> } = {};
  for (const key in parts) {
    const value = parts[key];
    if (isThere(value)) result[key] = value;
  }
  return result;
}

function isThere<Value>(value: Value): value is Exclude<Value, undefined> {
  return value !== undefined;
}
