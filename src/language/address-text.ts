/** Network addresses as people write them → their bytes. `undefined` for what is no address. */

const addressBytes = 16;
/** IPv4 lies among IPv6 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
const mappedBits = 96;

/** 20 bytes as in records and keys: the version, three zeros, 16 bytes of address. */
export function ipBytes(text: string): Uint8Array | undefined {
  const four = ipv4(text);
  const six = four === undefined ? ipv6(text) : undefined;
  const address = four ?? six;
  if (address === undefined) return undefined;
  const bytes = new Uint8Array(4 + addressBytes);
  bytes[0] = four === undefined ? 6 : 4;
  bytes.set(address, 4);
  return bytes;
}

/** A network, or one address: how many bits of it count, as a little-endian u32, then 16 bytes, of which the other bits are zero. */
export function networkBytes(text: string): { readonly bytes: Uint8Array; readonly exact: boolean } | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const four = ipv4(address);
  const six = four === undefined ? ipv6(address) : undefined;
  const most = four === undefined ? 128 : 32;
  if (rest.length > 0 || (length !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(length))) return undefined;
  const bits = length === undefined ? most : Number(length);
  if (bits > most) return undefined;
  const whole = new Uint8Array(addressBytes);
  if (four !== undefined) {
    whole.fill(0xff, 10, 12);
    whole.set(four, 12);
  } else if (six !== undefined) whole.set(six);
  else return undefined;
  const counted = four === undefined ? bits : mappedBits + bits;
  const bytes = new Uint8Array(4 + addressBytes);
  new DataView(bytes.buffer).setUint32(0, counted, true);
  let exact = true;
  whole.forEach((byte, index) => {
    const kept = Math.min(8, Math.max(0, counted - index * 8));
    const masked = byte & (0xff00 >> kept) & 0xff;
    if (masked !== byte) exact = false;
    bytes[4 + index] = masked;
  });
  return { bytes, exact };
}

/** Six bytes, `02:42:ac:11:00:02`. */
export function macBytes(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (byte) => Number.parseInt(byte, 16));
}

function ipv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return Uint8Array.from(parts, Number);
}

/** RFC 4291, 2.2: groups of hexadecimal digits, one run of zeros as `::`, the last two groups as an IPv4 address. */
function ipv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => groups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const all = [...head, ...new Array<number>(8 - given).fill(0), ...(tail ?? [])];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function groups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const values: number[] = [];
  for (const [index, part] of parts.entries()) {
    const four = last && index === parts.length - 1 ? ipv4(part) : undefined;
    if (four !== undefined) values.push(((four[0] ?? 0) << 8) | (four[1] ?? 0), ((four[2] ?? 0) << 8) | (four[3] ?? 0));
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) values.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return values;
}
