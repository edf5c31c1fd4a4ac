/**
 * One direction of an HTTP/1 connection: where heads begin and bodies end, though most of a body was never captured. In: bytes and gaps between them, in order. Out: heads, and the ends of the messages that they begin.
 */
import { ChunkReader } from './chunk-reader.js';
import type { Framing } from './head.js';

export type Carried = 'requests' | 'responses';

/** Of both directions of a connection, whose listener is one object: ten thousand connections have as many, and a function for each event of each would be most of their memory. */
export interface StreamEvents {
  /** A whole head as Latin-1 text, from its first line on; says how the body that follows it ends, or `undefined` for what is no head. */
  head(of: Carried, text: string, startedAt: number, time: number): Framing | undefined;
  /** The message's last byte, and how many bytes its body had. */
  end(of: Carried, time: number, bodyBytes: number): void;
  /** A head of which a part is missing, as far as it is known. */
  cutHead(of: Carried, text: string, startedAt: number): Framing | undefined;
  /** Bytes where a head should have begun. */
  noHead(): void;
  /** Bytes that were moved where a head should have begun, and that are not there to be read. */
  lost(): void;
}

type State =
  | { readonly at: 'start' }
  | { readonly at: 'head' }
  | { readonly at: 'length'; readonly end: number }
  | { readonly at: 'chunked'; readonly chunks: ChunkReader }
  /** To the end of the connection, or, where its end is not known, to whatever ends it. */
  | { readonly at: 'unknown'; readonly chunked: boolean; readonly cut?: boolean }
  /** What comes is no HTTP, or no longer. */
  | { readonly at: 'over' };

const start: State = { at: 'start' };
/** Of a head that comes in pieces. */
const mostHeadBytes = 65_536;
const newline = 0x0a;
const carriageReturn = 0x0d;

export class MessageStream {
  #state: State = start;
  /** The offset of the next byte. */
  #next: number | undefined;
  #pieces: Buffer[] = [];
  #startedAt = 0;
  #lastTime = 0;
  #bodyBytes = 0;

  constructor(
    private readonly carried: Carried,
    private readonly events: StreamEvents,
  ) {}

  /** Whether a message's end can come without its bytes. */
  get awaits(): boolean {
    return this.#state.at === 'length';
  }

  get inBody(): boolean {
    const { at } = this.#state;
    return at === 'length' || at === 'chunked' || at === 'unknown';
  }

  /** Bodies whose end is not known: what the other direction tells may end them. */
  get endUnknown(): boolean {
    return this.#state.at === 'unknown';
  }

  /** A head was cut: what follows may be its body or the next head. */
  get behindCut(): boolean {
    return this.#state.at === 'unknown' && this.#state.cut === true;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  get lastTime(): number {
    return this.#lastTime;
  }

  /** The next byte is taken for a head's first. */
  restart(): void {
    this.#state = start;
    this.#bodyBytes = 0;
  }

  over(): void {
    this.#state = { at: 'over' };
    this.#drop();
  }

  take(offset: number, bytes: Buffer, length: number, tail: Buffer, time: number): void {
    if (this.#state.at === 'over') return;
    const next = this.#next ?? offset;
    const end = offset + length;
    if (end <= next) return;
    if (offset > next) this.#gap(next, offset, this.#lastTime);
    this.#lastTime = time;
    const known = Math.max(0, next - offset);
    if (known < bytes.length) this.#read(known === 0 ? bytes : bytes.subarray(known), offset + known, time);
    const seen = Math.max(next, offset + bytes.length);
    if (bytes.length === 0 && tail.length === 0 && this.#state.at === 'start') this.events.lost();
    this.#next = end;
    if (end > seen) this.#gap(seen, end, time);
    if (tail.length > 0) this.#tail(tail, time);
  }

  /** How far the direction got, where its bytes do not tell. What is further than the message's end is on its way still, unless it is the `last` that there is. */
  progress(moved: number, time: number, last: boolean): void {
    if (this.#next === undefined || moved <= this.#next || this.#state.at === 'over') return;
    if (!last && !(this.#state.at === 'length' && moved === this.#state.end)) return;
    this.#gap(this.#next, moved, time);
    this.#next = moved;
    this.#lastTime = time;
  }

  /** Ends a body whose end nothing else tells. */
  finish(time: number): void {
    if (this.#state.at === 'unknown') this.#end(time);
  }

  #end(time: number): void {
    this.#state = start;
    const bytes = this.#bodyBytes;
    this.#bodyBytes = 0;
    this.events.end(this.carried, time, bytes);
  }

  #read(bytes: Buffer, offset: number, time: number): void {
    let at = 0;
    while (at < bytes.length) {
      const state = this.#state;
      switch (state.at) {
        case 'over':
          return;
        case 'start': {
          while (at < bytes.length && isLineEnd(bytes[at])) at++;
          if (at === bytes.length) return;
          if (!isTokenStart(bytes[at])) {
            this.events.noHead();
            return;
          }
          this.#state = { at: 'head' };
          this.#startedAt = time;
          break;
        }
        case 'head': {
          const used = this.#readHead(bytes, at, offset, time);
          if (used === undefined) return;
          at = used;
          break;
        }
        case 'length': {
          const take = Math.min(bytes.length - at, state.end - (offset + at));
          at += take;
          this.#bodyBytes += take;
          if (offset + at >= state.end) this.#end(time);
          break;
        }
        case 'chunked': {
          at = state.chunks.read(bytes, at);
          this.#bodyBytes = state.chunks.bodyBytes;
          if (state.chunks.done) this.#end(time);
          else if (state.chunks.wrong) this.#state = { at: 'unknown', chunked: true };
          break;
        }
        case 'unknown':
          this.#bodyBytes += bytes.length - at;
          return;
      }
    }
  }

  /** Gives where the head ended; `undefined` when all was used up. */
  #readHead(bytes: Buffer, from: number, offset: number, time: number): number | undefined {
    const overlap = this.#pieces.length > 0 ? this.#joined() : undefined;
    const whole = overlap === undefined ? bytes.subarray(from) : Buffer.concat([overlap, bytes.subarray(from)]);
    // A blank line may be split over two pieces: the last three bytes before are looked at again.
    const end = blankLineEnd(whole, Math.max(0, (overlap?.length ?? 0) - 3));
    if (end === undefined) {
      if (whole.length > mostHeadBytes) {
        this.#cut(whole);
        return undefined;
      }
      // The bytes are the ring's own and will be gone.
      this.#pieces = [overlap === undefined ? Buffer.from(whole) : whole];
      return undefined;
    }
    this.#drop();
    const framing = this.events.head(this.carried, whole.toString('latin1', 0, end), this.#startedAt, time);
    const next = from + end - (overlap?.length ?? 0);
    this.#begin(framing, offset + next, time);
    // What follows something that is no head is none either, until the next system call.
    return framing === undefined ? undefined : next;
  }

  /** `offset`: of the body's first byte. */
  #begin(framing: Framing | undefined, offset: number, time: number): void {
    this.#bodyBytes = 0;
    if (this.#state.at === 'over') return;
    switch (framing?.kind) {
      case undefined:
        this.#state = start;
        return;
      case 'none':
        this.#end(time);
        return;
      case 'length':
        if (framing.bytes === 0) this.#end(time);
        else this.#state = { at: 'length', end: offset + framing.bytes };
        return;
      case 'chunked':
        this.#state = { at: 'chunked', chunks: new ChunkReader() };
        return;
      default:
        this.#state = { at: 'unknown', chunked: false };
    }
  }

  #gap(from: number, to: number, time: number): void {
    const state = this.#state;
    switch (state.at) {
      case 'head':
        this.#cut(this.#joined());
        return;
      case 'length':
        if (to < state.end) this.#bodyBytes += to - from;
        else {
          this.#bodyBytes += state.end - from;
          this.#end(time);
        }
        return;
      case 'chunked':
        if (!state.chunks.skip(to - from)) this.#state = { at: 'unknown', chunked: true };
        this.#bodyBytes = state.chunks.bodyBytes;
        return;
      case 'unknown':
        this.#bodyBytes += to - from;
        return;
      default:
        return;
    }
  }

  /** The last bytes of what was not captured whole. */
  #tail(tail: Buffer, time: number): void {
    if (this.#state.at === 'unknown' && this.#state.chunked && tail.toString('latin1').endsWith('0\r\n\r\n'))
      this.#end(time);
  }

  #cut(head: Buffer): void {
    const text = head.toString('latin1');
    this.#drop();
    const framing = this.events.cutHead(this.carried, text, this.#startedAt);
    if (framing === undefined) this.#state = start;
    else {
      this.#bodyBytes = 0;
      this.#state = { at: 'unknown', chunked: true, cut: true };
    }
  }

  #joined(): Buffer {
    return this.#pieces.length === 1 ? (this.#pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#pieces);
  }

  #drop(): void {
    this.#pieces = [];
  }
}

const isLineEnd = (byte: number | undefined): boolean => byte === newline || byte === carriageReturn;
/** Letters begin all methods that there are, and HTTP/1.1. */
const isTokenStart = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a));

/** Behind the first empty line. */
function blankLineEnd(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(newline, from); at >= 0; at = bytes.indexOf(newline, at + 1)) {
    if (bytes[at + 1] === newline) return at + 2;
    if (bytes[at + 1] === carriageReturn && bytes[at + 2] === newline) return at + 3;
  }
  return undefined;
}
