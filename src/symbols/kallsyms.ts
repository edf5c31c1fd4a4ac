/**
 * /proc/kallsyms as a table: `ffffffff81000000 T name`, a module's with `\t[module]` behind, BPF programs' with `\t[bpf]`, and ftrace's
 * trampolines with `\t[__builtin__ftrace]`. Source of the format: kernel/kallsyms.c, s_show().
 */
import { type AddressTable, AddressTableBuilder } from './address-table.js';

export interface KallsymsTable {
  /** Addresses without their upper 16 bits, which are all ones. */
  readonly table: AddressTable;
  /** What is built into the kernel, from `_stext` to `_etext`; empty where the table does not say. */
  readonly core: { readonly start: number; readonly end: number };
  /** Whether all addresses are zero, which is what the kernel shows to whoever may not see them. */
  readonly hidden: boolean;
  /** Of a symbol that was found. `module` is empty for the kernel itself. */
  nameAt(name: number): { readonly name: string; readonly module: string };
}

const newline = 0x0a;
const addressDigits = 16;
/** Sixteen digits, a space, the kind, a space. */
const nameAt = addressDigits + 3;

export function readKallsyms(text: Uint8Array): KallsymsTable {
  const builder = new AddressTableBuilder();
  // Only the names of code are kept, behind each other; the whole text is three times as long.
  const kept = Buffer.alloc(text.length);
  let keptEnd = 0;
  let start = 0;
  let end = 0;
  let hidden = true;
  for (let line = 0; line < text.length; ) {
    const found = text.indexOf(newline, line);
    const lineEnd = found < 0 ? text.length : found;
    const kind = text[line + addressDigits + 1] ?? 0;
    const rank = rankOf(kind);
    const address = lineEnd > line + nameAt ? addressAt(text, line) : 0;
    if (address > 0) hidden = false;
    if (address > 0 && rank !== undefined) {
      const length = lineEnd - line - nameAt;
      if (length <= 7 && isWord(text, line + nameAt, lineEnd, '_stext')) start = address;
      else if (length <= 7 && isWord(text, line + nameAt, lineEnd, '_etext')) end = address;
      // Marks of the linker, which lie where functions do.
      else if (builder.add(address, 0, keptEnd, rank + underscores(text, line + nameAt))) {
        kept.set(text.subarray(line + nameAt, lineEnd), keptEnd);
        keptEnd += length;
        kept[keptEnd++] = newline;
      }
    }
    line = lineEnd + 1;
  }
  const names = Buffer.from(kept.subarray(0, keptEnd));
  return {
    table: builder.build(),
    core: { start, end },
    hidden,
    nameAt(at) {
      const [name = '', module = ''] = names.toString('latin1', at, names.indexOf(newline, at)).split('\t');
      return { name, module: module.replace(/^\[|\]$/g, '') };
    },
  };
}

/** Global names before weak ones before local ones; `undefined` for what is no code. */
function rankOf(kind: number): number | undefined {
  switch (kind) {
    case 0x54: // T
      return 0;
    case 0x57: // W
    case 0x77: // w
      return 0x40;
    case 0x74: // t
      return 0x80;
    default:
      return undefined;
  }
}

/** Of aliases the plainest: `foo` before `__foo`. */
function underscores(text: Uint8Array, at: number): number {
  let count = 0;
  while (count < 0x3f && text[at + count] === 0x5f) count++;
  return count;
}

/** The lower 48 bits of a kernel's address; 0 for any other (per-CPU offsets, hidden addresses, nonsense). */
function addressAt(text: Uint8Array, at: number): number {
  let upper = 0;
  let lower = 0;
  for (let digit = 0; digit < addressDigits; digit++) {
    const code = text[at + digit] ?? 0;
    const value = code >= 0x61 ? code - 0x57 : code - 0x30;
    if (digit < 4) upper = upper * 16 + value;
    else lower = lower * 16 + value;
  }
  return upper === 0xffff ? lower : 0;
}

function isWord(text: Uint8Array, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false;
  for (let at = 0; at < word.length; at++) if (text[from + at] !== word.charCodeAt(at)) return false;
  return true;
}
