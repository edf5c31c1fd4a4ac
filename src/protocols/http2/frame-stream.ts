/**
 * One direction of an HTTP/2 connection: where its frames begin and end. In: bytes and gaps between them, in order. Out: header blocks, and what bodies' frames tell without their bytes. A gap anywhere but within a body
 * loses the direction, since a frame's length is the only way to the next. Source: RFC 9113, sections 4 and 6.
 */
export interface FrameEvents {
  /** A whole header block, without padding and priority. Valid only during the call. */
  block(stream: number, block: Buffer, ended: boolean, startedAt: number, time: number): void;
  /** A part of a body, at most a frame. */
  data(stream: number, bytes: number, ended: boolean, time: number): void;
  reset(stream: number, time: number): void;
  /** The other side takes no streams behind this one. */
  goAway(lastStream: number, time: number): void;
  lost(cause: 'lost_sync' | 'no_head' | 'head_cut'): void;
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frameHeadBytes = 9;
const type = { data: 0, headers: 1, reset: 3, settings: 4, promise: 5, ping: 6, goAway: 7, continuation: 9 } as const;
const flag = { endStream: 0x01, endHeaders: 0x04, padded: 0x08, priority: 0x20 } as const;
/** Of one header block; servers take 8 to 64 KiB. */
const mostBlockBytes = 65_536;
/** What a receiver takes unless it says otherwise is 16 KiB; no known one says more than a MiB for what is no body. */
const mostFrameBytes = 1_048_576;

/** SETTINGS and WINDOW_UPDATE that a server sends before it was asked anything; there is no header block in so few bytes of its first ones. */
const mostUnseenBytes = 256;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly length: number;
  readonly startedAt: number;
  left: number;
}

interface Block {
  readonly stream: number;
  readonly ended: boolean;
  readonly startedAt: number;
  /** Of a promise: read only for what it does to the table. */
  readonly promised: boolean;
  readonly pieces: Buffer[];
  bytes: number;
}

export class FrameStream {
  #next: number | undefined;
  #expected: Buffer;
  #head = Buffer.alloc(frameHeadBytes);
  #headBytes = 0;
  #headAt = 0;
  #frame: Frame | undefined;
  /** Of a frame whose bytes matter. */
  #payload: Buffer[] = [];
  #padding = 0;
  #block: Block | undefined;
  #first: boolean;
  #over = false;
  #lastTime = 0;

  /** Requests begin with the preface; of what comes back, the first bytes may have gone before the connection was known. */
  constructor(
    carriesRequests: boolean,
    private readonly events: FrameEvents,
  ) {
    this.#expected = carriesRequests ? preface : preface.subarray(preface.length);
    this.#first = carriesRequests;
  }

  get lastTime(): number {
    return this.#lastTime;
  }

  /** A body's end may come without its bytes: of a file that the kernel sent. */
  get awaits(): boolean {
    return !this.#over && this.#frame?.type === type.data && this.#next !== undefined;
  }

  over(): void {
    this.#over = true;
    this.#payload = [];
    this.#block = undefined;
  }

  take(offset: number, bytes: Buffer, length: number, time: number): void {
    if (this.#over) return;
    if (this.#next === undefined && offset > mostUnseenBytes) {
      this.#lose('lost_sync');
      return;
    }
    const next = this.#next ?? offset;
    const end = offset + length;
    if (end <= next) return;
    if (offset > next) this.#gap(offset - next, this.#lastTime);
    this.#lastTime = time;
    const known = Math.max(0, next - offset);
    if (known < bytes.length) this.#read(bytes.subarray(known), time);
    this.#next = end;
    const seen = Math.max(next, offset + bytes.length);
    if (end > seen) this.#gap(end - seen, time);
  }

  /** As with HTTP/1: what is further than the frame is on its way still, unless it is the last. */
  progress(moved: number, time: number, last: boolean): void {
    if (this.#over || this.#next === undefined || moved <= this.#next) return;
    const bytes = moved - this.#next;
    if (!last && bytes > (this.#frame?.type === type.data ? this.#frame.left : 0)) return;
    this.#lastTime = time;
    this.#next = moved;
    this.#gap(bytes, time);
  }

  #lose(cause: 'lost_sync' | 'no_head' | 'head_cut'): void {
    this.over();
    this.events.lost(cause);
  }

  #read(bytes: Buffer, time: number): void {
    let at = 0;
    while (at < bytes.length && !this.#over) {
      if (this.#expected.length > 0) {
        const size = Math.min(this.#expected.length, bytes.length - at);
        if (!bytes.subarray(at, at + size).equals(this.#expected.subarray(0, size))) {
          this.#lose('no_head');
          return;
        }
        this.#expected = this.#expected.subarray(size);
        at += size;
      } else if (this.#frame === undefined) {
        if (this.#headBytes === 0) this.#headAt = time;
        const copied = bytes.copy(this.#head, this.#headBytes, at);
        this.#headBytes += copied;
        at += copied;
        if (this.#headBytes === frameHeadBytes) this.#begin(time);
      } else {
        const size = Math.min(this.#frame.left, bytes.length - at);
        this.#take(this.#frame, bytes.subarray(at, at + size), time);
        at += size;
      }
    }
  }

  #begin(time: number): void {
    const head = this.#head;
    this.#headBytes = 0;
    const length = head.readUIntBE(0, 3);
    const frame: Frame = {
      type: head.readUInt8(3),
      flags: head.readUInt8(4),
      stream: head.readUInt32BE(5) & 0x7fff_ffff,
      length,
      startedAt: this.#headAt,
      left: length,
    };
    if (!this.#isSound(frame)) {
      this.#lose('lost_sync');
      return;
    }
    this.#first = false;
    this.#frame = frame;
    this.#payload = [];
    this.#padding = 0;
    if (length === 0) this.#end(frame, time);
  }

  #isSound({ type: kind, stream, length }: Frame): boolean {
    if (this.#first && kind !== type.settings) return false;
    if (this.#block !== undefined && (kind !== type.continuation || stream !== this.#block.stream)) return false;
    switch (kind) {
      case type.data:
        return stream !== 0;
      case type.headers:
      case type.promise:
        return stream !== 0 && length <= mostFrameBytes;
      case type.continuation:
        return this.#block !== undefined && length <= mostFrameBytes;
      case type.reset:
        return stream !== 0 && length === 4;
      case type.settings:
        return stream === 0 && length % 6 === 0 && length <= mostFrameBytes;
      case type.ping:
        return stream === 0 && length === 8;
      case type.goAway:
        return stream === 0 && length >= 8 && length <= mostFrameBytes;
      default:
        return length <= mostFrameBytes;
    }
  }

  #take(frame: Frame, bytes: Buffer, time: number): void {
    if (frame.type === type.data) {
      if (frame.left === frame.length && (frame.flags & flag.padded) !== 0) this.#padding = 1 + (bytes[0] ?? 0);
    } else if (this.#keeps(frame)) {
      const kept = frame.length - frame.left;
      // Of what follows the two numbers of GOAWAY nothing is wanted.
      if (frame.type !== type.goAway || kept < 8) this.#payload.push(Buffer.from(bytes));
      if ((this.#block?.bytes ?? 0) + kept + bytes.length > mostBlockBytes && frame.type !== type.goAway) {
        this.#lose('head_cut');
        return;
      }
    }
    frame.left -= bytes.length;
    if (frame.left === 0) this.#end(frame, time);
  }

  #keeps({ type: kind }: Frame): boolean {
    return (
      kind === type.headers ||
      kind === type.continuation ||
      kind === type.promise ||
      kind === type.reset ||
      kind === type.goAway
    );
  }

  /** Bytes that were not captured, behind those that were. */
  #gap(bytes: number, time: number): void {
    if (this.#over) return;
    const frame = this.#frame;
    if (frame?.type !== type.data || bytes > frame.left) {
      this.#lose('lost_sync');
      return;
    }
    frame.left -= bytes;
    if (frame.left === 0) this.#end(frame, time);
  }

  #end(frame: Frame, time: number): void {
    this.#frame = undefined;
    const payload = this.#payload.length === 1 ? this.#payload[0] : Buffer.concat(this.#payload);
    this.#payload = [];
    const { stream, flags } = frame;
    switch (frame.type) {
      case type.data:
        this.events.data(stream, Math.max(0, frame.length - this.#padding), (flags & flag.endStream) !== 0, time);
        return;
      case type.headers:
      case type.promise: {
        const promised = frame.type === type.promise;
        const ended = !promised && (flags & flag.endStream) !== 0;
        this.#block = { stream, ended, startedAt: frame.startedAt, promised, pieces: [], bytes: 0 };
        const fragment = withoutPadding(payload ?? Buffer.alloc(0), flags, promised);
        if (fragment === undefined) this.#lose('lost_sync');
        else this.#addToBlock(fragment, flags, time);
        return;
      }
      case type.continuation:
        this.#addToBlock(payload ?? Buffer.alloc(0), flags, time);
        return;
      case type.reset:
        this.events.reset(stream, time);
        return;
      case type.goAway:
        if (payload !== undefined) this.events.goAway(payload.readUInt32BE(0) & 0x7fff_ffff, time);
    }
  }

  #addToBlock(fragment: Buffer, flags: number, time: number): void {
    const block = this.#block;
    if (block === undefined) return;
    block.pieces.push(fragment);
    block.bytes += fragment.length;
    if ((flags & flag.endHeaders) === 0) return;
    this.#block = undefined;
    // Stream 0 has no headers: a promise is read, and told of as none.
    this.events.block(
      block.promised ? 0 : block.stream,
      Buffer.concat(block.pieces),
      block.ended,
      block.startedAt,
      time,
    );
  }
}

/** `undefined` where there is less than there must be. */
function withoutPadding(payload: Buffer, flags: number, promised: boolean): Buffer | undefined {
  const padded = (flags & flag.padded) !== 0;
  const from = (padded ? 1 : 0) + (promised ? 4 : (flags & flag.priority) !== 0 ? 5 : 0);
  const to = payload.length - (padded ? (payload[0] ?? 0) : 0);
  return from <= to ? payload.subarray(from, to) : undefined;
}
