/**
 * What a just-in-time compiler tells of its code in /tmp/perf-PID.map: a line `START SIZE name` a function, hexadecimal,
 * appended as it compiles. A later line is right where it contradicts an earlier one: the code's memory was used anew. Source of
 * the format: tools/perf/Documentation/jit-interface.txt of Linux.
 */
import type { OpenFile } from '../host.js';
import { type AddressTable, AddressTableBuilder } from './address-table.js';

/** A map of a million functions; what grows beyond is not read. */
const mostBytes = 0x400_0000;
const bytesAtOnce = 0x10_0000;
const longestName = 512;
/** Tables of what was appended since; that many are made one. */
const mostTables = 8;

const newline = 0x0a;
const space = 0x20;

export class PerfMap {
  readonly #file: OpenFile;
  #readTo = 0;
  #all = new AddressTableBuilder('last');
  /** The newest last. */
  #tables: AddressTable[] = [];

  constructor(file: OpenFile) {
    this.#file = file;
  }

  find(address: number): { readonly name: string; readonly start: number } | undefined {
    this.#readOn();
    for (const table of this.#tables.toReversed()) {
      const found = table.find(address);
      if (found === undefined) continue;
      const bytes = this.#file.read(found.name, longestName);
      const end = bytes.indexOf(newline);
      const name = Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end).toString('utf8');
      return { name, start: found.start };
    }
    return undefined;
  }

  close(): void {
    this.#file.close();
    this.#tables = [];
  }

  #readOn(): void {
    const size = Math.min(this.#file.stat().size, mostBytes);
    // Somebody began it anew.
    if (size < this.#readTo) {
      this.#readTo = 0;
      this.#tables = [];
      this.#all = new AddressTableBuilder('last');
    }
    if (size === this.#readTo) return;
    const added = new AddressTableBuilder('last');
    while (this.#readTo < size) {
      const bytes = this.#file.read(this.#readTo, Math.min(bytesAtOnce, size - this.#readTo));
      // The last line may be half written.
      const whole = bytes.lastIndexOf(newline) + 1;
      if (whole === 0) {
        // A line that long is none; without this it would be read again and again.
        if (bytes.length === bytesAtOnce) this.#readTo += bytes.length;
        if (bytes.length < bytesAtOnce) break;
        continue;
      }
      this.#addLines(bytes.subarray(0, whole), added);
      this.#readTo += whole;
    }
    this.#tables.push(added.build());
    if (this.#tables.length > mostTables) this.#tables = [this.#all.build()];
  }

  #addLines(bytes: Uint8Array, added: AddressTableBuilder): void {
    for (let line = 0; line < bytes.length; ) {
      const lineEnd = bytes.indexOf(newline, line);
      const first = bytes.indexOf(space, line);
      const second = first < 0 ? -1 : bytes.indexOf(space, first + 1);
      if (second >= 0 && second + 1 < lineEnd) {
        const start = hexAt(bytes, line, first);
        const size = hexAt(bytes, first + 1, second);
        if (start !== undefined && size !== undefined && size > 0 && size < 2 ** 32) {
          added.add(start, size, this.#readTo + second + 1, 0);
          this.#all.add(start, size, this.#readTo + second + 1, 0);
        }
      }
      line = lineEnd + 1;
    }
  }
}

/** Some writers put `0x` before it. `undefined` for what is no number, or too large for an address. */
function hexAt(bytes: Uint8Array, from: number, to: number): number | undefined {
  const start = bytes[from] === 0x30 && (bytes[from + 1] === 0x78 || bytes[from + 1] === 0x58) ? from + 2 : from;
  if (start >= to || to - start > 16) return undefined;
  let value = 0;
  for (let at = start; at < to; at++) {
    const digit = Number.parseInt(String.fromCharCode(bytes[at] ?? 0), 16);
    if (Number.isNaN(digit)) return undefined;
    value = value * 16 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
