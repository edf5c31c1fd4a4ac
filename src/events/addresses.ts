/** Network addresses as text, from their record bytes. */

/** 20 bytes: version, three zero bytes, 16 of address. `null` where no address was there (version 0). */
export function ipText(source: Uint8Array, at: number): string | null {
  const version = source[at];
  if (version === 4) return ipv4Text(source, at + 4);
  if (version === 6) return ipv6Text(source, at + 4);
  return null;
}

export function ipv4Text(source: Uint8Array, at: number): string {
  return `${source[at]}.${source[at + 1]}.${source[at + 2]}.${source[at + 3]}`;
}

/** RFC 5952: lower case, no leading zeros, the longest (first) run of two or more zero groups as `::`. */
export function ipv6Text(source: Uint8Array, at: number): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2)
    groups.push(((source[at + index] ?? 0) << 8) | (source[at + index + 1] ?? 0));
  let best = -1;
  let bestLength = 1;
  for (let index = 0; index < 8; index++) {
    let length = 0;
    while (groups[index + length] === 0) length++;
    if (length > bestLength) {
      best = index;
      bestLength = length;
    }
  }
  // Section 5: the well-known IPv4-mapped prefix keeps its dotted part.
  if (best === 0 && bestLength >= 5 && groups[5] === 0xffff) return `::ffff:${ipv4Text(source, at + 12)}`;
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return best < 0 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`;
}

/** 20 bytes: how many of the bits count, then 16 of address, in which IPv4 lies as ::ffff:a.b.c.d. */
export function networkText(source: Uint8Array, at: number): string {
  const bits = (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8);
  const mapped = bits >= 96 && source[at + 14] === 0xff && source[at + 15] === 0xff;
  let zeros = mapped;
  for (let index = 4; zeros && index < 14; index++) zeros = source[at + index] === 0;
  return zeros ? `${ipv4Text(source, at + 16)}/${bits - 96}` : `${ipv6Text(source, at + 4)}/${bits}`;
}

/** Six bytes. */
export function macText(source: Uint8Array, at: number): string {
  let text = '';
  for (let index = 0; index < 6; index++)
    text += `${index === 0 ? '' : ':'}${(source[at + index] ?? 0).toString(16).padStart(2, '0')}`;
  return text;
}
