/** Lists of texts as programs write them (templates/bpf/lists.hbs): behind each other, each with its NUL. */

const decoder = new TextDecoder();

function texts(list: Uint8Array): string[] {
  const found: string[] = [];
  let from = 0;
  for (let at = 0; at < list.length; at++) {
    if (list[at] !== 0) continue;
    found.push(decoder.decode(list.subarray(from, at)));
    from = at + 1;
  }
  if (from < list.length) found.push(decoder.decode(list.subarray(from)));
  return found;
}

export function joined(list: Uint8Array, separator: string): string {
  return texts(list).join(separator);
}

/** The part of a text with this number, from 0 on; empty where there are not so many. */
export function partOf(text: Uint8Array | string, separator: string, index: number): string {
  const whole = typeof text === 'string' ? text : decoder.decode(text);
  return whole.split(separator, index + 1)[index] ?? '';
}

/** `/usr/bin/cat` of its components, the last first; `…/bin/cat` where the first ones are missing. */
export function pathText(list: Uint8Array): string {
  const components = texts(list);
  const whole = components.at(-1) === '';
  if (whole) components.pop();
  return `${whole ? '' : '…'}/${components.reverse().join('/')}`;
}
