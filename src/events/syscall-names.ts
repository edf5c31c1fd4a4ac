/** Names of system calls by number, on this machine's architecture. */
import { syscallTable } from '../kernel/syscall-table.generated.js';

let names: ReadonlyMap<number, string> | undefined;

/** `openat` for 257 on x86_64; the digits for a number without a name. */
export function syscallName(number: number | bigint): string {
  names ??= readNames(process.arch === 'arm64' ? 2 : 1);
  return names.get(Number(number)) ?? String(number);
}

/** Each line of the table: name, number on x86_64, number on arm64, parameters. */
function readNames(column: 1 | 2): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const line of syscallTable.split('\n')) {
    const parts = line.split(' ', 3);
    const number = parts[column];
    if (parts[0] !== undefined && number !== undefined && /^\d+$/.test(number)) found.set(Number(number), parts[0]);
  }
  return found;
}
