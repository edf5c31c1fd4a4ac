/** C expressions put together with the parentheses that a person would write: where C needs them, and where its precedence surprises readers (and clang warns). */
import { c } from './c-text.js';
import type { CText } from './statements.js';

const precedence: ReadonlyMap<string, number> = new Map([
  ['?', 1],
  [':', 1],
  ['||', 2],
  ['&&', 3],
  ['|', 4],
  ['^', 5],
  ['&', 6],
  ['==', 7],
  ['!=', 7],
  ['<', 8],
  ['<=', 8],
  ['>', 8],
  ['>=', 8],
  ['<<', 9],
  ['>>', 9],
  ['+', 10],
  ['-', 10],
  ['*', 11],
  ['/', 11],
  ['%', 11],
]);
const unary = 12;
const primary = 13;
const comparison = 7;
const shift = 9;

/** How closely the loosest operator of an expression binds; operators of two sides are told by the spaces around them. */
function bindingOf(text: CText): { readonly level: number; readonly operator: string; readonly at: number } {
  let depth = 0;
  let loosest = { level: primary, operator: '', at: 0 };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '(' || character === '[' || character === '{') depth++;
    else if (character === ')' || character === ']' || character === '}') depth--;
    else if (character === ' ' && depth === 0) {
      const end = text.indexOf(' ', at + 1);
      const operator = end < 0 ? '' : text.slice(at + 1, end);
      const level = precedence.get(operator);
      if (level !== undefined && level < loosest.level) loosest = { level, operator, at: at + 1 };
    }
  }
  if (loosest.level < primary) return loosest;
  return /^[-~!&*]/.test(text) || beginsWithCast(text) ? { level: unary, operator: '', at: 0 } : loosest;
}

/** `(u32)x`, but neither `(x)` nor `(x)->y`, which begin with a parenthesis as well. */
function beginsWithCast(text: CText): boolean {
  if (!text.startsWith('(')) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0)
      return at + 1 < text.length && !/^(?:->|\.|\[)/.test(text.slice(at + 1));
  }
  return false;
}

/** For where only a name, a call, a member, an element or a parenthesis can stand. */
export function paren(text: CText): CText {
  return bindingOf(text).level < primary ? c`(${text})` : text;
}

/** Behind a unary operator or a cast. */
export function operand(text: CText): CText {
  return bindingOf(text).level < unary || text.startsWith('-') ? c`(${text})` : text;
}

/** `(type)text`, once. */
export function cast(type: CText, text: CText): CText {
  const prefix = c`(${type})`;
  if (text.startsWith(prefix) && bindingOf(text).level === unary) return text;
  return c`${prefix}${operand(text)}`;
}

export function infix(left: CText, operator: string, right: CText): CText {
  const level = precedence.get(operator);
  if (level === undefined) throw new Error(`"${operator}" is no operator of two sides`);
  const side = (text: CText, first: boolean): CText => {
    const inner = bindingOf(text);
    const chain =
      first && inner.operator === operator && level !== comparison && operator !== '<<' && operator !== '>>';
    return chain || clearlyTighter(inner.level, level, first) ? text : c`(${text})`;
  };
  return c`${side(left, true)} ${operator as CText} ${side(right, false)}`;
}

const opposites: ReadonlyMap<string, string> = new Map([
  ['==', '!='],
  ['!=', '=='],
  ['<', '>='],
  ['>=', '<'],
  ['>', '<='],
  ['<=', '>'],
]);

/** The condition that holds where this one does not. */
export function negated(text: CText): CText {
  const { level, operator, at } = bindingOf(text);
  const opposite = opposites.get(operator);
  if (opposite !== undefined) return (text.slice(0, at) + opposite + text.slice(at + operator.length)) as CText;
  if (level === unary && text.startsWith('!')) return withoutParentheses(text.slice(1) as CText);
  return c`!${operand(text)}`;
}

function withoutParentheses(text: CText): CText {
  const inner = text.slice(1, -1) as CText;
  return text.startsWith('(') && c`(${inner})` === text && balanced(inner) ? inner : text;
}

function balanced(text: CText): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    else if (character === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

/** Whether a reader knows without thinking that `inner` goes first. */
function clearlyTighter(inner: number, outer: number, first: boolean): boolean {
  if (inner >= unary) return true;
  // Sums and products mix freely; everything else only with comparisons inside of `&&` and `||`.
  if (outer >= 10) return inner > outer || (first && inner === outer);
  if (outer === shift || (outer >= 4 && outer < comparison)) return false;
  if (outer >= comparison) return inner > shift;
  return inner >= comparison && inner !== shift;
}
