/** Numbers as the names of their bits: `O_WRONLY|O_CREAT`. */

interface Flag {
  readonly name: string;
  readonly value: bigint;
}

const tables = new Map<string, readonly Flag[]>();

/** `table` is `NAME=VALUE` by spaces, as the compiler writes it. Bits without a name are shown in hexadecimal. */
export function flagNames(number: number | bigint, table: string): string {
  let flags = tables.get(table);
  if (flags === undefined) {
    flags = readTable(table);
    tables.set(table, flags);
  }
  let rest = BigInt.asUintN(64, BigInt(number));
  const found: Flag[] = [];
  for (const flag of flags) {
    if (flag.value === 0n || (rest & flag.value) !== flag.value) continue;
    found.push(flag);
    rest &= ~flag.value;
  }
  const names = found.sort((a, b) => (a.value < b.value ? -1 : 1)).map(({ name }) => name);
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  if (names.length > 0) return names.join('|');
  return flags.find(({ value }) => value === 0n)?.name ?? '0';
}

/** Those of most bits first, so that what is made of several is called by its own name. Masks name no values. */
function readTable(table: string): readonly Flag[] {
  const flags = table.split(' ').flatMap((each): Flag[] => {
    const [name = '', value = ''] = each.split('=');
    return /^-?\d+$/.test(value) && !/(_MASK|ACCMODE)$/.test(name)
      ? [{ name, value: BigInt.asUintN(64, BigInt(value)) }]
      : [];
  });
  return flags.sort((a, b) => bits(b.value) - bits(a.value));
}

function bits(value: bigint): number {
  let count = 0;
  for (let rest = value; rest > 0n; rest &= rest - 1n) count++;
  return count;
}
