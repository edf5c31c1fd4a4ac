/** Writes small BTF files for tests: the odd kinds, both byte orders, modules, and nonsense. */

export interface TypeRecord {
  readonly kind: number;
  readonly name?: string;
  readonly vlen?: number;
  readonly flag?: boolean;
  readonly sizeOrType?: number;
  /** The words after the first three; a string stands for its offset. */
  readonly rest?: readonly (number | string)[];
}

export class BtfBuilder {
  private readonly words: number[] = [];
  private readonly strings = new Map<string, number>();
  private stringBytes: string;
  private nextId: number;
  private readonly firstString: number;

  /** For a module: the id after vmlinux's last, and the length of its string section. */
  constructor(base?: { readonly endId: number; readonly stringLength: number }) {
    this.nextId = base?.endId ?? 1;
    this.firstString = base?.stringLength ?? 0;
    this.stringBytes = base === undefined ? '\0' : '';
  }

  get endId(): number {
    return this.nextId;
  }

  get stringLength(): number {
    return this.stringBytes.length;
  }

  text(text: string): number {
    if (text === '') return 0;
    let offset = this.strings.get(text);
    if (offset === undefined) {
      offset = this.firstString + this.stringBytes.length;
      this.strings.set(text, offset);
      this.stringBytes += `${text}\0`;
    }
    return offset;
  }

  add({ kind, name = '', vlen = 0, flag = false, sizeOrType = 0, rest = [] }: TypeRecord): number {
    this.words.push(this.text(name), ((flag ? 1 : 0) << 31) | (kind << 24) | vlen, sizeOrType);
    this.words.push(...rest.map((word) => (typeof word === 'string' ? this.text(word) : word)));
    return this.nextId++;
  }

  int(name: string, bytes: number, encoding = 0, bits = bytes * 8, offset = 0): number {
    return this.add({ kind: 1, name, sizeOrType: bytes, rest: [(encoding << 24) | (offset << 16) | bits] });
  }

  pointer(target: number): number {
    return this.add({ kind: 2, sizeOrType: target });
  }

  typedef(name: string, target: number): number {
    return this.add({ kind: 8, name, sizeOrType: target });
  }

  /** Members as [name, type id, offset word]. */
  struct(name: string, bytes: number, members: readonly (readonly [string, number, number])[], flag = false): number {
    return this.add({ kind: 4, name, vlen: members.length, flag, sizeOrType: bytes, rest: members.flat() });
  }

  /** Parameters as [name, type id]. */
  func(name: string, returns: number, parameters: readonly (readonly [string, number])[]): number {
    const proto = this.add({ kind: 13, vlen: parameters.length, sizeOrType: returns, rest: parameters.flat() });
    return this.add({ kind: 12, name, vlen: 1, sizeOrType: proto });
  }

  bytes(order: 'little' | 'big' = 'little'): Uint8Array {
    const little = order === 'little';
    const typeLength = this.words.length * 4;
    const bytes = new Uint8Array(24 + typeLength + this.stringBytes.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xeb9f, little);
    view.setUint8(2, 1);
    const header = [24, 0, typeLength, typeLength, this.stringBytes.length];
    header.forEach((word, at) => {
      view.setUint32(4 + at * 4, word, little);
    });
    this.words.forEach((word, at) => {
      view.setUint32(24 + at * 4, word, little);
    });
    bytes.set(Buffer.from(this.stringBytes, 'latin1'), 24 + typeLength);
    return bytes;
  }
}
