/**
 * Pipelines that people could have written by mistake: shipped ones with values swapped, expressions changed by a token, keys dropped, doubled or put elsewhere, types changed, and parts of one in another.
 */
import fc, { type GeneratorValue } from 'fast-check';
import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';

type Choose = (below: number) => number;
type Change = (text: string, choose: Choose, all: Material) => string;

interface Material {
  /** Tokens of all expressions and values, and some that stand nowhere. */
  readonly tokens: readonly string[];
  /** Texts of values by the key that they stood under. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly keys: readonly string[];
}

interface Place {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const oddTokens = (
  '0 -1 18446744073709551615 18446744073709551616 9223372036854775807 -9223372036854775808 0x 1e9 1.5 "" \'\' "%s" "*/" "\\"" ( ) [ ] { } , : . .. ?? -> & && | || ! == = < << >> + ++ - -- * / % ^ ~ ' +
  'and or not in as if u8 i64 bool true null param.x args retval comm é 😀'
).split(' ');

const oddValues = [
  '',
  '~',
  'true',
  '0',
  '-1',
  '99999999999999999999',
  '1.5',
  '[]',
  '{}',
  '[[]]',
  '{ a: b }',
  '"\\0"',
  '|\n  x',
  '&a 1',
  '*a',
  '!!set {}',
  '? x',
  '2001-01-01',
  'é',
  '<<',
];

/** `texts`: pipelines that are right. */
export function mutatedPipelines(texts: readonly string[]): fc.Arbitrary<string> {
  const all = materialOf(texts);
  return fc.gen().map((generate: GeneratorValue) => {
    const choose: Choose = (below) => (below < 2 ? 0 : generate(fc.nat, { max: below - 1 }));
    let text = one(texts, choose) ?? '';
    // Half of them are changed once, since most that are changed more often are refused for one of the changes alone.
    for (let times = 1 + choose(2) * choose(3); times > 0; times--)
      text = (one(changes, choose) ?? dropKey)(text, choose, all);
    return text;
  });
}

const one = <Item>(items: readonly Item[], choose: Choose): Item | undefined => items[choose(items.length)];

const put = (text: string, { start, end }: { start: number; end: number }, by: string): string =>
  text.slice(0, start) + by + text.slice(end);

const swapValues: Change = (text, choose) => {
  const places = valuesOf(text);
  const [a, b] = [one(places, choose), one(places, choose)];
  if (a === undefined || b === undefined) return text;
  const [first, last] = a.start < b.start ? [a, b] : [b, a];
  if (first.end > last.start) return text;
  const [firstText, lastText] = [text.slice(first.start, first.end), text.slice(last.start, last.end)];
  return put(put(text, last, firstText), first, lastText);
};

const valueOfAnother: Change = (text, choose, { values }) => {
  const place = one(valuesOf(text), choose);
  const other = place === undefined ? undefined : one(values.get(place.key) ?? [], choose);
  return place === undefined || other === undefined ? text : put(text, place, other);
};

const oddValue: Change = (text, choose) => {
  const place = one(valuesOf(text), choose);
  return place === undefined ? text : put(text, place, one(oddValues, choose) ?? '');
};

const changeToken: Change = (text, choose, { tokens }) => {
  const place = one(valuesOf(text), choose);
  if (place === undefined) return text;
  const value = text.slice(place.start, place.end);
  const token = one([...value.matchAll(tokenPattern)], choose);
  if (token === undefined) return text;
  const start = place.start + token.index;
  const by = one(tokens, choose) ?? '';
  const written = one([by, '', `${token[0]} ${by}`, `${by} ${token[0]}`, `${token[0]} ${token[0]}`], choose) ?? '';
  return put(text, { start, end: start + token[0].length }, written);
};

const dropKey: Change = (text, choose) => {
  const pair = one(pairsOf(text), choose);
  return pair === undefined ? text : put(text, pair, '');
};

const doubleKey: Change = (text, choose) => {
  const pair = one(pairsOf(text), choose);
  if (pair === undefined) return text;
  const indent = ' '.repeat(pair.start - (text.lastIndexOf('\n', pair.start - 1) + 1));
  return put(text, { start: pair.end, end: pair.end }, `\n${indent}${text.slice(pair.start, pair.end)}\n`);
};

const renameKey: Change = (text, choose, { keys }) => {
  const pair = one(pairsOf(text), choose);
  if (pair === undefined) return text;
  return put(text, { start: pair.start, end: pair.start + pair.key.length }, one(keys, choose) ?? '');
};

const changes: readonly Change[] = [
  swapValues,
  valueOfAnother,
  valueOfAnother,
  oddValue,
  changeToken,
  changeToken,
  changeToken,
  changeToken,
  dropKey,
  doubleKey,
  renameKey,
];

const tokenPattern = /[A-Za-z_][\w.]*|\d\w*|"[^"\n]*"|\S/g;

function materialOf(texts: readonly string[]): Material {
  const values = new Map<string, string[]>();
  const tokens = new Set(oddTokens);
  for (const text of texts) {
    for (const place of valuesOf(text)) {
      const value = text.slice(place.start, place.end);
      // What spans lines is bound to its indentation.
      if (value.includes('\n')) continue;
      values.set(place.key, [...(values.get(place.key) ?? []), value]);
      for (const [token] of value.matchAll(tokenPattern)) tokens.add(token);
    }
  }
  return { values, tokens: [...tokens], keys: [...values.keys()] };
}

/** Where values stand, and of what keys. */
function valuesOf(text: string): Place[] {
  return walk(text, ({ key, value }, name) => {
    const range = rangeOf(value);
    return range === undefined || rangeOf(key) === undefined ? [] : [{ key: name, ...range }];
  });
}

function pairsOf(text: string): Place[] {
  return walk(text, ({ key, value }, name) => {
    const [from, to] = [rangeOf(key), rangeOf(value)];
    return from === undefined || to === undefined ? [] : [{ key: name, start: from.start, end: to.end }];
  });
}

function walk(text: string, place: (pair: Pair, name: string) => Place[]): Place[] {
  const found: Place[] = [];
  const visit = (node: unknown): void => {
    if (isMap(node)) visitMap(node);
    else if (isSeq(node)) for (const item of node.items) visit(item);
  };
  const visitMap = (map: YAMLMap): void => {
    for (const pair of map.items) {
      found.push(...place(pair, isScalar(pair.key) ? String(pair.key.value) : ''));
      visit(pair.value);
    }
  };
  try {
    visit(parseDocument(text, { logLevel: 'silent' }).contents);
  } catch {
    // A text that was changed before may make the parser throw; it is then as broken as it should be.
  }
  return found;
}

function rangeOf(node: unknown): { start: number; end: number } | undefined {
  const range = isNode(node) ? node.range : undefined;
  return range ? { start: range[0], end: range[1] } : undefined;
}

const isNode = (value: unknown): value is Node => isMap(value) || isSeq(value) || isScalar(value);
