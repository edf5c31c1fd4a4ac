/** Calls of one connection as a parser gets them: what templates/bpf/capture-stream.hbs hands on of each, by the same rules. */
import type { HttpExchange, HttpSide } from '../../src/protocols/http-exchange.js';
import type { BlindCause, Direction, Ending, ParserEvents, StreamParser } from '../../src/protocols/protocol.js';

/** One system call that moved bytes. */
export interface Call {
  readonly direction: Direction;
  readonly bytes: Buffer;
  /** Nanoseconds; by default a microsecond after the one before. */
  readonly time?: number;
}

export const received = (text: string, time?: number): Call => call('received', text, time);
export const sent = (text: string, time?: number): Call => call('sent', text, time);

function call(direction: Direction, text: string, time?: number): Call {
  return { direction, bytes: Buffer.from(text, 'latin1'), ...(time === undefined ? {} : { time }) };
}

export interface CaptureOptions {
  readonly side?: HttpSide;
  /** Bytes that are captured of a request and of a response; all of them where it is left out. */
  readonly requestWindow?: number;
  readonly responseWindow?: number;
  /** How the connection ends; `open` for one that does not. */
  readonly ending?: Ending | 'open';
  /** Bytes that went each way before the first call. */
  readonly before?: number;
  /** Called after each call. */
  readonly watch?: (parser: StreamParser) => void;
}

export interface Seen {
  readonly exchanges: HttpExchange[];
  readonly blind: BlindCause[];
}

export type StartParser = (side: HttpSide, events: ParserEvents<HttpExchange>) => StreamParser;

export function seen(start: StartParser, calls: readonly Call[], options: CaptureOptions = {}): Seen {
  const { side = 'server', ending = 'closed', before = 0 } = options;
  const result: Seen = { exchanges: [], blind: [] };
  const parser = start(side, {
    message: (exchange) => result.exchanges.push(exchange),
    blind: (cause) => result.blind.push(cause),
  });
  const moved: Record<Direction, number> = { received: before, sent: before };
  const movedAt: Record<Direction, number> = { received: 0, sent: 0 };
  const window: Record<Direction, number> = { received: 0, sent: 0 };
  let now = 1_000_000;
  for (const { direction, bytes, time } of calls) {
    now = time ?? now + 1_000;
    const requests = (side === 'server') === (direction === 'received');
    const most = requests ? options.requestWindow : options.responseWindow;
    if (requests ? mayBeginRequest(bytes) : beginsResponse(bytes)) window[direction] = most ?? Number.MAX_SAFE_INTEGER;
    const size = most === undefined ? bytes.length : Math.min(bytes.length, window[direction]);
    window[direction] -= size;
    const offset = moved[direction];
    moved[direction] += bytes.length;
    movedAt[direction] = now;
    const tail = size < bytes.length ? bytes.subarray(-8) : Buffer.alloc(0);
    if (size > 0 || tail.toString('latin1').endsWith('0\r\n\r\n')) {
      // The ring's memory is written over behind the call.
      const memory = Buffer.from(bytes.subarray(0, size));
      parser.take({ direction, time: now, offset, length: bytes.length, bytes: memory, tail });
      memory.fill(0xff);
    }
    options.watch?.(parser);
  }
  if (ending !== 'open') {
    for (const direction of ['received', 'sent'] as const)
      parser.progress({ direction, moved: moved[direction], time: movedAt[direction], last: true });
    parser.close(now + 1_000, ending);
  }
  return result;
}

function mayBeginRequest(bytes: Buffer): boolean {
  return bytes.subarray(0, 3).every((byte) => byte >= 0x41 && byte <= 0x5a);
}

function beginsResponse(bytes: Buffer): boolean {
  const first = bytes.toString('latin1', 0, 7);
  return first === 'HTTP/1.'.slice(0, first.length);
}

/** `GET /a 200`, and what went wrong behind it. */
export function told({ exchanges }: Seen): string[] {
  return exchanges.map(
    ({ method, target, status, error }) => `${method} ${target} ${status}${error === '' ? '' : ` ${error}`}`,
  );
}
