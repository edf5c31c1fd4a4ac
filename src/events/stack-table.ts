/**
 * Stacks by their ids. In come the records that tell their frames (`stackRecord` in compile/manifest.ts), before any event that names one; out comes each stack as texts.
 * Names are looked up when a stack is first told, since the process that it is of may soon be gone, and kept. What is kept is bounded; stacks beyond that are counted and shown as missing.
 */
import { stackRecord } from '../compile/manifest.js';
import type { Frame, Symbolizer } from '../symbols/symbolizer.js';
import { framesOf, type StackTexts, stackTexts } from './stack-frames.js';
import { csvText, jsonText, logfmtText } from './user-value.js';

/** A stack of 40 frames takes a kilobyte here: its frames' texts are shared. */
const mostStacks = 65_536;
const headerBytes = 24;

interface Stack extends StackTexts {
  readonly json: string;
  readonly csv: string;
}

const noFrames: Stack = { texts: [], names: [], folded: [], json: '[]', csv: '' };

/** Without one addresses stay addresses. */
const addressesOnly: Symbolizer = {
  kernel: nameless,
  user: (_, address) => nameless(address),
  notice: () => {},
};

function nameless(address: bigint): Frame {
  return { name: '[unknown]', offset: 0, module: '[unknown]', address, inlined: [] };
}

export class StackTable {
  readonly symbolizer: Symbolizer;
  readonly #most: number;
  readonly #stacks = new Map<bigint, Stack>();
  /** Stacks that there was no room for. */
  unkept = 0;

  constructor(symbolizer: Symbolizer = addressesOnly, most = mostStacks) {
    this.symbolizer = symbolizer;
    this.#most = most;
  }

  /** Takes a record of `length` bytes; false for one that is none of a stack. */
  define(view: DataView, record: number, length: number): boolean {
    if (length < headerBytes || view.getUint32(record, true) !== stackRecord) return false;
    const count = view.getUint32(record + 16, true);
    if (headerBytes + count * 8 > length) return false;
    const id = view.getBigUint64(record + 8, true);
    if (this.#stacks.has(id)) return true;
    if (this.#stacks.size >= this.#most) {
      this.unkept++;
      return true;
    }
    const process = view.getUint32(record + 4, true);
    const addresses = Array.from({ length: count }, (_, at) => view.getBigUint64(record + headerBytes + at * 8, true));
    this.#stacks.set(id, stackOf(stackTexts(framesOf(addresses, process, this.symbolizer), process === 0)));
    return true;
  }

  /** `undefined` where its frames were lost. */
  private get(id: bigint): Stack | undefined {
    return id === 0n ? noFrames : this.#stacks.get(id);
  }

  texts(id: bigint): readonly string[] | null {
    return this.get(id)?.texts ?? null;
  }

  names(id: bigint): readonly string[] | null {
    return this.get(id)?.names ?? null;
  }

  folded(id: bigint): readonly string[] | null {
    return this.get(id)?.folded ?? null;
  }

  cell(id: bigint): string {
    return this.get(id)?.names.join(';') ?? '[lost]';
  }

  json(id: bigint): string {
    return this.get(id)?.json ?? 'null';
  }

  csv(id: bigint): string {
    return this.get(id)?.csv ?? '';
  }

  logfmt(id: bigint): string {
    return logfmtText(this.get(id)?.texts ?? null);
  }
}

function stackOf(texts: StackTexts): Stack {
  return { ...texts, json: jsonText(texts.texts), csv: csvText(texts.texts) };
}
