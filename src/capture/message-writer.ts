/** Messages as a probe's program reads them: slots as hooks/message.ts lays them out, and the texts behind them, in memory whose address is known. */
import type { MessageSlot } from '../hooks/message.js';
import type { NativeAddon } from '../runtime/native-addon.js';
import type { SocketEnd } from './captured-records.js';

/** The value of a slot: a number or truth, a text of one byte a character, or an end of a connection. */
export type SlotValue = number | boolean | string | SocketEnd;

const memoryBytes = 256 * 1024;
/** No text of the language is longer. */
const longestText = 4_096;
const addressBytes = 8;
const twoTo32 = 2 ** 32;
/** Up to here a loop is faster than a call. */
const shortText = 32;

export class MessageWriter<Message> {
  readonly #memory = Buffer.alloc(memoryBytes);
  readonly #words = new Int32Array(this.#memory.buffer, this.#memory.byteOffset, memoryBytes / 4);
  readonly #address: number;
  readonly #contexts = new Int32Array(memoryBytes / addressBytes / 4);
  readonly #contextBytes = new Uint8Array(this.#contexts.buffer);
  readonly #slots: readonly { readonly slot: MessageSlot; readonly value: (message: Message) => SlotValue }[];
  readonly #largest: number;
  #used = 0;
  #count = 0;

  /** `run` is given as many addresses of messages as there are; they hold until it returns. */
  constructor(
    addon: NativeAddon,
    private readonly size: number,
    slots: readonly MessageSlot[],
    slotValue: (name: string) => (message: Message) => SlotValue,
    private readonly run: (contexts: Uint8Array) => void,
  ) {
    // User space is the lower half of the addresses, of which doubles hold all.
    this.#address = Number(addon.addressOf(this.#memory));
    this.#slots = slots.map((slot) => ({ slot, value: slotValue(slot.name) }));
    const texts = slots.filter(({ kind }) => kind === 'text').length;
    // What reads one byte more than a message has must find memory.
    this.#largest = align(Math.max(size, addressBytes)) + texts * longestText;
  }

  write(message: Message): void {
    if (this.#used + this.#largest > memoryBytes || (this.#count + 1) * addressBytes > this.#contextBytes.length)
      this.flush();
    const at = this.#used;
    let end = at + align(Math.max(this.size, addressBytes));
    for (const { slot, value } of this.#slots) {
      const given = value(message);
      const place = at + slot.offset;
      if (typeof given === 'string') {
        const length = this.#text(given, end);
        this.#number(place, this.#address + end);
        this.#number(place + 8, length);
        end += length;
      } else if (typeof given === 'object') {
        this.#number(place, given.version);
        this.#memory.set(given.address, place + 8);
      } else this.#number(place, Number(given));
    }
    put(this.#contexts, this.#count * addressBytes, this.#address + at);
    this.#count++;
    this.#used = align(end);
  }

  flush(): void {
    if (this.#count === 0) return;
    this.run(this.#contextBytes.subarray(0, this.#count * addressBytes));
    this.#count = 0;
    this.#used = 0;
  }

  #number(at: number, value: number): void {
    put(this.#words, at, value);
  }

  /** How many bytes it has here. */
  #text(text: string, at: number): number {
    if (text.length > shortText) return this.#memory.write(text, at, longestText, 'latin1');
    for (let index = 0; index < text.length; index++) this.#memory[at + index] = text.charCodeAt(index);
    return text.length;
  }
}

/** Two's complement in 64 bits, at a byte: what is stored in 32 bits is taken modulo 2^32. */
function put(words: Int32Array, at: number, value: number): void {
  words[at >>> 2] = value;
  words[(at >>> 2) + 1] = Math.floor(value / twoTo32);
}

const align = (bytes: number): number => (bytes + 7) & ~7;
