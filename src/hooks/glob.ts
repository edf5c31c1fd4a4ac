/** Patterns in a hook's target: `*` any characters, `?` one, `{a,b}` either. In: what the user wrote. Out: the names that it means. */

export function isPattern(text: string): boolean {
  return /[*?{}]/.test(text);
}

export function hasWildcard(text: string): boolean {
  return /[*?]/.test(text);
}

/** More than anyone writes by hand; braces in a row multiply. */
const mostAlternatives = 1024;

/** `sys_{enter,exit}_{read,write}` → its four texts, in the order written; a text says why there are none. */
export function alternativesOf(text: string): readonly string[] | { readonly wrong: string } {
  let texts = [''];
  for (let at = 0; at < text.length; at++) {
    const open = text.indexOf('{', at);
    const plain = text.slice(at, open < 0 ? text.length : open);
    if (plain.includes('}')) return { wrong: 'it has a "}" without a "{"' };
    texts = texts.map((each) => each + plain);
    if (open < 0) break;
    const close = text.indexOf('}', open);
    if (close < 0) return { wrong: 'it has a "{" without a "}"' };
    const inner = text.slice(open + 1, close);
    if (inner.includes('{')) return { wrong: 'braces cannot stand within braces' };
    const choices = inner.split(',').map((each) => each.trim());
    if (choices.includes('')) return { wrong: 'a name is missing between its braces' };
    texts = texts.flatMap((before) => choices.map((choice) => before + choice));
    if (texts.length > mostAlternatives) return { wrong: `its braces make more than ${mostAlternatives} names` };
    at = close;
  }
  // What stands twice is still caught once.
  return [...new Set(texts)];
}

export function matcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}
