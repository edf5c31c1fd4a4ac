/**
 * The types of one BTF file as a table: where each stands, and finding one by name. One linear pass records offsets and
 * checks that every record fits; no object and no string is made per type. A name is found by searching the string
 * section's bytes for it, then the table for its offset: well under a millisecond for vmlinux, and no index to build.
 */
import { BtfKind, type BtfSections, trailingWords } from './btf-format.js';

export class BtfTable {
  readonly words: Uint32Array;
  /** Ids from `firstId` up to (not including) `endId` stand in this table. */
  readonly firstId: number;
  readonly endId: number;
  /** Whether some enum says that it is signed: pahole before 1.24 never did, whatever the values. */
  readonly marksSignedEnums: boolean;
  private readonly strings: Buffer;
  private readonly base: BtfTable | undefined;
  private readonly firstString: number;
  /** By `id - firstId`: the word where the type begins, and its name's offset. */
  private readonly starts: Uint32Array;
  private readonly nameOffsets: Uint32Array;

  private constructor(sections: BtfSections, base: BtfTable | undefined, pass: Pass) {
    this.words = sections.words;
    this.strings = sections.strings;
    this.base = base;
    this.firstId = base?.endId ?? 1;
    this.firstString = base === undefined ? 0 : base.firstString + base.strings.length;
    this.starts = pass.starts;
    this.nameOffsets = pass.nameOffsets;
    this.endId = this.firstId + pass.starts.length;
    this.marksSignedEnums = pass.marksSignedEnums;
  }

  /** `base` is vmlinux's table for a module's split BTF. A text says why the types cannot be read. */
  static open(sections: BtfSections, base?: BtfTable): BtfTable | string {
    const pass = indexTypes(sections.words);
    return typeof pass === 'string' ? pass : new BtfTable(sections, base, pass);
  }

  has(id: number): boolean {
    return id >= this.firstId && id < this.endId;
  }

  /** The word where the type begins; the id must be in this table. */
  startOf(id: number): number {
    return this.starts[id - this.firstId] ?? 0;
  }

  kindOf(id: number): number {
    return ((this.words[this.startOf(id) + 1] ?? 0) >>> 24) & 0x1f;
  }

  nameOf(id: number): string {
    return this.text(this.nameOffsets[id - this.firstId] ?? 0);
  }

  /** The string at an offset; empty for offset 0 and for one past the end. */
  text(offset: number): string {
    if (offset === 0) return '';
    if (offset < this.firstString) return this.base?.text(offset) ?? '';
    const start = offset - this.firstString;
    const end = this.strings.indexOf(0, start);
    return end < 0 ? '' : this.strings.toString('latin1', start, end);
  }

  /** The first type of the kinds given (a bit set, `1 << kind`) and name; anonymous ones are never found. */
  find(kinds: number, name: string): number | undefined {
    for (const offset of this.textOffsets(name)) {
      for (let at = this.nameOffsets.indexOf(offset); at >= 0; at = this.nameOffsets.indexOf(offset, at + 1)) {
        const id = this.firstId + at;
        if ((kinds >>> this.kindOf(id)) & 1) return id;
      }
    }
    return undefined;
  }

  /** Where a text stands as a whole string. Strings are unique in what pahole writes, but need not be. */
  *textOffsets(text: string): Iterable<number> {
    if (!/^[\x20-\x7e]+$/.test(text)) return;
    if (this.base !== undefined) yield* this.base.textOffsets(text);
    const needle = Buffer.from(`\0${text}\0`, 'latin1');
    if (this.base !== undefined && this.strings.subarray(0, needle.length - 1).equals(needle.subarray(1))) {
      yield this.firstString;
    }
    for (let at = this.strings.indexOf(needle); at >= 0; at = this.strings.indexOf(needle, at + 1)) {
      yield this.firstString + at + 1;
    }
  }

  ids(kinds: number): number[] {
    const found: number[] = [];
    for (let at = 0; at < this.starts.length; at++) {
      const kind = ((this.words[(this.starts[at] ?? 0) + 1] ?? 0) >>> 24) & 0x1f;
      if ((kinds >>> kind) & 1) found.push(this.firstId + at);
    }
    return found;
  }

  *namesOf(kinds: number): Iterable<string> {
    for (const id of this.ids(kinds)) {
      const name = this.nameOf(id);
      if (name !== '') yield name;
    }
  }
}

interface Pass {
  readonly starts: Uint32Array;
  readonly nameOffsets: Uint32Array;
  readonly marksSignedEnums: boolean;
}

function indexTypes(words: Uint32Array): Pass | string {
  const { fixed, each } = trailingWords;
  const most = Math.ceil(words.length / 3);
  const starts = new Uint32Array(most);
  const nameOffsets = new Uint32Array(most);
  let marksSignedEnums = false;
  let count = 0;
  let at = 0;
  while (at < words.length) {
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x1f;
    const always = fixed[kind] ?? -1;
    const trailing = always + (each[kind] ?? 0) * (info & 0xffff);
    if (always < 0) return `type ${count + 1} is of the unknown kind ${kind}`;
    if (at + 3 + trailing > words.length) return `type ${count + 1} reaches past the end of the types`;
    if (info >>> 31 && (kind === BtfKind.ENUM || kind === BtfKind.ENUM64)) marksSignedEnums = true;
    starts[count] = at;
    nameOffsets[count] = words[at] ?? 0;
    count++;
    at += 3 + trailing;
  }
  return { starts: starts.slice(0, count), nameOffsets: nameOffsets.slice(0, count), marksSignedEnums };
}
